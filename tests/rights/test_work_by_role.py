"""Stock arq and the fleet under each role: producers queue, workers run, and the server has nothing to deny them."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from arq import Worker, create_pool
from arq.connections import ArqRedis, RedisSettings
from arq.jobs import Job, JobStatus
from redis.exceptions import ExecAbortError, NoPermissionError

from arqlight_core import enqueue, observe
from arqlight_core.jobs import State
from arqlight_core.operations.enqueueing import submit
from arqlight_core.rights import Role
from arqlight_core.settings import load
from arqlight_core.store.declarations import publish
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from arqlight_fleet.worker import FleetWorker
from tests.rights.conftest import PASSWORD, STOCK, Logins
from tests.rights.letters import LETTERS, Letter, send

STOCK_QUEUES = pytest.mark.parametrize("queue", [STOCK, "arq:queue"])


async def shout(ctx: dict[Any, Any], text: str) -> str:
    del ctx
    return text.upper()


@asynccontextmanager
async def pool(logins: Logins, role: Role, queue: str) -> AsyncGenerator[ArqRedis]:
    """arq's own pool under a role."""
    login: dict[str, Any] = {"username": role.value, "password": PASSWORD}
    told = RedisSettings(unix_socket_path=str(logins.server.socket), **login)
    opened = await create_pool(told, default_queue_name=queue)
    yield opened
    await opened.aclose()


async def _queue(stock: ArqRedis, _: Job) -> None:
    assert await stock.enqueue_job("shout", "more")


async def _status(_: ArqRedis, job: Job) -> None:
    assert await job.status() is JobStatus.queued


async def _abort(_: ArqRedis, job: Job) -> None:
    assert not await job.abort(timeout=0)


async def _work(stock: ArqRedis, job: Job) -> None:
    worker = Worker([shout], redis_pool=stock, burst=True, poll_delay=0, handle_signals=False, job_completion_wait=0)
    await worker.async_run()
    assert await job.result(timeout=1) == "HELLO"


DEEDS: dict[Callable[[ArqRedis, Job], Awaitable[None]], set[Role]] = {
    _queue: {Role.PRODUCER, Role.WORKER, Role.ADMIN},
    _status: set(Role),
    _abort: {Role.WORKER, Role.ADMIN},
    _work: {Role.WORKER, Role.ADMIN},
}


async def done(deed: Callable[[ArqRedis, Job], Awaitable[None]], stock: ArqRedis, job: Job) -> bool:
    """Whether it was let do it; in MULTI a denial comes as an ExecAbortError."""
    try:
        await deed(stock, Job(job.job_id, stock, stock.default_queue_name))
    except (NoPermissionError, ExecAbortError):
        return False
    except TimeoutError:  # the abort mark stands, and nobody is there to heed it
        return True
    return True


@STOCK_QUEUES
@pytest.mark.parametrize("role", Role)
async def test_a_role_does_with_stock_arq_what_it_is_for(role: Role, queue: str, logins: Logins) -> None:
    may: dict[str, bool] = {}
    async with pool(logins, Role.PRODUCER, queue) as producer, pool(logins, role, queue) as stock:
        for deed in DEEDS:
            logins.admin.flushall()
            job = await producer.enqueue_job("shout", "hello")
            assert job is not None
            may[deed.__name__] = await done(deed, stock, job)
    assert may == {deed.__name__: role in roles for deed, roles in DEEDS.items()}


async def test_a_fleet_worker_runs_jobs_whole_and_the_server_denies_it_nothing(
    logins: Logins, admin: Store, store_of: Callable[[Role], Store]
) -> None:
    await publish(admin, [LETTERS])
    queued = await enqueue.enqueue(store_of(Role.PRODUCER), send, Letter("hello"), correlation_id="c")
    worker = FleetWorker(queues=[LETTERS], url=logins.url(Role.WORKER), burst=True, handle_signals=False)
    await worker.async_run()
    await worker.close()
    assert (await observe.job(store_of(Role.VIEWER), queued.job_id)).state is State.COMPLETED
    assert logins.denials() == []


async def test_a_fleet_worker_serves_a_queue_of_stock_arq(logins: Logins) -> None:
    async with pool(logins, Role.PRODUCER, STOCK) as producer:
        job = await producer.enqueue_job("shout", "hello")
        told: dict[str, Any] = {"queue_name": STOCK, "burst": True, "handle_signals": False}
        worker = FleetWorker([shout], url=logins.url(Role.WORKER), **told)
        await worker.async_run()
        await worker.close()
        assert job
        assert await job.result(timeout=1) == "HELLO"
    assert logins.denials() == []


@pytest.mark.parametrize("is_known", [True, False])
async def test_a_producer_queues_from_the_command_line_and_the_server_denies_it_nothing(
    is_known: bool,  # noqa: FBT001
    logins: Logins,
    admin: Store,
    store_of: Callable[[Role], Store],
) -> None:
    if is_known:
        await publish(admin, [LETTERS])
    queued = await submit(store_of(Role.PRODUCER), send, Letter("hello"), load({}))
    assert queued.new
    assert logins.denials() == []
    await publish(admin, [LETTERS])
    assert (await observe.job(admin, queued.job_id)).state is State.WAITING


async def test_whoever_may_makes_a_queue_known_that_is_not(admin: Store) -> None:
    await submit(admin, send, Letter("hello"), load({}))
    assert LETTERS.name in await admin.published_queues()


async def test_a_producer_takes_nothing_out_of_a_queue(logins: Logins, store_of: Callable[[Role], Store]) -> None:
    store = store_of(Role.PRODUCER)
    job_id = (await enqueue.enqueue(store, send, Letter("hello"))).job_id
    raw: Any = store._client  # pyright: ignore[reportPrivateUsage] - whatever client is used
    wire = QueueKeys.declared(LETTERS.name).wire
    for command in (("UNLINK", f"arq:job:{job_id}"), ("ZREM", wire, job_id), ("ZREMRANGEBYRANK", wire, 0, -1)):
        with pytest.raises(NoPermissionError):
            await raw.execute_command(*command)
    assert logins.admin.exists(f"arq:job:{job_id}")
