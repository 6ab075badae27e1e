"""What can be done to jobs that have not ended: cancel them, move them in time or in line, hold and release them."""

from datetime import datetime, timedelta
from typing import Literal

from arqlight_core.errors import UsageError
from arqlight_core.jobs import Transition
from arqlight_core.operations.actions import Chunk
from arqlight_core.operations.bulk import Words, on_jobs
from arqlight_core.operations.ends import cancelled_result, kept_for_ms
from arqlight_core.operations.registry import Danger
from arqlight_core.policy import Priority, milliseconds
from arqlight_core.settings import load
from arqlight_core.store import scripts
from arqlight_core.store.scripts import Acted, Call

Lane = Literal["critical", "high", "medium", "low"]

_CANCEL = Words("cancel {}", "cancelled {}; `retry` takes it back")
_RELEASE = Words("release {}", "released {}, to where they stood in line")


@on_jobs(Transition.CALL_OFF, Danger.REVERSIBLE, _CANCEL, key="K", label="cancel")
async def cancel(chunk: Chunk) -> Acted:
    """Cancel jobs that have not ended; those that run are stopped by their workers, within a second."""
    store, queue = chunk.store, chunk.queue
    found = await store.run(scripts.bodies(queue, chunk.ids))
    now_ms, published = await store.time_ms(), await store.published_queues()
    results = [
        cancelled_result(body.data, queue.wire, job_id, now_ms) for job_id, body in zip(chunk.ids, found, strict=True)
    ]
    ttl_ms = kept_for_ms(published.get(queue.name, {}))
    return await store.run(scripts.call_off(queue, chunk.step, ttl_ms, results, chunk.ids))


@on_jobs(Transition.PROMOTE, Danger.REVERSIBLE, Words("make {} due now", "made {} due now"), label="promote")
def promote(chunk: Chunk) -> Call[Acted]:
    """Make scheduled jobs due now; each keeps its priority."""
    return scripts.promote(chunk.queue, chunk.step, chunk.ids)


def _one_moment(until: datetime | None = None, by: timedelta | None = None) -> None:
    if (until is None) == (by is None):
        raise UsageError("Say either until when, or by how long: --until 2026-01-31T08:00, or --by 30m.")
    if by is not None and by <= timedelta():
        raise UsageError("What is put off by no time is not put off; give a span like 30m.")


@on_jobs(Transition.DELAY, Danger.REVERSIBLE, Words("put off {}", "put off {}"), label="delay", check=_one_moment)
def delay(  # noqa: D417 - the chunk is no argument of the operation
    chunk: Chunk, *, until: datetime | None = None, by: timedelta | None = None
) -> Call[Acted]:
    """Put jobs off until a moment; one that failed keeps its attempts.

    Args:
        until: When they are due, in the time zone of ARQ_TIMEZONE if it names none.
        by: How long after this was asked for, such as 30m.
    """
    moment = until and (until if until.tzinfo else until.replace(tzinfo=load().timezone))
    until_ms = round(moment.timestamp() * 1000) if moment else 0
    return scripts.delay(chunk.queue, chunk.step, until_ms, milliseconds(by or timedelta()), chunk.ids)


@on_jobs(
    Transition.PRIORITIZE, Danger.REVERSIBLE, Words("prioritize {}", "gave {} another priority"), label="prioritize"
)
def prioritize(chunk: Chunk, *, priority: Lane) -> Call[Acted]:  # noqa: D417 - nor is it here
    """Give jobs another priority: each stands in line where it would, had it come with that.

    Args:
        priority: critical, high, medium or low.
    """
    return scripts.prioritize(chunk.queue, chunk.step, Priority.named(priority).lane, chunk.ids)


@on_jobs(Transition.PARK, Danger.REVERSIBLE, Words("hold {}", "held {} until `release`"), label="hold")
def hold(chunk: Chunk) -> Call[Acted]:
    """Hold jobs until they are released; they keep their places in line."""
    return scripts.park(chunk.queue, chunk.step, chunk.ids)


@on_jobs(Transition.UNPARK, Danger.REVERSIBLE, _RELEASE, label="release")
def release(chunk: Chunk) -> Call[Acted]:
    """Let held jobs go: each stands where it stood in line, or is due when it was."""
    return scripts.unpark(chunk.queue, chunk.step, chunk.ids)
