"""One enqueue for each key: a second one is refused, and told which job holds the key."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any


class Mode(StrEnum):
    """What frees a key."""

    SIMPLE = "simple"
    """The end of the job that holds it, or the time."""
    THROTTLE = "throttle"
    """The time alone: at most one enqueue in each span."""
    DEBOUNCE = "debounce"
    """As simple; but while its job is still scheduled, a new enqueue replaces the payload and starts the delay anew."""


@dataclass(frozen=True, slots=True)
class Unique:
    """`by` gives the key of a payload; without it, the payload itself is the key."""

    ttl: timedelta
    mode: Mode = Mode.SIMPLE
    by: Callable[[Any], str] | None = None
