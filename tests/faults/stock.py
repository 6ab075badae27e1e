"""A fleet worker in the test's own event loop, set up with nothing but arq's own arguments."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from arq.connections import ArqRedis
from arq.jobs import Job
from arq.worker import Function, func

from arqlight_fleet.worker import FleetWorker

Context = dict[str, Any]


def named(name: str, coroutine: Any, **options: Any) -> Function:
    """A function under a name of its own, for those that a test defines inside itself."""
    return func(coroutine, name=name, **options)


async def noop(_: Context, value: int = 0) -> int:
    return value


async def queued(stock: ArqRedis, function: str = "noop", *given: Any, **options: Any) -> Job:
    job = await stock.enqueue_job(function, *given, **options)
    assert job is not None
    return job


async def failure(job: Job) -> Any:
    """What a failed job's result is, as its producer reads it."""
    info = await job.result_info()
    assert info is not None
    assert not info.success
    return info.result


async def queue_many(stock: ArqRedis, count: int, function: str = "noop") -> list[Job]:
    """Jobs called job-0, job-1 and so on."""
    jobs = [await stock.enqueue_job(function, _job_id=f"job-{number}") for number in range(count)]
    return [job for job in jobs if job is not None]


def worker_for(stock: ArqRedis, functions: Sequence[Any] = (), **arguments: Any) -> FleetWorker:
    """A worker on the server of that pool; it must not close the pool, so it gets the address alone."""
    pool: Any = stock.connection_pool
    told: dict[str, Any] = {"poll_delay": 0.1, **arguments}
    return FleetWorker(functions, url=f"unix://{pool.connection_kwargs['path']}", handle_signals=False, **told)


@asynccontextmanager
async def serving(stock: ArqRedis, functions: Sequence[Any] = (), **arguments: Any) -> AsyncGenerator[FleetWorker]:
    """A worker for as long as the context lasts; it has to be alive at its end."""
    worker = worker_for(stock, functions, **arguments)
    task = asyncio.create_task(worker.async_run())
    try:
        yield worker
        assert not task.done(), "the worker ended by itself"
    finally:
        worker.handle_sig(signal.SIGTERM)
        await task
        await worker.close()


async def burst(stock: ArqRedis, functions: Sequence[Any] = (), **arguments: Any) -> FleetWorker:
    """A worker that ran until nothing was left."""
    worker = worker_for(stock, functions, burst=True, **arguments)
    await worker.async_run()
    await worker.close()
    return worker
