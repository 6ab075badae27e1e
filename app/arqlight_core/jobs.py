"""A job's states, the transitions between them, and the outcomes a run can have.

TRANSITIONS is the one table of a job's life: the Lua scripts, the screens and the tests are checked against it.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, NewType

JobId = NewType("JobId", str)


class State(StrEnum):
    """Where a job is."""

    SCHEDULED = "scheduled"
    WAITING = "waiting"
    ACTIVE = "active"
    RETRYING = "retrying"
    COMPLETED = "completed"
    DEAD = "dead"
    CANCELLED = "cancelled"


class Transition(StrEnum):
    """What moves a job. DUE is a move of time alone, and so is LAPSE unless a worker is known to be dead."""

    ENQUEUE = "enqueue"
    CLAIM = "claim"
    LAPSE = "lapse"
    DUE = "due"
    FINISH = "finish"
    RETRY = "retry"
    DEFER = "defer"
    RELEASE = "release"
    BURY = "bury"
    CANCEL = "cancel"
    REVIVE = "revive"
    PURGE = "purge"
    UNDO = "undo"


#: transition -> {state it leaves: states it may reach}; None stands for "no such job" (not yet, or in the trash).
TRANSITIONS: dict[Transition, dict[State | None, frozenset[State | None]]] = {
    Transition.ENQUEUE: {None: frozenset({State.WAITING, State.SCHEDULED})},
    Transition.CLAIM: {State.WAITING: frozenset({State.ACTIVE, State.DEAD})},
    Transition.LAPSE: {State.ACTIVE: frozenset({State.WAITING})},
    Transition.DUE: {
        State.SCHEDULED: frozenset({State.WAITING}),
        State.RETRYING: frozenset({State.WAITING}),
    },
    Transition.FINISH: {State.ACTIVE: frozenset({State.COMPLETED})},
    Transition.RETRY: {State.ACTIVE: frozenset({State.RETRYING})},
    Transition.DEFER: {State.ACTIVE: frozenset({State.SCHEDULED})},
    Transition.RELEASE: {State.ACTIVE: frozenset({State.WAITING})},
    Transition.BURY: {State.ACTIVE: frozenset({State.DEAD})},
    Transition.CANCEL: {State.ACTIVE: frozenset({State.CANCELLED})},
    Transition.REVIVE: {
        State.RETRYING: frozenset({State.WAITING}),
        State.DEAD: frozenset({State.WAITING}),
        State.CANCELLED: frozenset({State.WAITING}),
    },
    Transition.PURGE: {
        State.WAITING: frozenset({None}),
        State.SCHEDULED: frozenset({None}),
        State.RETRYING: frozenset({None}),
        State.DEAD: frozenset({None}),
        State.CANCELLED: frozenset({None}),
    },
    Transition.UNDO: {
        None: frozenset({State.WAITING, State.SCHEDULED, State.RETRYING, State.DEAD, State.CANCELLED}),
    },
}


def allows(transition: Transition, state: State) -> bool:
    """Whether a job in this state can take this transition."""
    return state in TRANSITIONS[transition]


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to run one job until it lapses; `owner` is its in-progress value: worker, fence and claim time."""

    job_id: JobId
    owner: bytes
    fence: int


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job as a claim hands it over: its lease, raw payload, attempt (1 is the first) and when it was due (ms)."""

    lease: Lease
    payload: bytes
    attempt: int
    due_ms: int
    claimed_ms: int


@dataclass(frozen=True, slots=True)
class Failure:
    """What one failed attempt left behind, as kept with the job."""

    attempt: int
    error: str
    message: str
    traceback: str
    worker: str
    started_ms: int
    finished_ms: int


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The handler returned."""

    result: Any = None


@dataclass(frozen=True, slots=True)
class Retrying:
    """The attempt failed and another follows after the delay."""

    after: timedelta
    failure: Failure


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not now, for a reason that is no failure; costs no attempt."""

    after: timedelta
    because: str
    by: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """No longer wanted."""

    reason: str
    exception: BaseException | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Dead:
    """Failed for good: kept among the dead letters."""

    reason: str
    failure: Failure | None
    exception: BaseException | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The process is going away: the job is given back, and no attempt is burnt."""


Outcome = Succeeded | Retrying | Deferred | Cancelled | Dead | Interrupted
