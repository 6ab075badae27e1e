"""Stock handles and operators ask for an abort by a mark in `arq:abort`: it stops a running job.

Where arq's `allow_abort_jobs` says so, a job that is marked while it waits does not even start.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from arq.constants import abort_jobs_ss

from arqlight_core.clock import now_ms
from arqlight_core.policy import DAY, milliseconds
from arqlight_core.store.gateway import OUTAGES
from arqlight_fleet.attempt import Attempt
from arqlight_fleet.judge import Stop

if TYPE_CHECKING:
    from arqlight_fleet.worker import FleetWorker


class Aborts:
    """What a worker does about the marks: of its declared queues, or where `allow_abort_jobs` says so."""

    def __init__(self, worker: "FleetWorker") -> None:
        self._worker = worker

    async def stop_running(self) -> str:
        """Stop the running jobs that are marked; a mark that nobody took up for a day is forgotten."""
        pool: Any = self._worker.pool
        await pool.zremrangebyscore(abort_jobs_ss, "-inf", now_ms() - milliseconds(DAY))
        marks: list[tuple[bytes, float]] = await pool.zrange(abort_jobs_ss, 0, -1, withscores=True)
        asked = _marked(self._worker.attempts, marks)
        for attempt in asked:
            self._worker.stop_attempt(attempt, Stop.ABORT)
        if asked:
            await pool.zrem(abort_jobs_ss, *[attempt.job_id for attempt in asked])
        return f"{len(asked)} aborted"

    async def forestalls(self, attempt: Attempt) -> bool:
        """Whether this job is marked and must not start."""
        pool: Any = self._worker.pool
        try:
            moment: float | None = await pool.zscore(abort_jobs_ss, attempt.job_id)
            if moment is not None:
                await pool.zrem(abort_jobs_ss, attempt.job_id)
        except OUTAGES:
            return False  # the mark is there when the server is back, and stops the running job
        return moment is not None and moment >= attempt.envelope.enqueued_ms


def _marked(attempts: Mapping[str, Attempt], marks: list[tuple[bytes, float]]) -> list[Attempt]:
    """The begun attempts that are meant: a mark older than its job meant an earlier job of that id."""
    found = ((attempts.get(mark.decode()), moment) for mark, moment in marks)
    return [
        attempt
        for attempt, moment in found
        if attempt and attempt.started_ms and moment >= attempt.envelope.enqueued_ms
    ]
