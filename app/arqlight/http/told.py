"""What is answered that is no view by itself, and what is told of views beside their fields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from arqlight_core.campaigns import CampaignRow, CampaignView
from arqlight_core.incidents import IncidentRow, IncidentView
from arqlight_core.jobs import State
from arqlight_core.observe import (
    Alert,
    BreakerView,
    BulkView,
    DeadLetter,
    Eta,
    FailedJob,
    HoldView,
    JobView,
    Metrics,
    QueueView,
    Reason,
    ScheduleView,
    Silence,
    Standing,
)
from arqlight_core.observe.server import Traffic

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


@dataclass(frozen=True, slots=True)
class HoldTold:
    """One standing hold, and of which queue."""

    queue: str
    hold: HoldView


@dataclass(frozen=True, slots=True)
class SilenceTold:
    """One silence by its id."""

    id: str
    silence: Silence


INSTEAD: Mapping[type, tuple[str, ...]] = {
    QueueTold: ("queue",),
    JobTold: ("job",),
    Standing: ("alert",),
    DeadLetter: ("row",),
    FailedJob: ("row",),
    HoldTold: ("hold",),
    SilenceTold: ("silence",),
    CampaignView: ("campaign",),
    IncidentView: ("incident",),
}
"""Views in whose place their own members are told."""

BESIDE: Mapping[type, tuple[str, ...]] = {
    Alert: ("severity",),
    BreakerView: ("condition",),
    BulkView: ("rate", "eta_ms"),
    CampaignRow: ("is_over", "share", "left", "eta_ms"),
    DeadLetter: ("outcome",),
    Eta: ("line",),
    IncidentRow: ("is_over",),
    Metrics: ("run_average_ms",),
    QueueView: ("condition",),
    ScheduleView: ("condition",),
    Traffic: ("hit_rate",),
}
"""What a view knows of itself that is no field of it."""
