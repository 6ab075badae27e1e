"""What a declaration leaves unsaid of its breakers is the environment's to say."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from arqlight_core.declaration import JobType, Queue
from arqlight_core.policy import Breaker
from arqlight_core.settings import Settings


def with_breaker_defaults(queue: Queue, settings: Settings) -> Queue:
    """The queue with CIRCUIT_BREAKER_THRESHOLD and CIRCUIT_BREAKER_TIMEOUT where its breakers do not say otherwise."""
    job_types = {name: _job_type(job, settings) for name, job in queue.job_types.items()}
    return replace(queue, breaker=queue.breaker and _breaker(queue.breaker, settings), job_types=job_types)


def _job_type(job: JobType[Any], settings: Settings) -> JobType[Any]:
    needs = tuple(replace(need, breaker=_breaker(need.breaker, settings)) for need in job.needs)
    return job if needs == job.needs else replace(job, needs=needs)


def _breaker(breaker: Breaker, settings: Settings) -> Breaker:
    return breaker.completed(settings.breaker_threshold, timedelta(milliseconds=settings.breaker_timeout_ms))
