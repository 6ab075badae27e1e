"""A window over one state's jobs: a million of them scroll, none but the visible ones are read."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from arqlight_core.codec import decode_job
from arqlight_core.errors import PayloadCorrupt, QueueNotFound
from arqlight_core.jobs import State
from arqlight_core.policy import Place
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job in a list. `moment_ms` is when it is due, or when its lease runs out, or when it ended."""

    id: str
    state: State
    job_type: str
    enqueued_ms: int
    moment_ms: int
    attempt: int
    worker: str
    claimed_ms: int
    done: int
    total: int
    stage: str
    error: str
    reason: str
    because: str
    until_ms: int
    fingerprint: str = ""
    """Of its last failure; '' when it has none."""
    correlation_id: str = ""
    """What it belongs to; '' also for one whose payload is too large for a list."""
    replays: int = 0
    """How often it was made to run again after it had ended."""
    tenant: str = ""
    """Whose work it is, as far as its last failure tells."""
    first_error: str = ""
    """What the oldest attempt that is kept failed of; told of dead jobs alone."""

    @property
    def share(self) -> float | None:
        """How far it is, 0 to 1; None when it has not said."""
        return min(1.0, self.done / self.total) if self.total else None


@dataclass(frozen=True, slots=True)
class Window:
    """Rows `offset` and following of all `total` jobs of a state, at one moment of the server's clock (ms)."""

    at_ms: int
    total: int
    offset: int
    rows: tuple[JobRow, ...]


async def keys_of(store: Store, queue: str) -> QueueKeys:
    """The keys of a queue by the name people use. Raises QueueNotFound listing the known ones."""
    published = await store.published_queues()
    if queue not in published:
        known = ", ".join(published) or "none yet: start a fleet, or enqueue something"
        raise QueueNotFound(f"There is no queue {queue}; known are: {known}.")
    return QueueKeys(published[queue]["wire"])


async def window(store: Store, queue: str, state: State, offset: int, limit: int) -> Window:
    """One page of jobs: live ones in the order they run, ended ones newest first. Raises QueueNotFound."""
    keys = await keys_of(store, queue)
    now, total, *rows = await store.run(scripts.window(keys, state, offset, limit))
    return Window(now, total, offset, rows_of(state, rows))


def rows_of(state: State, told: Iterable[list[Any]]) -> tuple[JobRow, ...]:
    """Rows of a state as the scripts tell them."""
    return tuple(_row(state, row) for row in told)


def _row(state: State, row: list[Any]) -> JobRow:
    job_id, score, lock, attempts, body, fields = row
    done, total, stage, error, reason, because, until, fingerprint, replays, tenant, first_error = map(_text, fields)
    worker, claimed_ms = owner_of(lock)
    job_type, enqueued_ms, correlation_id = _told_by(body)
    return JobRow(
        id=job_id.decode(errors="replace"),
        state=state,
        job_type=job_type,
        enqueued_ms=enqueued_ms,
        moment_ms=Place.of(float(score)).since_ms if state is State.WAITING else int(float(score)),
        attempt=int(attempts or 0),
        worker=worker,
        claimed_ms=claimed_ms,
        done=int(done or 0),
        total=int(total or 0),
        stage=stage,
        error=error,
        reason=reason,
        because=because,
        until_ms=int(until or 0),
        fingerprint=fingerprint,
        correlation_id=correlation_id,
        replays=int(replays or 0),
        tenant=tenant,
        first_error=first_error,
    )


def _text(value: bytes | None) -> str:
    return value.decode(errors="replace") if value else ""


def owner_of(lock: bytes) -> tuple[str, int]:
    """Worker and claim time (ms) from the value of an in-progress key; a stock worker's says neither."""
    worker, _, rest = lock.decode(errors="replace").partition(":")
    _, _, claimed = rest.partition(":")
    return (worker, int(claimed)) if claimed.isdigit() else ("", 0)


def _told_by(body: bytes) -> tuple[str, int, str]:
    """Job type, time of enqueueing and correlation id from a payload or a kept result: both have arq's `f` and `et`."""
    if not body:
        return "", 0, ""
    try:
        envelope = decode_job(body)
    except PayloadCorrupt:
        return "unreadable", 0, ""
    return envelope.function, envelope.enqueued_ms, envelope.correlation_id
