"""What a handler knows of its attempt, and what it may say and ask while it runs."""

from collections.abc import AsyncIterable, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from arqlight_core.flow import OnFailure, Tally
from arqlight_core.settings import Settings

if TYPE_CHECKING:
    from arqlight_core.declaration import JobType
    from arqlight_core.enqueue import Enqueued

T = TypeVar("T")
Opener = Callable[[Settings], AbstractAsyncContextManager[T]]


class Run(Protocol):
    """One attempt, as its handler sees it."""

    @property
    def job_id(self) -> str:
        """The id of the job."""
        ...

    @property
    def attempt(self) -> int:
        """1 for the first attempt; deferrals and shutdowns do not count."""
        ...

    @property
    def fence(self) -> int:
        """A number that grows with every claim in the queue: a resource can refuse writers with a lower one."""
        ...

    @property
    def correlation_id(self) -> str:
        """What ties the jobs of one incident or campaign together; passed on to follow-ups and outbound requests."""
        ...

    def progress(self, done: int, total: int, stage: str = "") -> None:
        """Say how far the work is. Cheap and callable from any thread; written to the server now and then."""
        ...

    def log(self, line: str) -> None:
        """Add a line to the job's own log. Never a secret or a person's data."""
        ...

    async def open(self, opener: Opener[T]) -> T:
        """A resource of the process, such as an engine: opened on first use, shared, closed when the process ends."""
        ...

    async def enqueue(
        self, job_type: "JobType[Any] | str", payload: Any, *, delay: timedelta = timedelta(0)
    ) -> "Enqueued":
        """Queue a job of a type that this one names in its follow_ups; the correlation id travels with it.

        In another run of the same job the same call queues nothing new: calls are told apart by their order, and by
        whether the children had ended. Raises UsageError or PayloadInvalid.
        """
        ...

    async def spawn(
        self,
        job_type: "JobType[Any] | str",
        payloads: Iterable[Any] | AsyncIterable[Any],
        *,
        on_failure: OnFailure = OnFailure.CONTINUE,
    ) -> int:
        """Queue a child for each payload, five hundred at a time; answers how many there are.

        Cut off in the middle, the job's next run goes on where this one was: the payloads must then come in the same
        order. Several spawns may follow one another; then `raise AwaitChildren()`. A spawn that was complete before
        takes no payload and queues nothing. Raises UsageError or PayloadInvalid.
        """
        ...

    @property
    def children(self) -> Tally | None:
        """How the children ended, in the run after they were waited for; None before."""
        ...
