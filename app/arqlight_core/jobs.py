"""A job's states, the transitions between them, and the outcomes a run can have.

TRANSITIONS is the one table of a job's life: the Lua scripts, the screens and the tests are checked against it.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum, StrEnum
from typing import Any, NewType

import msgspec

from arqlight_core.fingerprint import UNKNOWN, Fingerprint

JobId = NewType("JobId", str)


class State(StrEnum):
    """Where a job is."""

    SCHEDULED = "scheduled"
    WAITING = "waiting"
    ACTIVE = "active"
    RETRYING = "retrying"
    HELD = "held"
    COMPLETED = "completed"
    DEAD = "dead"
    CANCELLED = "cancelled"


class Transition(StrEnum):
    """What moves a job. DUE is a move of time alone, and so is LAPSE unless a worker is known to be dead.

    CALL_OFF is an operator's cancel, which a running job takes through its worker; PARK and UNPARK are an operator's
    hold and its end. REQUEUE queues a copy: the job itself stays, or goes to the trash.
    """

    ENQUEUE = "enqueue"
    CLAIM = "claim"
    LAPSE = "lapse"
    DUE = "due"
    FINISH = "finish"
    RETRY = "retry"
    DEFER = "defer"
    HOLD = "hold"
    AWAIT_CHILDREN = "await_children"
    CONTINUE = "continue"
    RELEASE = "release"
    BURY = "bury"
    CANCEL = "cancel"
    REVIVE = "revive"
    CALL_OFF = "call_off"
    PROMOTE = "promote"
    DELAY = "delay"
    PRIORITIZE = "prioritize"
    PARK = "park"
    UNPARK = "unpark"
    REQUEUE = "requeue"
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
        State.HELD: frozenset({State.WAITING}),
    },
    Transition.FINISH: {State.ACTIVE: frozenset({State.COMPLETED})},
    Transition.RETRY: {State.ACTIVE: frozenset({State.RETRYING})},
    Transition.DEFER: {State.ACTIVE: frozenset({State.SCHEDULED})},
    Transition.HOLD: {State.ACTIVE: frozenset({State.HELD})},
    Transition.AWAIT_CHILDREN: {State.ACTIVE: frozenset({State.HELD, State.WAITING})},
    Transition.CONTINUE: {State.HELD: frozenset({State.WAITING})},
    Transition.RELEASE: {State.ACTIVE: frozenset({State.WAITING})},
    Transition.BURY: {State.ACTIVE: frozenset({State.DEAD})},
    Transition.CANCEL: {State.ACTIVE: frozenset({State.CANCELLED})},
    Transition.REVIVE: {
        State.RETRYING: frozenset({State.WAITING}),
        State.DEAD: frozenset({State.WAITING}),
        State.CANCELLED: frozenset({State.WAITING}),
    },
    Transition.CALL_OFF: {
        state: frozenset({State.CANCELLED})
        for state in (State.WAITING, State.SCHEDULED, State.RETRYING, State.HELD, State.ACTIVE)
    },
    Transition.PROMOTE: {State.SCHEDULED: frozenset({State.WAITING})},
    Transition.DELAY: {
        state: frozenset({State.SCHEDULED}) for state in (State.WAITING, State.SCHEDULED, State.RETRYING)
    },
    Transition.PRIORITIZE: {
        state: frozenset({state}) for state in (State.WAITING, State.SCHEDULED, State.RETRYING, State.HELD)
    },
    Transition.PARK: {
        state: frozenset({State.HELD}) for state in (State.WAITING, State.SCHEDULED, State.RETRYING, State.HELD)
    },
    Transition.UNPARK: {State.HELD: frozenset({State.WAITING, State.SCHEDULED, State.RETRYING})},
    Transition.REQUEUE: {
        state: frozenset({state} if state in (State.ACTIVE, State.COMPLETED) else {state, None}) for state in State
    },
    Transition.PURGE: {
        State.WAITING: frozenset({None}),
        State.SCHEDULED: frozenset({None}),
        State.RETRYING: frozenset({None}),
        State.HELD: frozenset({None}),
        State.DEAD: frozenset({None}),
        State.CANCELLED: frozenset({None}),
    },
    Transition.UNDO: {
        None: frozenset({State.WAITING, State.SCHEDULED, State.RETRYING, State.HELD, State.DEAD, State.CANCELLED}),
    },
}


def allows(transition: Transition, state: State) -> bool:
    """Whether a job in this state can take this transition."""
    return state in TRANSITIONS[transition]


class Lease(msgspec.Struct, frozen=True, gc=False):
    """The right to run one job until it lapses; `owner` is its in-progress value: worker, fence and claim time."""

    job_id: JobId
    owner: bytes
    fence: int


class Suspicion(IntEnum):
    """Whether a job is what takes its workers down: a suspect is watched, poison is not run again."""

    NONE = 0
    SUSPECT = 1
    POISON = 2


class ClaimedJob(msgspec.Struct, frozen=True, gc=False):
    """A job as a claim hands it over: its lease, raw payload, attempt (1 is the first) and when it was due (ms).

    `lane` is its priority as a fraction of a score.
    """

    lease: Lease
    payload: bytes
    attempt: int
    due_ms: int
    claimed_ms: int
    lane: float = 0.0
    lapses: int = 0
    """How many workers went down with it in a row."""
    suspicion: Suspicion = Suspicion.NONE
    was_held: bool = False
    """Whether a policy held it before it was due."""


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
    fingerprint: Fingerprint = UNKNOWN
    """The group of failures that it belongs to."""


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
    """Not now, for a reason that is no failure; costs no attempt. `held`: a policy wants it so, not the job.

    `rule` is the standing hold that wants it so, if one does.
    """

    after: timedelta
    because: str
    by: str
    held: bool = False
    rule: str = ""


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


@dataclass(frozen=True, slots=True)
class Awaiting:
    """Waits for its children; costs no attempt."""


Outcome = Succeeded | Retrying | Deferred | Awaiting | Cancelled | Dead | Interrupted
