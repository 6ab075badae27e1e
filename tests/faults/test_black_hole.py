"""A path that swallows everything without a word: noticed by time alone, survived, and left behind when it heals."""

import socket
import subprocess
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest
from arq import create_pool
from arq.connections import ArqRedis, RedisSettings
from arq.constants import default_queue_name

from arqlight_core.store.keys import QueueKeys
from tests.faults.fleet import Fleet, eventually, until
from tests.faults.ledger import Auditor, violations
from tests.faults.load import enqueue
from tests.faults.proxy import Proxy

pytestmark = [pytest.mark.fault, pytest.mark.timeout(120)]


@pytest.fixture
def port(server_binary: Path, folder: Path) -> Generator[int]:
    """The TCP port of a server of this test's own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free: int = probe.getsockname()[1]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen([str(server_binary), "--port", str(free)], cwd=folder, stdout=log)
    yield free
    server.kill()
    server.wait()


@pytest.fixture
async def tcp_producer(port: int) -> AsyncGenerator[ArqRedis]:
    pool = await create_pool(RedisSettings(port=port, conn_retries=50, conn_retry_delay=1))
    yield pool
    await pool.aclose()


@pytest.fixture
async def tcp_auditor(port: int) -> AsyncGenerator[Auditor]:
    made = Auditor(f"redis://127.0.0.1:{port}", QueueKeys(default_queue_name))
    yield made
    await made.close()


@pytest.fixture
def tcp_fleet(port: int, folder: Path) -> Generator[Fleet]:
    made = Fleet(f"redis://127.0.0.1:{port}", folder)
    yield made
    made.close()


async def test_a_worker_behind_a_black_hole_notices_loses_its_job_and_works_again_when_it_heals(
    tcp_fleet: Fleet, tcp_producer: ArqRedis, tcp_auditor: Auditor, port: int
) -> None:
    async with Proxy(port).running() as proxy:
        lost = await tcp_fleet.start(url=f"redis://127.0.0.1:{proxy.port}", lease=2.0, max_jobs=1)
        await enqueue(tcp_producer, "gated", "g", job_id="j")
        await tcp_fleet.started("j", by=lost)
        async with proxy.black_hole():
            other = await tcp_fleet.start(lease=2.0, max_jobs=1)
            await tcp_fleet.started("j", by=other)
            tcp_fleet.open_gate("g")
            await eventually(lambda: tcp_auditor.done(["j"]))
            await until(lambda: lost.said("the server is away"), 60)
            assert lost.alive
        other.kill()
        await enqueue(tcp_producer, "work", job_id="next")
        await eventually(lambda: tcp_auditor.done(["next"]))
    result = await tcp_auditor.result("j")
    assert result is not None
    assert result.result.startswith(f"{other.pid}:")
    assert tcp_fleet.journal.pids("end", "next") == [lost.pid]
    assert violations(await tcp_auditor.ledger(), ["j", "next"]) == {}
