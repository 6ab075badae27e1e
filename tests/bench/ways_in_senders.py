"""Who sends files and posts in the benchmark of the ways in, and what they were answered."""

import asyncio
import math
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

import msgspec

from arqlight_core.clock import now
from arqlight_jobs.billing.samples import write_sample
from arqlight_jobs.outbound.signing import signed
from tests.bench.ways_in_client import Caller, Load
from tests.bench.ways_in_jobs import SOURCE
from tests.bench.ways_in_processes import SECRET
from tests.bench.ways_in_stage import Stage

SMALL_ROWS, LARGE_ROWS = 60, 5_000
"""A file of 10 kB for the load, so that the fleet keeps up; one of 1 MB for how long such a one takes."""

REDELIVERED = 10
"""Of so many posts one comes twice."""


class Asked(msgspec.Struct, frozen=True):
    """How much of what."""

    uploads: int = 1000
    per_second: int = 10
    """Uploads that are sent in a second; 0: each as soon as one is answered."""
    posts: int = 10_000
    clients: int = 20
    large: int = 20
    workers: int = 2
    faults: bool = False


@dataclass
class Sent:
    """What was sent, and what was answered."""

    uploads: Load = field(default_factory=lambda: Load(202))
    large: Load = field(default_factory=lambda: Load(202))
    posts: Load = field(default_factory=lambda: Load(200))
    runs: list[str] = field(default_factory=list[str])
    """The ids that uploads were answered with."""
    numbers: Counter[int] = field(default_factory=Counter[int])
    """How often each post was answered."""


class Senders:
    """Whoever sends files and posts, each with a token and a connection of its own."""

    def __init__(self, stage: Stage, asked: Asked, callers: list[Caller]) -> None:
        self.stage, self.asked, self.callers, self.sent = stage, asked, callers, Sent()

    async def uploads(self) -> None:
        """Files by all of them, one after the other by each."""
        load, body = self.sent.uploads, self._sample(SMALL_ROWS)
        async with self._trouble(load, {self.asked.uploads // 2: self.stage.kill_serving}):
            pace = self.asked.per_second or math.inf
            one = partial(self._upload, load, body)
            await load.all(self.callers, range(self.asked.uploads), one, pace)

    async def large(self) -> None:
        """Larger files by one of them."""
        load, body = self.sent.large, self._sample(LARGE_ROWS)
        await load.all(self.callers[:1], range(self.asked.large), partial(self._upload, load, body))

    async def posts(self) -> None:
        """Signed posts; of some the copy comes at the same time by another."""
        load, many = self.sent.posts, self.asked.posts

        async def one(caller: Caller, number: int) -> None:
            body = msgspec.json.encode({"type": "bench.told", "data": {"number": number}})
            path = f"/hooks/standard/{SOURCE}"
            await load.send(caller, lambda: (path, signed([SECRET], f"msg_{number}", now(), body), body))
            self.sent.numbers[number] += 1

        order = [number for number in range(many) for _ in range(2 if number % REDELIVERED == 0 else 1)]
        async with self._trouble(load, {many // 3: self.stage.kill_serving, 2 * many // 3: self.stage.kill_redis}):
            await load.all(self.callers, order, one)

    async def _upload(self, load: Load, body: bytes, caller: Caller, _number: int) -> None:
        told = await load.send(caller, lambda: ("/api/validations", {"Content-Type": "text/csv"}, body))
        self.sent.runs.append(msgspec.json.decode(told)["validationId"])

    def _sample(self, rows: int) -> bytes:
        path = self.stage.folder / "sample.csv"
        write_sample(path, rows, {})
        return path.read_bytes()

    @asynccontextmanager
    async def _trouble(self, load: Load, planned: dict[int, Callable[[], Awaitable[None]]]) -> AsyncGenerator[None]:
        """With faults, what is planned once so much was answered; it is over before this is."""

        async def play() -> None:
            for many, act in planned.items():
                while len(load.took) < many:  # noqa: ASYNC110 - many things count up
                    await asyncio.sleep(0.01)
                await act()

        playing = asyncio.create_task(play()) if self.asked.faults else None
        yield
        if playing:
            await playing
