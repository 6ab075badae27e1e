"""What is answered that is no view by itself, and what is told of views beside their fields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from arqlight_core.jobs import State
from arqlight_core.observe import (
    Alert,
    BreakerView,
    BulkView,
    DeadLetter,
    JobView,
    QueueView,
    Reason,
    ScheduleView,
    Standing,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list."""

    items: Sequence[T]
    cursor: str = ""
    """Where the next page begins; '' where there is none."""
    total: int | None = None
    """How many there are on all pages; null where nobody counts."""
    at_ms: int | None = None
    """The server's clock when the page was read; null where each item has its own."""


@dataclass(frozen=True, slots=True)
class QueueTold:
    """One queue at a moment of the server's clock (ms)."""

    queue: QueueView
    at_ms: int


@dataclass(frozen=True, slots=True)
class JobTold:
    """One job, and in one sentence why it is where it is."""

    job: JobView
    why: str
    """The most binding reason."""


@dataclass(frozen=True, slots=True)
class WhyTold:
    """Why a job is where it is: in one sentence, and every reason that applies, the most binding first."""

    id: str
    state: State
    why: str
    reasons: tuple[Reason, ...]


INSTEAD: Mapping[type, tuple[str, ...]] = {
    QueueTold: ("queue",),
    JobTold: ("job",),
    Standing: ("alert",),
    DeadLetter: ("row",),
}
"""Views in whose place their own members are told."""

BESIDE: Mapping[type, tuple[str, ...]] = {
    Alert: ("severity",),
    BreakerView: ("condition",),
    BulkView: ("rate", "eta_ms"),
    DeadLetter: ("outcome",),
    QueueView: ("condition",),
    ScheduleView: ("condition",),
}
"""What a view knows of itself that is no field of it."""
