"""A run as a handler sees it, without a fleet."""

from collections.abc import AsyncIterable, Iterable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any, TypeVar

from arqlight_core.declaration import JobType
from arqlight_core.enqueue import Enqueued
from arqlight_core.flow import OnFailure, Tally
from arqlight_core.run import Opener
from arqlight_core.settings import Settings

T = TypeVar("T")


class FakeRun:
    """A run as a handler sees it; what it opens is closed with `stack`, what it queues is in `queued`."""

    def __init__(self, settings: Settings, fence: int = 1, attempt: int = 1, job_id: str = "a-job") -> None:
        self.settings = settings
        self.fence = fence
        self.attempt = attempt
        self.job_id = job_id
        self.correlation_id = "test"
        self.children: Tally | None = None
        self.queued: list[tuple[str, Any]] = []
        self.delays: list[timedelta] = []
        """Of what is queued, in its order."""
        self.percents: list[int] = []
        self.lines: list[str] = []
        self.stack = AsyncExitStack()
        self._opened: dict[Opener[Any], Any] = {}

    def progress(self, done: int, total: int, stage: str = "") -> None:  # noqa: ARG002 - a run's own signature
        self.percents.append(100 * done // max(total, 1))

    def log(self, line: str) -> None:
        self.lines.append(line)

    async def open(self, opener: Opener[T]) -> T:
        if opener not in self._opened:
            self._opened[opener] = await self.stack.enter_async_context(opener(self.settings))
        return self._opened[opener]

    async def enqueue(self, job_type: JobType[Any] | str, payload: Any, *, delay: timedelta = timedelta(0)) -> Enqueued:
        name = job_type if isinstance(job_type, str) else job_type.name
        self.queued.append((name, payload))
        self.delays.append(delay)
        return Enqueued(f"job-{len(self.queued)}", new=True)

    async def spawn(
        self,
        job_type: JobType[Any] | str,
        payloads: Iterable[Any] | AsyncIterable[Any],
        *,
        on_failure: OnFailure = OnFailure.CONTINUE,  # noqa: ARG002 - as above
    ) -> int:
        given = [one async for one in payloads] if isinstance(payloads, AsyncIterable) else list(payloads)
        for payload in given:
            await self.enqueue(job_type, payload)
        return len(given)
