"""How the process is: memory, processor, open files, and how late its event loop runs."""

import os
from typing import Any

import psutil

from arqlight_core.clock import monotonic

SAMPLE_EVERY = 0.2


class Vitals:
    """Sampled often and told with each heartbeat, since when the longest lateness counts."""

    def __init__(self) -> None:
        self._process = psutil.Process(os.getpid())
        self._process.cpu_percent()  # the first answer has nothing to compare with
        self._expected: float | None = None
        self._lag = 0.0

    async def sample(self) -> str:
        """Take note of how much later than wanted this came."""
        moment = monotonic()
        late = 0.0 if self._expected is None else max(0.0, moment - self._expected)
        self._lag = max(self._lag, late)
        self._expected = moment + SAMPLE_EVERY
        return f"{late * 1000:.0f} ms late"

    def told(self) -> dict[str, Any]:
        """RSS in bytes, processor in percent of one core, files and connections open, lag (ms) since the last time."""
        lag, self._lag = self._lag, 0.0
        with self._process.oneshot():
            return {
                "rss": self._process.memory_info().rss,
                "cpu": self._process.cpu_percent(),
                "open_files": self._process.num_fds(),
                "lag_ms": round(lag * 1000, 1),
            }
