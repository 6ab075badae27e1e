"""What there is to know when somebody asks why a job is not running, and what an answer consists of."""

import shlex
from dataclasses import dataclass
from enum import StrEnum

from arqlight_core.jobs import State
from arqlight_core.observe.fleet import QueueView
from arqlight_core.observe.job import JobView
from arqlight_core.observe.protection import BreakerView, LimitView
from arqlight_core.observe.workers import WorkerView
from arqlight_core.store.scripts import Standpoint

ENDED = (State.COMPLETED, State.DEAD, State.CANCELLED)
PUT_OFF = (State.SCHEDULED, State.RETRYING, State.HELD)


class Kind(StrEnum):
    """What a reason is about. Of those that bind equally, the ones above come first."""

    ENDED = "ended"
    RUNNING = "running"
    LOST = "worker lost"
    PAUSED = "paused"
    NO_WORKER = "no worker"
    QUIET = "quiet"
    UNKNOWN_TYPE = "unknown type"
    CHILDREN = "children"
    BREAKER = "breaker"
    LIMIT = "limit"
    KEY = "key"
    HELD = "held"
    RETRY = "retry"
    SCHEDULED = "scheduled"
    SUSPECT = "suspect"
    CONCURRENCY = "concurrency"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, as a short sentence without its full stop. Moments are in ms; 0: not known, or without an end.

    `name` is that of the breaker, limit, job or job type that it is about, `by` whoever wants it so, `remedy` the
    command by which an operator would end it; each is '' where there is none.
    """

    kind: Kind
    text: str
    remedy: str = ""
    since_ms: int = 0
    until_ms: int = 0
    by: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """A job, and what of its surroundings bears on it; of a job that has ended nothing else is asked.

    `workers` are all that live, `breakers` the queue's own and those that the job's type needs, `limits` the queue's.
    """

    job: JobView
    queue: QueueView | None = None
    workers: tuple[WorkerView, ...] = ()
    breakers: tuple[BreakerView, ...] = ()
    limits: tuple[LimitView, ...] = ()
    standpoint: Standpoint | None = None
    """Where it stands in line; None while it is not due."""

    @property
    def serving(self) -> tuple[WorkerView, ...]:
        """The living workers of the job's queue, quiet ones included."""
        return tuple(worker for worker in self.workers if self.job.queue in worker.queues)

    @property
    def claiming(self) -> tuple[WorkerView, ...]:
        """Those of them that take new jobs."""
        return tuple(worker for worker in self.serving if worker.state == "running")


def command(*words: str) -> str:
    """A command as it can be typed."""
    return f"arqlight {shlex.join(words)}"


def because(reason: str) -> str:
    """What follows a sentence to say why, and nothing where nobody has said it."""
    return f": {reason}" if reason else ""
