"""Every Redis key, as a function: arq's own, unchanged, and ours under `arqlight:` with the queue's hash tag."""

import re
from dataclasses import dataclass
from functools import lru_cache

_DECLARED = re.compile(r"^arq:\{(?P<name>[^{}]+)\}$")
_TAGGED_ID = re.compile(r"^\{(?P<name>[^{}]+)\}:")

QUEUES = "arqlight:queues"
"""Hash: queue name -> its published declaration (JSON)."""

WORKERS = "arqlight:workers"
"""Sorted set: worker id -> last heartbeat (ms)."""

ABORTS = "arq:abort"
"""Sorted set, arq's own: id of a job that a stock handle wants to abort -> when it said so (ms)."""


def worker(worker_id: str) -> str:
    """What a worker process last said of itself (JSON), gone when it stops saying so."""
    return f"arqlight:worker:{worker_id}"


def tree(correlation_id: str) -> str:
    """Sorted set: job that belongs to this correlation id -> when it was queued (ms)."""
    return f"arqlight:tree:{correlation_id}"


class SharedKeys:
    """What queues share, under one tag: limits, dependencies' breakers, keys of which one job runs at a time.

    Orders of operators stand there too: live settings, and requests to workers.
    """

    name = ""
    wire = "arqlight:{shared}"
    prefix = "arqlight:{shared}:"
    both = (wire, prefix)
    events = f"{prefix}events"


SHARED = SharedKeys()


@dataclass(frozen=True, slots=True)
class QueueKeys:
    """The keys of one queue. `wire` is the name arq uses: the key of the queue's zset."""

    wire: str

    @classmethod
    def declared(cls, name: str) -> "QueueKeys":
        """The keys of a queue of ours: `crm:message` is `arq:{crm:message}` on the wire."""
        return cls(f"arq:{{{name}}}")

    @property
    def name(self) -> str:
        """What people call the queue."""
        match = _DECLARED.match(self.wire)
        return match["name"] if match else self.wire

    @property
    def prefix(self) -> str:
        """What all our own keys of this queue begin with."""
        return f"arqlight:{{{self.name}}}:"

    @property
    def both(self) -> tuple[str, str]:
        """KEYS[1] and KEYS[2] of every script."""
        return self.wire, self.prefix

    @property
    def wake(self) -> str:
        """The channel on which the queue says that a job may be due."""
        return f"{self.prefix}wake"

    def index(self, state: str) -> str:
        """Sorted set of a state's jobs; waiting ones are in the queue's own zset."""
        return f"{self.prefix}{state}"

    @property
    def events(self) -> str:
        """The capped stream of notable events."""
        return f"{self.prefix}events"

    @property
    def paused(self) -> str:
        """Hash, there while claims are stopped: by, reason, at."""
        return f"{self.prefix}paused"

    @property
    def trash(self) -> str:
        """Sorted set: purge operation -> when it began (ms)."""
        return f"{self.prefix}trash"

    def trash_note(self, operation: str) -> str:
        """What a purge moved to the trash: state, jobs, by, reason, at."""
        return f"{self.prefix}trash:{operation}:note"

    @property
    def reports(self) -> str:
        """The stream of ends of children that their parents have not been told yet."""
        return f"{self.prefix}reports"

    def job_id(self, own: str) -> str:
        """An id that carries the queue's hash tag, so that a cluster keeps the job beside its queue."""
        return f"{{{self.name}}}:{own}"


def queue_of(job_id: str) -> str | None:
    """The queue's name that a job id of ours carries; None for an id that a stock producer made."""
    match = _TAGGED_ID.match(job_id)
    return match["name"] if match else None


def own_id(job_id: str) -> str:
    """A job's id within its queue."""
    return _TAGGED_ID.sub("", job_id)


def id_of(raw: bytes) -> str:
    """A job id as the server has it. A producer may have used any bytes: they come back from this text as they were."""
    return raw.decode(errors="surrogateescape")


@lru_cache(maxsize=1024)
def word(name: bytes) -> str:
    """A name that scripts write, such as a counter's or a field's, as one string wherever and whenever it is read."""
    return name.decode()
