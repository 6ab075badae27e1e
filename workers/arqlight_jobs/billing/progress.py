"""How far an attempt is, in percent: told to the job at once, written to the run now and then."""

from enum import Enum

from arqlight_core import clock
from arqlight_core.run import Run
from arqlight_jobs.billing.ledger import Ledger

SAVE_EVERY = 0.5
"""Seconds between two writes to the run's row; milestones are always written."""

REPORT_ROWS = 100
"""Rows after which progress is worth reporting."""


class Step(Enum):
    """The steps of an attempt, each with the percentages between which it moves."""

    PARSE = (0, 50)
    INSERT = (50, 75)
    RULES = (75, 90)
    RESULTS = (90, 100)

    @property
    def label(self) -> str:
        """Its name for people."""
        return self.name.lower()


class Progress:
    """A percentage that only grows."""

    def __init__(self, run: Run, ledger: Ledger) -> None:
        self._run = run
        self._ledger = ledger
        self._saved = 0
        self._saved_at = clock.monotonic()
        self.percent = 0

    def reach(self, step: Step, done: int, total: int) -> int:
        """The work has come this far within a step. Callable from any thread."""
        low, high = step.value
        share = (high - low) * min(done, total) // total if total else high - low
        self.percent = max(self.percent, low + share)
        self._run.progress(self.percent, 100, step.label)
        return self.percent

    async def save(self) -> None:
        """Write the percentage to the run unless that was just done."""
        if self.percent != self._saved and clock.monotonic() - self._saved_at >= SAVE_EVERY:
            await self.milestone()

    async def milestone(self) -> None:
        """Write the percentage to the run."""
        await self._ledger.save_progress(self.percent)
        self._saved, self._saved_at = self.percent, clock.monotonic()
