"""What the demonstration asks of each system that it shows: a world of its own, traffic, and an account of it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from arqlight.demo.account import Account
from arqlight.demo.providers import Providers
from arqlight.demo.telling import Section
from arqlight.demo.weather import Weather
from arqlight_core.declaration import JobType
from arqlight_core.enqueue import known_id
from arqlight_core.operations.enqueueing import submit
from arqlight_core.settings import Settings
from arqlight_core.store.gateway import Store

Cue = Callable[..., Awaitable[None]]
"""Something that a scenario can have a system do."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What traffic stands on. Every job that it queues is to be in the account."""

    store: Store
    settings: Settings
    account: Account
    providers: Providers
    weather: Weather
    scratch: Path
    """A folder for what the world needs on the disk."""
    fleet: int
    """The process that the workers are children of."""
    calm: bool = False
    """Whether nothing breaks by itself."""
    cues: dict[str, Cue] = field(default_factory=dict[str, Cue])
    """What can be asked of the systems, by name; each adds its own when it is opened."""
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the cues can be heeded: the shops know their customers then."""

    async def queue(self, known: JobType[Any], payload: Any, flow: str = "") -> str:
        """Queue a job, and with a correlation id have all that follows from it in the account; answers its id."""
        queued = await submit(self.store, known, payload, self.settings, correlation_id=flow)
        if queued.new:
            self.account.add(queued.job_id, known.queue.name, known.name)
        if flow:
            self.account.follow(flow)
        return queued.job_id

    async def note(self, known: JobType[Any], payload: Any) -> None:
        """Have a job in the account that somebody else has queued, and all that belongs with it."""
        await self.note_id(known_id(known, payload))

    async def note_id(self, job_id: str) -> None:
        """The same of a job of this id."""
        [view] = await self.account.add_named(self.store, [job_id])
        if view is not None:
            self.account.follow(view.correlation_id)


class Traffic(Protocol):
    """What one system sends while the show goes on."""

    @property
    def settled(self) -> bool:
        """Whether all that is worth waiting for has ended."""
        ...

    async def run(self) -> None:
        """Send, until told to wind down or cancelled."""
        ...

    def wind_down(self) -> None:
        """Begin nothing new, and see to what is under way."""
        ...

    async def look(self) -> None:
        """See what has become of what was sent, and do what follows; every second, and once more at the end."""
        ...

    def section(self) -> Section | None:
        """Its own part of the summary, where the account of jobs does not say it all."""
        ...


@dataclass(frozen=True, slots=True)
class System:
    """One system of the show. Its world stands as long as the context manager is open, and leaves nothing behind."""

    queues: Sequence[str]
    opened: Callable[[Ground], AbstractAsyncContextManager[Traffic]]
