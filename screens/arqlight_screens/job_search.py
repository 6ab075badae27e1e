"""A search through all jobs of a state, as far as it has come: what it found, and how far it has looked."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from arqlight_core.jobs import State
from arqlight_core.observe import Found, JobRow
from arqlight_core.operations import Selection
from arqlight_screens.lines import Line, Part

MOST = 5_000
"""Jobs that a search finds before it stops by itself: nobody reads more, and the screen has to hold them."""
_ENDED = (State.DEAD, State.CANCELLED, State.COMPLETED)


class Progress(StrEnum):
    """How a search stands."""

    RUNNING = "running"
    STOPPED = "stopped"
    FULL = "full"
    DONE = "done"


class Search:
    """One search; `typed` is what was asked for, `total` how many jobs there were to look at when it began."""

    def __init__(self, selection: Selection, typed: str, total: int) -> None:
        self.selection, self.typed, self.total = selection, typed, total
        self.cursor, self.looked, self.at_ms = "", 0, selection.moment_ms
        self.progress = Progress.RUNNING
        self._found: dict[str, JobRow] = {}

    @property
    def is_running(self) -> bool:
        """Whether there is more to look at."""
        return self.progress is Progress.RUNNING

    @property
    def is_whole(self) -> bool:
        """Whether all jobs were looked at: then what was found is all that there is."""
        return self.progress is Progress.DONE

    def add(self, found: Found) -> None:
        """Take what another stretch of the way has brought."""
        self._found |= {row.id: row for row in found.rows}
        self.cursor, self.looked, self.at_ms = found.cursor, self.looked + found.looked, found.at_ms
        if not self.is_running:
            return  # it was stopped while this was on its way
        if not found.cursor:
            self.progress = Progress.DONE
        elif len(self._found) >= MOST:
            self.progress = Progress.FULL

    def refresh(self, asked: Sequence[str], now: Mapping[str, JobRow], at_ms: int) -> None:
        """Take rows that were read again; those of them that have left the state are found no more."""
        self.at_ms = at_ms
        for job_id in asked:
            if job_id in now:
                self._found[job_id] = now[job_id]
            else:
                self._found.pop(job_id, None)

    def stop(self) -> None:
        """Look no further."""
        if self.is_running:
            self.progress = Progress.STOPPED

    @property
    def rows(self) -> list[JobRow]:
        """What was found, in the order of the list: a walk meets what ended first first, a list shows it last."""
        rows = list(self._found.values())
        return rows[::-1] if self.selection.state in _ENDED else rows

    @property
    def line(self) -> Line:
        """How many were found, and how far it has looked."""
        total = max(self.total, self.looked)
        state = self.selection.state
        end = self.progress is Progress.DONE
        seen = f"all {self.looked:,} {state} jobs" if end else f"{self.looked:,} of {total:,} {state} jobs"
        told = {
            Progress.RUNNING: (Part(" · esc stops", "dim"),),
            Progress.STOPPED: (Part(" · stopped: the rest is unknown", "warn"),),
            Progress.FULL: (Part(" · stopped at so many: say more to find fewer", "warn"),),
            Progress.DONE: (),
        }[self.progress]
        mark = "…" if self.is_running else "✓" if end else "!"
        return (
            Part(f" {mark} search ", "busy"),
            Part(self.typed, "strong"),
            Part(f": {len(self._found):,} found, {seen} looked at"),
            *told,
        )
