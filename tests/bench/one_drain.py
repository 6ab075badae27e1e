"""One drain in a process of its own: `python -m tests.bench.one_drain KIND SOCKET JOBS` answers with its seconds."""

import asyncio
import sys
from typing import Any

from arq import create_pool
from arq.connections import ArqRedis, RedisSettings
from arq.constants import default_queue_name, job_key_prefix, result_key_prefix
from arq.jobs import serialize_job
from arq.worker import Worker

from arqlight_core.clock import monotonic, now_ms
from arqlight_fleet.process import settle_in
from arqlight_fleet.worker import FleetWorker

CHUNK = 1000
DAY_MS = 86_400_000
PAYLOAD = "x" * 64

Context = dict[Any, Any]


async def noop(ctx: Context, number: int, payload: str) -> int:
    ctx["moments"].append(monotonic())
    return number + len(payload)


def worker_of(kind: str, settings: RedisSettings, moments: list[float]) -> Worker:
    """A worker that ends when the queue is empty; the kinds differ in nothing but what they are."""
    common: dict[str, Any] = {
        "burst": True,
        "handle_signals": False,
        "max_jobs": 100,
        "redis_settings": settings,
        "ctx": {"moments": moments},
    }
    settle_in()  # as `arqlight work` and `arqlight fleet` do; all kinds alike, to be fair
    if kind == "fleet":
        return FleetWorker([noop], **common)
    if kind == "unpolled":
        common["poll_delay"] = 0.01
    return Worker([noop], **common)


async def fill(pool: ArqRedis, jobs: int) -> None:
    """As `enqueue_job` writes them, in few round trips."""
    raw: Any = pool
    for first in range(0, jobs, CHUNK):
        now = now_ms()
        pipe = raw.pipeline(transaction=False)
        for number in range(first, min(first + CHUNK, jobs)):
            pipe.psetex(
                f"{job_key_prefix}{number:032}", DAY_MS, serialize_job("noop", (number, PAYLOAD), {}, None, now)
            )
            pipe.zadd(default_queue_name, {f"{number:032}": now})
        await pipe.execute()


async def drain(kind: str, socket: str, jobs: int) -> float:
    """Seconds from the first job's start to the last one's, when every job has run and left its result."""
    settings = RedisSettings(unix_socket_path=socket)
    pool = await create_pool(settings)
    await fill(pool, jobs)
    moments: list[float] = []
    worker = worker_of(kind, settings, moments)
    await worker.async_run()
    await worker.close()
    raw: Any = pool
    left, kept = await raw.zcard(default_queue_name), len(await raw.keys(f"{result_key_prefix}*"))
    await pool.aclose()
    if (len(moments), left, kept) != (jobs, 0, jobs):
        raise AssertionError(f"{len(moments)} of {jobs} jobs ran, {kept} left a result, {left} are queued")
    return moments[-1] - moments[0]


if __name__ == "__main__":
    sys.stdout.write(str(asyncio.run(drain(sys.argv[1], sys.argv[2], int(sys.argv[3])))))
