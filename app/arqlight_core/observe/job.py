"""One job, whole: where it is and why, its masked payload, every failed attempt, progress and log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from arqlight_core.codec import Envelope, decode_job, decode_result, masked
from arqlight_core.errors import JobNotFound, PayloadCorrupt
from arqlight_core.flow import Flow
from arqlight_core.jobs import Failure, State
from arqlight_core.observe.window import owner_of
from arqlight_core.policy import Place
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys, queue_of

CHUNK = 100
"""Jobs looked at in one round trip."""


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
    parent: str = ""
    """The id of the job that waits for this one's end."""
    origin: str = ""
    """The id of the job whose handler queued this one as a follow-up."""
    flow: Flow | None = None
    """Its children, as far as they were spawned."""
    replays: int = 0
    """How often it was made to run again after it had ended."""

    @property
    def why(self) -> str:
        """One sentence: why the job is where it is."""
        if self.state is State.ACTIVE:
            return f"running on {self.worker or 'a stock arq worker'}"
        if self.state in (State.SCHEDULED, State.RETRYING, State.HELD) and self.because:
            return f"{self.because}, says {self.by}"
        return self.reason or {
            State.WAITING: "due, and waiting for a free worker",
            State.SCHEDULED: "not due yet",
            State.COMPLETED: "done",
        }.get(self.state, "")


async def job(store: Store, job_id: str) -> JobView:
    """The job of that id, wherever it is. Raises JobNotFound."""
    return await sought(store, await store.published_queues(), job_id)


async def sought(store: Store, published: Mapping[str, dict[str, Any]], job_id: str) -> JobView:
    """The job of that id in one of the published queues. Raises JobNotFound."""
    own = queue_of(job_id)
    names = [own] if own else list(published)
    calls = [scripts.inspect(QueueKeys(published[name]["wire"]), job_id) for name in names if name in published]
    for name, answer in zip(names, await store.run_all(calls) if calls else [], strict=False):
        state = state_of(answer[0], answer[1])
        if state is not None:
            return _view(name, job_id, state, answer, _sensitive(published[name]))
    raise JobNotFound(f"There is no job {job_id}; its id stands in the first column of `arqlight jobs QUEUE`.")


async def looked_up(store: Store, job_ids: Sequence[str]) -> list[tuple[JobView | None, Flow | None]]:
    """Each of these jobs of ours, and its children: their tally may outlive a job that is no longer kept."""
    published = await store.published_queues()
    names = {job_id: queue_of(job_id) or "" for job_id in job_ids}
    known = [job_id for job_id in job_ids if names[job_id] in published]
    calls = [scripts.inspect(QueueKeys(published[names[job_id]]["wire"]), job_id) for job_id in known]
    answers = [answer for at in range(0, len(calls), CHUNK) for answer in await store.run_all(calls[at : at + CHUNK])]
    found: dict[str, tuple[JobView | None, Flow | None]] = {}
    for job_id, answer in zip(known, answers, strict=True):
        state = state_of(answer[0], answer[1])
        told = published[names[job_id]]
        view = _view(names[job_id], job_id, state, answer, _sensitive(told)) if state else None
        found[job_id] = (view, view.flow if view else scripts.flow_of(answer[-1]))
    return [found.get(job_id, (None, None)) for job_id in job_ids]


def _sensitive(told: dict[str, Any]) -> frozenset[str]:
    types = told.get("job_types", {}).values()
    return frozenset(name for job_type in types for name in job_type["sensitive"])


def state_of(now: int, scores: list[bytes]) -> State | None:
    """The state that a job's scores in the sorted sets mean."""
    queue, active, scheduled, retrying, held, completed, dead, cancelled = (
        float(score) if score else None for score in scores
    )
    if active is not None and active > now:
        return State.ACTIVE
    if queue is not None:
        return _live_state(now, queue, {State.SCHEDULED: scheduled, State.RETRYING: retrying, State.HELD: held})
    ended = {State.DEAD: dead, State.CANCELLED: cancelled, State.COMPLETED: completed}
    return next((state for state, score in ended.items() if score is not None), None)


def _live_state(now: int, due: float, indexes: dict[State, float | None]) -> State:
    """A job that a stock producer deferred is in no index: it is scheduled."""
    if due <= now:
        return State.WAITING
    return next((state for state, moment in indexes.items() if moment is not None), State.SCHEDULED)


def _view(queue: str, job_id: str, state: State, answer: list[Any], sensitive: frozenset[str]) -> JobView:
    now, scores, lock, attempts, payload, result, record, failures, log, lapses, children = answer
    fields = {k.decode(): v for k, v in zip(record[::2], record[1::2], strict=True)}
    told = {name: value.decode(errors="replace") for name, value in fields.items() if name != "payload"}
    envelope, problem = _envelope(payload or result)
    worker, claimed_ms = owner_of(lock)
    kept, started_ms, ended_ms, last_attempt = _result(result)
    flow = _own(scripts.flow_of(children), envelope)
    return JobView(
        at_ms=now,
        id=job_id,
        queue=queue,
        state=state,
        job_type=envelope.function,
        payload=problem or masked({"args": envelope.args, "kwargs": envelope.kwargs}, sensitive),
        correlation_id=envelope.correlation_id,
        enqueued_ms=envelope.enqueued_ms,
        due_ms=_due(state, float(scores[0] or 0)),
        started_ms=started_ms,
        ended_ms=ended_ms or int(told.get("ended", 0)) or _ended(scores),
        attempt=int(attempts or 0) + (state is State.ACTIVE) or last_attempt or len(failures) or 1,
        worker=worker,
        claimed_ms=claimed_ms,
        because=told.get("because", ""),
        by=told.get("by", ""),
        until_ms=int(told.get("until", 0)),
        reason=told.get("reason", ""),
        done=int(told.get("done", flow.tally.ended if flow else 0)),
        total=int(told.get("total", flow.tally.total if flow else 0)),
        stage=told.get("stage", ""),
        result=masked(kept, sensitive),
        lapses=int(float(lapses or told.get("lapses", 0))),
        failures=tuple(msgspec.msgpack.decode(failure, type=Failure) for failure in failures),
        log=tuple(_line(line) for line in log),
        parent=envelope.parent.job_id if envelope.parent else "",
        origin=envelope.origin,
        flow=flow,
        replays=int(told.get("replays", 0)),
    )


def _due(state: State, score: float) -> int:
    return Place.of(score).since_ms if state is State.WAITING else int(score)


def _ended(scores: list[bytes]) -> int:
    """When it ended, by its score among those that have; known also where no result is kept."""
    return next((int(float(score)) for score in scores[5:] if score), 0)


def _own(flow: Flow | None, envelope: Envelope) -> Flow | None:
    """The flow, unless it is of an earlier life of the id."""
    return flow if flow and flow.life == envelope.enqueued_ms else None


def _envelope(data: bytes) -> tuple[Envelope, str]:
    if not data:
        return Envelope("", (), {}, 0), "nothing of its payload is kept"
    try:
        return decode_job(data), ""
    except PayloadCorrupt as problem:
        return Envelope("unreadable", (), {}, 0), str(problem)


def _result(data: bytes) -> tuple[Any, int, int, int]:
    """Result, start and end (ms) and attempt as kept for stock handles."""
    if not data:
        return None, 0, 0, 0
    try:
        told = decode_result(data)
    except PayloadCorrupt as problem:
        return str(problem), 0, 0, 0
    return told.result, told.started_ms, told.finished_ms, told.attempt


def _line(line: bytes) -> tuple[int, str]:
    moment, _, text = line.decode(errors="replace").partition(" ")
    return int(moment), text
