"""What a handler holds of its own run: ids, progress, log lines, and resources shared by the process."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any, TypeVar

from arqlight_core.codec import encodable
from arqlight_core.declaration import JobType
from arqlight_core.enqueue import Enqueued
from arqlight_core.errors import UsageError
from arqlight_core.flow import OnFailure, Tally
from arqlight_core.jobs import ClaimedJob
from arqlight_core.run import Opener
from arqlight_core.settings import Settings
from arqlight_fleet.family import Family, Payloads

T = TypeVar("T")

_LINES_KEPT = 200
"""As many as progress.lua keeps of a job."""


class Resources:
    """What the handlers of a process share: each opened once, on first use, and closed with the process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stack = AsyncExitStack()
        self._opened: dict[Opener[Any], asyncio.Task[Any]] = {}

    async def get(self, opener: Opener[T]) -> T:
        """The resource; all who ask while it opens wait for the same opening. A failed opening is tried again."""
        opening = self._opened.get(opener)
        if opening is None or (opening.done() and opening.exception() is not None):
            opening = asyncio.create_task(self._stack.enter_async_context(opener(self._settings)))
            self._opened[opener] = opening
        return await asyncio.shield(opening)

    async def close(self) -> None:
        """Close everything that was opened, newest first."""
        self._opened.clear()
        await self._stack.aclose()


class RunHandle:
    """The Run that a handler gets. `progress` and `log` only note; the worker writes what is new now and then."""

    __slots__ = (
        "_attempt",
        "_claimed",
        "_resources",
        "changed",
        "correlation_id",
        "done",
        "family",
        "lines",
        "stage",
        "total",
    )

    def __init__(self, claimed: ClaimedJob, attempt: int, resources: Resources) -> None:
        self._claimed = claimed
        self._attempt = attempt
        self._resources = resources
        self.correlation_id = ""
        self.family: Family | None = None
        self.done, self.total, self.stage = 0, 0, ""
        self.lines: list[str] = []
        self.changed = False

    @property
    def job_id(self) -> str:
        """The id of the job."""
        return self._claimed.lease.job_id

    @property
    def attempt(self) -> int:
        """1 for the first attempt."""
        return self._attempt

    @property
    def fence(self) -> int:
        """The fence of the lease this run holds."""
        return self._claimed.lease.fence

    def progress(self, done: int, total: int, stage: str = "") -> None:
        """Note how far the work is."""
        self.done, self.total, self.stage = done, total, encodable(stage)
        self.changed = True

    def log(self, line: str) -> None:
        """Note a line for the job's log."""
        self.lines.append(encodable(line))
        del self.lines[:-_LINES_KEPT]
        self.changed = True

    async def open(self, opener: Opener[T]) -> T:
        """A resource of the process."""
        return await self._resources.get(opener)

    @property
    def children(self) -> Tally | None:
        """How the children ended; None before they were waited for."""
        return self.family.children if self.family else None

    @property
    def cannot_wait(self) -> str:
        """Why this run cannot wait for children; '' when it can."""
        if self.family is None:
            return "waits for children, and its job type declares no follow_ups"
        return "waits for children that have all ended: run.children tells" if self.children else ""

    async def enqueue(self, job_type: JobType[Any] | str, payload: Any, *, delay: timedelta = timedelta(0)) -> Enqueued:
        """Queue a follow-up."""
        return await self._kin().enqueue(job_type, payload, delay)

    async def spawn(
        self, job_type: JobType[Any] | str, payloads: Payloads[Any], *, on_failure: OnFailure = OnFailure.CONTINUE
    ) -> int:
        """Queue a child for each payload."""
        return await self._kin().spawn(job_type, payloads, on_failure)

    def _kin(self) -> Family:
        if self.family is None:
            raise UsageError("Only a declared job type that names its follow_ups can queue other jobs.")
        return self.family

    def take_lines(self) -> list[str]:
        """The lines not yet written."""
        lines, self.lines = self.lines, []
        return lines
