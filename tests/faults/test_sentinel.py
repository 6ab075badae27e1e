"""Behind Sentinels: a failover in the middle of work ends no worker and loses no job that the replica had."""

import asyncio
import signal
from collections.abc import AsyncGenerator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import redis.asyncio as aioredis
from arq import create_pool
from arq.connections import RedisSettings

from arqlight_core.errors import ServerUnreachable
from arqlight_core.store import connect
from arqlight_core.store.embedded import bundled_binary
from arqlight_core.store.gateway import open_store
from arqlight_fleet.worker import FleetWorker
from tests.faults.fleet import eventually, until
from tests.faults.stock import Context, named, noop
from tests.faults.tcp_servers import BINARIES, free_port, serving

pytestmark = [pytest.mark.fault, pytest.mark.timeout(120)]

BINARY = (BINARIES or [str(bundled_binary())])[0]
CONFIGURATION = """port {sentinel}
sentinel monitor aq 127.0.0.1 {master} 1
sentinel down-after-milliseconds aq 500
sentinel failover-timeout aq 3000
"""


class Watched(NamedTuple):
    """A master, its replica and the Sentinel that watches them, by their ports."""

    master: int
    replica: int
    sentinel: int
    master_process: Any

    @property
    def url(self) -> str:
        return f"redis+sentinel://127.0.0.1:{self.sentinel}/aq/0"

    @property
    def settings(self) -> RedisSettings:
        return RedisSettings(sentinel=True, host=[("127.0.0.1", self.sentinel)], sentinel_master="aq")

    async def ask(self, port: int, *command: str) -> Any:
        client: Any = aioredis.Redis(port=port)
        try:
            return await client.execute_command(*command)
        except connect.OUTAGES:
            return None
        finally:
            await client.aclose()

    async def is_synced(self) -> bool:
        told = await self.ask(self.master, "INFO", "replication")
        return bool(told) and told.get("slave0", {}).get("state") == "online"

    async def is_known(self) -> bool:
        told = await self.ask(self.sentinel, "SENTINEL", "REPLICAS", "aq")
        return bool(told) and b"flags" in told[0] and told[0][told[0].index(b"flags") + 1] == b"slave"

    async def is_promoted(self) -> bool:
        told = await self.ask(self.replica, "INFO", "replication")
        return bool(told) and told["role"] == "master"


@pytest.fixture
async def watched(folder: Path) -> AsyncGenerator[Watched]:
    master, replica, sentinel = free_port(), free_port(), free_port()
    configuration = folder / "sentinel.conf"
    configuration.write_text(CONFIGURATION.format(master=master, sentinel=sentinel))
    server = [BINARY, "--save", "", "--maxmemory-policy", "noeviction", "--repl-diskless-sync-delay", "0", "--port"]
    with ExitStack() as stack:
        process = stack.enter_context(serving(folder, "master", [*server, str(master)]))
        of_master = ["--replicaof", f"127.0.0.1 {master}"]
        stack.enter_context(serving(folder, "replica", [*server, str(replica), *of_master]))
        set_up = Watched(master, replica, sentinel, process)
        await eventually(set_up.is_synced)
        stack.enter_context(serving(folder, "sentinel", [BINARY, str(configuration), "--sentinel"]))
        await eventually(set_up.is_known)
        yield set_up


async def enqueue_acknowledged(watched: Watched, count: int) -> set[str]:
    """Jobs of a stock producer that the replica has, by its own word."""
    pool: Any = await create_pool(watched.settings)
    for number in range(count):
        await pool.enqueue_job("work", _job_id=f"job-{number}")
    assert await pool.execute_command("WAIT", 1, 5000) == 1
    for sentinel in pool.connection_pool.sentinel_manager.sentinels:  # arq leaves them open
        await sentinel.aclose()
    await pool.aclose()
    return {f"job-{number}" for number in range(count)}


async def test_a_failover_ends_no_worker_and_loses_no_acknowledged_job(watched: Watched):
    ran: set[str] = set()

    async def work(ctx: Context) -> None:
        await asyncio.sleep(0.05)
        ran.add(ctx["job_id"])

    jobs = await enqueue_acknowledged(watched, 200)
    told: dict[str, Any] = {"redis_settings": watched.settings, "lease": 2.0, "poll_delay": 0.1, "max_jobs": 5}
    worker = FleetWorker([named("work", work), noop], handle_signals=False, **told)
    task = asyncio.create_task(worker.async_run())
    await until(lambda: len(ran) > 20)
    watched.master_process.kill()
    await eventually(watched.is_promoted)
    await until(lambda: ran >= jobs, 60)
    await worker.pool.enqueue_job("noop", _job_id="later")
    await until(lambda: worker.jobs_complete > len(jobs), 60)
    assert not task.done()
    worker.handle_sig(signal.SIGTERM)
    await task
    assert await worker.pool.zcard(worker.queue_name) == 0
    await worker.close()


async def test_a_sentinel_address_opens_a_store_for_loops_and_threads(watched: Watched):
    store = await open_store(watched.url)
    assert (await store.info())["tcp_port"] == watched.master
    await store.close()
    client: Any = connect.threaded(watched.url)
    assert client.info("server")["tcp_port"] == watched.master
    client.close()


async def test_a_master_that_no_sentinel_knows_is_told_in_one_sentence(watched: Watched):
    with pytest.raises(ServerUnreachable, match=r"No Sentinel at redis\+sentinel://127.0.0.1:\d+/other names a server"):
        await open_store(f"redis+sentinel://127.0.0.1:{watched.sentinel}/other")


async def test_sentinels_that_are_away_are_told_in_one_sentence():
    with pytest.raises(ServerUnreachable, match=r"No Sentinel at redis\+sentinel://ada:\*\*\*@127.0.0.1:1/aq"):
        await open_store("redis+sentinel://ada:geheim@127.0.0.1:1/aq")
