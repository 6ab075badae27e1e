"""Which of the jobs that a walk brought are meant: they match, and they were there at the moment."""

from collections.abc import Iterable, Mapping
from typing import Any

from arqlight_core.codec import Envelope, decode_job
from arqlight_core.errors import PayloadCorrupt
from arqlight_core.jobs import State
from arqlight_core.selection import Candidate, Selection, matches
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import id_of

_LIVE = (State.SCHEDULED, State.RETRYING, State.HELD, State.ACTIVE)
_ENDED = (State.DEAD, State.CANCELLED, State.COMPLETED)


async def sensitive_of(store: Store, queue: str) -> frozenset[str]:
    """The fields of a queue's payloads that nobody may see."""
    return sensitive_in((await store.published_queues()).get(queue, {}))


def sensitive_in(declaration: Mapping[str, Any]) -> frozenset[str]:
    """The same, of a queue's published declaration."""
    types = declaration.get("job_types", {}).values()
    return frozenset(name for job_type in types for name in job_type.get("sensitive", ()))


def matching(selection: Selection, rows: Iterable[list[bytes]], sensitive: frozenset[str]) -> list[Candidate]:
    """Those of the rows of a whole walk that the selection means."""
    jobs = (_candidate(row, selection) for row in rows)
    return [job for job in jobs if _was_there(job, selection) and matches(selection, job, sensitive)]


def _was_there(job: Candidate, selection: Selection) -> bool:
    """A live job says when it was queued; for one that waits or has ended its place in line has told already."""
    return selection.state not in _LIVE or job.since_ms <= selection.moment_ms


def _candidate(row: list[bytes], selection: Selection) -> Candidate:
    job_id, score, body, error, fingerprint, by, reason = row
    envelope = _envelope(body)
    return Candidate(
        job_id=id_of(job_id),
        job_type=envelope.function,
        correlation_id=envelope.correlation_id,
        since_ms=int(float(score)) if selection.state in _ENDED else envelope.enqueued_ms,
        error=error.decode(errors="replace"),
        fingerprint=fingerprint.decode(errors="replace"),
        held_by=by.decode(errors="replace"),
        cause=reason.decode(errors="replace"),
        payload={"args": envelope.args, "kwargs": envelope.kwargs},
    )


def _envelope(body: bytes) -> Envelope:
    try:
        return decode_job(body)
    except PayloadCorrupt:
        return Envelope("", (), {}, 0)
