"""The job type that is queued by the posts of the benchmark; its effect is a line in a file."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TextIO

import msgspec

from arqlight_core.declaration import Queue
from arqlight_core.hook import Hook
from arqlight_core.policy import Backoff
from arqlight_core.run import Run
from arqlight_core.settings import Settings

SOURCE = "bench"
EFFECTS = "effects"
"""The file in the data folder, a line for each job that has run."""

posts = Queue("bench:posts", "Posts of the benchmark.", concurrency=20)


class Told(msgspec.Struct, frozen=True):
    """What a post tells."""

    number: int


@asynccontextmanager
async def _effects(settings: Settings) -> AsyncGenerator[TextIO]:
    with (settings.data_dir / EFFECTS).open("a", buffering=1) as file:
        yield file


@posts.job("bench.post", Told, timeout=timedelta(seconds=30), retry=Backoff(3), hook=Hook(SOURCE))
async def note(run: Run, told: Told) -> None:
    """Note that it has run."""
    (await run.open(_effects)).write(f"{told.number}\n")
