"""What a worker serves of one queue, and how much of it is running right now."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from arqlight_core.declaration import JobType, Queue
from arqlight_core.policy import Breaker, Limit, Retention, Schedule
from arqlight_core.store.keys import QueueKeys
from arqlight_fleet.standing_holds import StandingHold


@dataclass(slots=True)
class ServedQueue:
    """One queue's share of a worker. `next_look` is the monotonic moment at which a claim is worth its round trip."""

    keys: QueueKeys
    concurrency: int
    retention: Retention = field(default_factory=Retention)
    fleet_concurrency: int = 0
    """How many of its jobs run at a time in the whole fleet; 0 is unbounded."""
    weight: int = 1
    limits: tuple[Limit, ...] = ()
    breaker: Breaker | None = None
    poison_after: int = 2
    terms: Mapping[str, JobType[Any]] = field(default_factory=dict[str, JobType[Any]])
    """What its job types ask for; a stock function has no terms."""
    deadline_shifts: Mapping[str, int] = field(default_factory=dict[str, int])
    """By how many ms the deadlines that jobs carry move, by job type."""
    schedules: Mapping[str, Schedule] = field(default_factory=dict[str, Schedule])
    overridden: dict[str, Any] = field(default_factory=dict[str, Any])
    """The declared values of those of its settings that an operator has overridden."""
    holds: tuple[StandingHold, ...] = ()
    """What operators hold of its jobs, whenever they come."""
    running: int = 0
    next_look: float = 0.0
    stirred: bool = False
    """Whether the queue said that a job may be due since the claim now under way was made."""
    claims: int = 0
    finishes: int = 0

    @classmethod
    def declared(cls, queue: Queue) -> "ServedQueue":
        """What a declaration asks of its workers."""
        return cls(
            keys=QueueKeys.declared(queue.name),
            concurrency=queue.concurrency,
            fleet_concurrency=queue.fleet_concurrency or 0,
            weight=queue.weight,
            limits=queue.limits,
            breaker=queue.breaker,
            retention=queue.retention,
            poison_after=queue.poison_after,
            terms=queue.job_types,
            schedules=queue.schedules,
        )

    def override(self, values: Mapping[str, Any]) -> bool:
        """Let these values of its settings stand in for the declared ones, and only these; whether that changed any."""
        before = {name: getattr(self, name) for name in {*self.overridden, *values}}
        for name in self.overridden.keys() - values.keys():
            setattr(self, name, self.overridden.pop(name))
        for name, value in values.items():
            self.overridden.setdefault(name, before[name])
            setattr(self, name, value)
        return any(getattr(self, name) != value for name, value in before.items())

    @property
    def free(self) -> int:
        """How many more jobs may start."""
        return max(0, self.concurrency - self.running)
