"""From when on something is worth an operator's attention, and how the bounds are written: `depth=5000, age=30m`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from typing import Any

from arqlight_core.errors import UsageError
from arqlight_core.policy.durations import MINUTE, span
from arqlight_core.policy.spelling import read_whole

OFF = "off"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What may be before it is told; None: it is never told. `of` has the bounds of queues that have their own."""

    depth: int | None = 10_000
    """Waiting jobs of a queue."""
    age: timedelta | None = 15 * MINUTE
    """How long a queue's oldest job has been due."""
    failing: float | None = 0.5
    """Of a queue's attempts of the last minutes, the share that failed (0 to 1)."""
    dead: int | None = 1
    """Dead letters of a queue."""
    overdue: timedelta | None = 3 * MINUTE
    """How long a schedule's tick has been due."""
    memory: float | None = 0.85
    """The share of the server's memory that is used (0 to 1)."""
    hold: int | None = 3
    """At how many of the fleet's looks in a row something is there before it is raised."""
    gone: int | None = 3
    """At how many looks in a row it is not there before it is cleared."""
    of: Mapping[str, "Thresholds"] = field(default_factory=dict[str, "Thresholds"])

    def of_queue(self, queue: str) -> "Thresholds":
        """Those that count for a queue."""
        return self.of.get(queue, self)


def _share(text: str) -> float:
    number = text.removesuffix("%").strip()
    if not number.isascii() or not number.isdigit() or not 1 <= int(number[:4]) <= 100:  # noqa: PLR2004 - percent
        raise UsageError(f"{text!r} is no share; write one from 1% to 100%.")
    return int(number) / 100


_READERS: dict[str, Callable[[str], object]] = {
    "depth": read_whole,
    "age": span,
    "failing": _share,
    "dead": read_whole,
    "overdue": span,
    "memory": _share,
    "hold": read_whole,
    "gone": read_whole,
}
_OF_QUEUES = ("depth", "age", "failing", "dead", "overdue")
NAMES = tuple(one.name for one in fields(Thresholds) if one.name != "of")


def read_thresholds(text: str) -> Thresholds:
    """The bounds named in `depth=5000, age=off, crm:mail age=2h`, over the usual ones. Raises UsageError."""
    told = Thresholds()
    named: dict[str, dict[str, Any]] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        queue, name, value = _parted(part)
        named.setdefault(queue, {})[name] = value
    told = replace(told, **named.pop("", {}))
    return replace(told, of={queue: replace(told, **own) for queue, own in named.items()})


def _parted(part: str) -> tuple[str, str, Any]:
    """Queue ('': all), name and value of one bound."""
    left, _, value = (piece.strip() for piece in part.partition("="))
    queue, _, name = left.rpartition(" ")
    known = _OF_QUEUES if queue else NAMES
    if name not in known or not value:
        where = f" of queue {queue.strip()}" if queue else ""
        raise UsageError(f"{part!r} is no threshold{where}, such as age=30m or age=off; they are: {', '.join(known)}.")
    try:
        return queue.strip(), name, None if value.lower() == OFF else _READERS[name](value)
    except UsageError as problem:
        raise UsageError(f"{part!r} does not fit: {problem}") from problem
