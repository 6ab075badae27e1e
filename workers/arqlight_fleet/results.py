"""What is kept of an ended job for `Job.result()`, and for how long."""

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import msgspec
from arq.jobs import Serializer, serialize_result
from arq.utils import truncate
from arq.worker import JobExecutionFailed

from arqlight_core.codec import extra_of, pack
from arqlight_core.errors import ArqlightError, Signal
from arqlight_core.jobs import Cancelled, Dead, Outcome, Succeeded
from arqlight_core.policy import milliseconds
from arqlight_fleet.attempt import Attempt

if TYPE_CHECKING:
    from arqlight_fleet.worker import FleetWorker

logger = logging.getLogger("arq.worker")

CRON_RESULT_MS = 60_000
"""A cron job's id must stay taken for a while after it ran, or a worker whose clock lags would queue the tick again."""


class KeptResult(msgspec.Struct, frozen=True, gc=False):
    """A result as stock handles read it; `ttl_ms` 0 keeps none, -1 keeps it for ever."""

    data: bytes = b""
    ttl_ms: int = 0


class Results:
    """A worker's rules for results: a declared queue's retention, else arq's own arguments."""

    def __init__(self, worker: "FleetWorker") -> None:
        self._worker = worker

    def of(self, attempt: Attempt, outcome: Outcome) -> KeptResult:
        """What to keep of this outcome; nothing for a job that is not over."""
        match outcome:
            case Succeeded():
                return self._kept(attempt, outcome.result, success=True)
            case Cancelled():
                aborted = isinstance(outcome.exception, asyncio.CancelledError)
                return self._kept(attempt, outcome.exception if aborted else asyncio.CancelledError(), success=False)
            case Dead():
                return self._kept(attempt, _in_arqs_words(outcome), success=False)
            case _:
                return KeptResult()

    def log(self, attempt: Attempt, outcome: Outcome) -> bool:
        """Log a result as arq's `log_results` asks for; False when there is none, or it may hold what nobody may read.

        A declared job's result is not logged: what a job type works on is its own.
        """
        wanted = self._worker.log_results and not self._worker.queues and logger.isEnabledFor(logging.INFO)
        if not (wanted and isinstance(outcome, Succeeded)):
            return False
        try:
            shown = truncate(repr(outcome.result))
        except Exception:  # noqa: BLE001 - somebody's object may raise anything
            return False
        ref = f"{attempt.job_id}:{attempt.function_name}"
        logger.info("%6.2fs ← %s ● %s", attempt.run_ms / 1000, ref, "" if outcome.result is None else shown)
        return True

    def _kept(self, attempt: Attempt, result: Any, *, success: bool) -> KeptResult:
        ttl_ms = self._ttl_ms(attempt, success=success)
        data = self._encoded(attempt, result, success=success) if ttl_ms else None
        return KeptResult(data, ttl_ms) if data else KeptResult()

    def _ttl_ms(self, attempt: Attempt, *, success: bool) -> int:
        worker, retention = self._worker, attempt.served.retention
        if worker.queues:
            return milliseconds((retention.completed if success else retention.dead).age)
        function = worker.functions.get(attempt.function_name)
        forever: bool | None = getattr(function, "keep_result_forever", None)
        if worker.keep_result_forever if forever is None else forever:
            return -1
        own: float | None = getattr(function, "keep_result_s", None)
        ttl_ms = round((worker.keep_result_s if own is None else own) * 1000)
        return max(ttl_ms, CRON_RESULT_MS) if hasattr(function, "next_run") else ttl_ms

    def _encoded(self, attempt: Attempt, result: Any, *, success: bool) -> bytes | None:
        return serialize_result(
            attempt.function_name,
            attempt.envelope.args,
            attempt.envelope.kwargs,
            attempt.number,
            attempt.envelope.enqueued_ms,
            success,
            result,
            attempt.started_ms,
            attempt.finished_ms,
            f"{attempt.job_id}:{attempt.function_name}",
            attempt.served.keys.wire,
            attempt.job_id,
            serializer=self._serializer(attempt),
        )

    def _serializer(self, attempt: Attempt) -> Serializer | None:
        """Arq's own; that of a declared queue keeps what travels with a job beside its payload."""
        if not self._worker.queues:
            return self._worker.job_serializer
        return lambda fields: pack({**fields, **extra_of(attempt.envelope)})


def _in_arqs_words(outcome: Dead) -> BaseException:
    """What `Job.result()` raises: a stock producer can read its own errors and arq's, and none of ours."""
    error = outcome.exception
    return JobExecutionFailed(outcome.reason) if error is None or isinstance(error, (Signal, ArqlightError)) else error
