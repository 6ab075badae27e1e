"""One job, whole: where it is and why, its masked payload, every failed attempt, progress and log."""

from dataclasses import dataclass
from typing import Any

import msgspec

from arqlight_core.codec import Envelope, decode_job, decode_result, masked
from arqlight_core.errors import JobNotFound, PayloadCorrupt
from arqlight_core.jobs import Failure, State
from arqlight_core.observe.window import owner_of
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys, queue_of


@dataclass(frozen=True, slots=True)
class JobView:
    """All that is known of a job at one moment of the server's clock (ms); 0 stands for a moment that is not."""

    at_ms: int
    id: str
    queue: str
    state: State
    job_type: str
    payload: Any
    """Positional and named arguments, sensitive fields masked; or a sentence when they cannot be read."""
    correlation_id: str
    enqueued_ms: int
    due_ms: int
    started_ms: int
    """When the attempt that ended it began; known of jobs whose result is kept."""
    ended_ms: int
    attempt: int
    worker: str
    claimed_ms: int
    because: str
    by: str
    until_ms: int
    reason: str
    done: int
    total: int
    stage: str
    result: Any
    lapses: int
    failures: tuple[Failure, ...]
    log: tuple[tuple[int, str], ...]
    """Lines with their moments (ms)."""

    @property
    def why(self) -> str:
        """One sentence: why the job is where it is."""
        if self.state is State.ACTIVE:
            return f"running on {self.worker or 'a stock arq worker'}"
        if self.state in (State.SCHEDULED, State.RETRYING) and self.because:
            return f"{self.because}, says {self.by}"
        return self.reason or {
            State.WAITING: "due, and waiting for a free worker",
            State.SCHEDULED: "not due yet",
            State.COMPLETED: "done",
        }.get(self.state, "")


async def job(store: Store, job_id: str) -> JobView:
    """The job of that id, wherever it is. Raises JobNotFound."""
    published = await store.published_queues()
    own = queue_of(job_id)
    names = [own] if own else list(published)
    calls = [scripts.inspect(QueueKeys(published[name]["wire"]), job_id) for name in names if name in published]
    for name, answer in zip(names, await store.run_all(calls) if calls else [], strict=False):
        state = _state(answer[0], answer[1])
        if state is not None:
            return _view(name, job_id, state, answer, _sensitive(published[name]))
    raise JobNotFound(f"There is no job {job_id}; its id stands in the first column of `arqlight jobs QUEUE`.")


def _sensitive(told: dict[str, Any]) -> frozenset[str]:
    types = told.get("job_types", {}).values()
    return frozenset(name for job_type in types for name in job_type["sensitive"])


def _state(now: int, scores: list[bytes]) -> State | None:
    """The state that a job's scores in the sorted sets mean."""
    queue, active, scheduled, retrying, completed, dead, cancelled = (
        float(score) if score else None for score in scores
    )
    if active is not None and active > now:
        return State.ACTIVE
    if queue is not None:
        return _live_state(now, queue, scheduled, retrying)
    ended = {State.DEAD: dead, State.CANCELLED: cancelled, State.COMPLETED: completed}
    return next((state for state, score in ended.items() if score is not None), None)


def _live_state(now: int, due: float, scheduled: float | None, retrying: float | None) -> State:
    if due <= now:
        return State.WAITING
    return State.RETRYING if retrying is not None and scheduled is None else State.SCHEDULED


def _view(queue: str, job_id: str, state: State, answer: list[Any], sensitive: frozenset[str]) -> JobView:
    now, scores, lock, attempts, payload, result, record, failures, log = answer
    fields = {k.decode(): v for k, v in zip(record[::2], record[1::2], strict=True)}
    told = {name: value.decode(errors="replace") for name, value in fields.items() if name != "payload"}
    envelope, problem = _envelope(payload or result)
    worker, claimed_ms = owner_of(lock)
    kept, started_ms, ended_ms = _result(result)
    return JobView(
        at_ms=now,
        id=job_id,
        queue=queue,
        state=state,
        job_type=envelope.function,
        payload=problem or masked({"args": envelope.args, "kwargs": envelope.kwargs}, sensitive),
        correlation_id=envelope.correlation_id,
        enqueued_ms=envelope.enqueued_ms,
        due_ms=int(float(scores[0] or 0)),
        started_ms=started_ms,
        ended_ms=ended_ms or int(told.get("ended", 0)),
        attempt=int(attempts or len(failures) or 1),
        worker=worker,
        claimed_ms=claimed_ms,
        because=told.get("because", ""),
        by=told.get("by", ""),
        until_ms=int(told.get("until", 0)),
        reason=told.get("reason", ""),
        done=int(told.get("done", 0)),
        total=int(told.get("total", 0)),
        stage=told.get("stage", ""),
        result=masked(kept, sensitive),
        lapses=int(told.get("lapses", 0)),
        failures=tuple(msgspec.msgpack.decode(failure, type=Failure) for failure in failures),
        log=tuple(_line(line) for line in log),
    )


def _envelope(data: bytes) -> tuple[Envelope, str]:
    if not data:
        return Envelope("", (), {}, 0), "nothing of its payload is kept"
    try:
        return decode_job(data), ""
    except PayloadCorrupt as problem:
        return Envelope("unreadable", (), {}, 0), str(problem)


def _result(data: bytes) -> tuple[Any, int, int]:
    """Result, start and end (ms) as kept for stock handles."""
    if not data:
        return None, 0, 0
    try:
        told = decode_result(data)
    except PayloadCorrupt as problem:
        return str(problem), 0, 0
    return told.result, told.started_ms, told.finished_ms


def _line(line: bytes) -> tuple[int, str]:
    moment, _, text = line.decode(errors="replace").partition(" ")
    return int(moment), text
