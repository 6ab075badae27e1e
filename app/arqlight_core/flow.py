"""The words of a flow: a job that queues children, and goes on when they have ended.

Every child knows its parent and its number among the children, so that its end is counted once, whatever happens.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class OnFailure(StrEnum):
    """What the death of a child means for its parent."""

    CONTINUE = "continue"
    """It is counted, and the parent goes on when all have ended."""
    FAIL = "fail"
    """The parent is dead at once; the other children run on."""


@dataclass(frozen=True, slots=True)
class Parent:
    """Whom a child's end is told. `life` is when the parent was queued (ms): an id may be used again.

    `fatal`: the child's death is the parent's, too.
    """

    queue: str
    job_id: str
    life: int
    number: int
    fatal: bool = False

    def __str__(self) -> str:
        return f"{self.queue}\n{self.job_id}\n{self.life}.{self.number}{'!' if self.fatal else ''}"

    @classmethod
    def of(cls, text: str) -> "Parent":
        """What `str` wrote. Raises ValueError."""
        queue, _, rest = text.partition("\n")
        job_id, _, place = rest.rpartition("\n")
        life, _, number = place.removesuffix("!").partition(".")
        return cls(queue, job_id, int(life), int(number), place.endswith("!"))


@dataclass(frozen=True, slots=True)
class Kinship:
    """What travels with a job beside its payload. `origin` is the job whose handler queued it as a follow-up."""

    correlation_id: str = ""
    parent: Parent | None = None
    origin: str = ""


def descendant(own: str, life: int, place: str) -> str:
    """The id, within its queue, of what a job queues: the same call of the same life means the same job."""
    return f"{own}/{life:x}.{place}"


@dataclass(frozen=True, slots=True)
class Tally:
    """How many children a job has, and how those that have ended did."""

    total: int
    completed: int = 0
    dead: int = 0
    cancelled: int = 0

    @property
    def ended(self) -> int:
        """How many have ended."""
        return self.completed + self.dead + self.cancelled

    @property
    def open(self) -> int:
        """How many have not."""
        return self.total - self.ended


@dataclass(frozen=True, slots=True)
class Brood:
    """The children of one spawn: their job type and queue, the number of the first, and how many there are by now."""

    job_type: str
    queue: str
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Flow:
    """A parent's children, as the store has them. `waits` is how often the parent has waited for them.

    `fatal` children died that may not; `first_fatal` is the number of the first, -1 when it has been mended since.
    """

    life: int
    tally: Tally
    broods: tuple[Brood, ...]
    waits: int = 0
    fatal: int = 0
    first_fatal: int = -1
    begun_ms: int = 0
    ended_ms: int = 0

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> "Flow | None":
        """What the store's hash means; None when there is none."""
        if "life" not in fields:
            return None
        told = {name: int(value) for name, value in fields.items() if not name.startswith(("type:", "queue:"))}
        total, completed, dead, cancelled = (told.get(name, 0) for name in ("total", "completed", "dead", "cancelled"))
        return cls(
            life=told["life"],
            tally=Tally(total, completed, dead, cancelled),
            broods=_broods(fields, total),
            waits=told.get("waits", 0),
            fatal=told.get("fatal", 0),
            first_fatal=told.get("first_fatal", -1),
            begun_ms=told.get("begun", 0),
            ended_ms=told.get("ended", 0),
        )

    def brood_of(self, number: int) -> Brood | None:
        """The brood that a child belongs to."""
        return next((brood for brood in self.broods if 0 <= number - brood.first < brood.count), None)


def _broods(fields: Mapping[str, str], total: int) -> tuple[Brood, ...]:
    spawns = range(sum(name.startswith("first:") for name in fields))
    firsts = [int(fields[f"first:{spawn}"]) for spawn in spawns]
    counts = [after - first for first, after in zip(firsts, [*firsts[1:], total], strict=True)] if firsts else []
    kinds = ((fields[f"type:{spawn}"], fields[f"queue:{spawn}"]) for spawn in spawns)
    return tuple(Brood(*kind, *place) for kind, place in zip(kinds, zip(firsts, counts, strict=True), strict=True))
