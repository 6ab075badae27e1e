"""When work begins by itself."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class CatchUp(Enum):
    """What becomes of ticks that nobody was there for."""

    SKIP = "skip"
    ONE = "one"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Schedule:
    """A job of `job_type` at every tick of a cron expression in a named time zone, exactly once in the whole fleet.

    An empty time zone is the fleet's (ARQ_TIMEZONE). `at_most` bounds how many missed ticks CatchUp.ALL runs.
    """

    name: str
    cron: str
    job_type: str
    payload: dict[str, Any] = field(default_factory=dict[str, Any])
    timezone: str = ""
    catch_up: CatchUp = CatchUp.ONE
    at_most: int = 10
