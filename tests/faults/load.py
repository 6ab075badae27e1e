"""Stock producers under load: what was acknowledged is remembered, what raised may or may not have happened."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from arq.connections import ArqRedis
from redis.exceptions import RedisError


async def enqueue(producer: ArqRedis, function: str, *arguments: Any, job_id: str) -> str:
    """One acknowledged job."""
    assert await producer.enqueue_job(function, *arguments, _job_id=job_id) is not None
    return job_id


async def enqueue_many(producer: ArqRedis, count: int, seconds: float) -> set[str]:
    """Many short jobs, all acknowledged."""
    return {await enqueue(producer, "work", seconds, job_id=f"job-{number}") for number in range(count)}


@dataclass(slots=True)
class Load:
    """A producer that goes on through every outage. `unknown` are jobs that may or may not be there."""

    producer: ArqRedis
    seconds: float
    acknowledged: set[str] = field(default_factory=set[str])
    unknown: set[str] = field(default_factory=set[str])

    async def run(self) -> None:
        number = 0
        while True:
            number += 1
            await self._one(f"load-{number}")
            await asyncio.sleep(0.01)

    async def _one(self, job_id: str) -> None:
        self.unknown.add(job_id)  # also when the load ends before the answer comes
        with suppress(RedisError, OSError):
            if await self.producer.enqueue_job("work", self.seconds, _job_id=job_id):
                self.unknown.remove(job_id)
                self.acknowledged.add(job_id)


@asynccontextmanager
async def loaded(producer: ArqRedis, seconds: float) -> AsyncGenerator[Load]:
    """Load for as long as the context lasts."""
    load = Load(producer, seconds)
    task = asyncio.create_task(load.run())
    try:
        yield load
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
