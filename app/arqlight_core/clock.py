"""The only place that reads the machine's clocks.

Scripts use the server's TIME; this clock serves durations, file names and dates of domain records.
"""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def now_ms() -> int:
    """The present moment in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def monotonic() -> float:
    """Seconds that only grow: for durations and deadlines inside one process."""
    return time.monotonic()


def from_ms(moment: float) -> datetime:
    """An aware UTC datetime from milliseconds since the epoch."""
    return datetime.fromtimestamp(moment / 1000, UTC)
