"""What a worker serves of one queue, and how much of it is running right now."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from arqlight_core.catalogue import Queue
from arqlight_core.policy import Backoff, Retention
from arqlight_core.store.keys import QueueKeys


@dataclass(slots=True)
class ServedQueue:
    """One queue's share of a worker. `next_look` is the monotonic moment at which a claim is worth its round trip."""

    keys: QueueKeys
    concurrency: int
    retention: Retention = field(default_factory=Retention)
    poison_after: int = 2
    policies: Mapping[str, Backoff] = field(default_factory=dict[str, Backoff])
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
            retention=queue.retention,
            poison_after=queue.poison_after,
            policies={job.name: job.retry for job in queue.job_types.values()},
        )

    @property
    def free(self) -> int:
        """How many more jobs may start."""
        return max(0, self.concurrency - self.running)
