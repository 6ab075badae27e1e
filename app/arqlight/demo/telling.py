"""What the demonstration's two processes tell each other: one has the stage and the world, the other the screen."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the summary: `facts` for programs, a table and a sentence for people."""

    name: str
    facts: Mapping[str, Any]
    sentence: str
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[Any]] = field(default=())
    wrong: bool = False
    """Something came out as it never must: the demonstration has failed."""


Story = Literal["provider-outage", "bad-deploy", "burst", "quiet"]
"""The scenarios, by name: here because all of their acts take a while to load."""


class Wanted(msgspec.Struct, frozen=True):
    """What is to be shown, and for how many seconds: until told to end, or headless for as long as a scenario lasts."""

    scratch: str
    processes: int = 2
    headless: bool = False
    seconds: float | None = None
    scenario: Story | None = None


class Standing(msgspec.Struct, frozen=True, tag=True):
    """The stage stands: the variables that lead to it, the server's address, the fleet's process."""

    told: dict[str, str]
    url: str
    fleet: int
    server: str
    """The data folder of a server that goes with the stage; empty where it is somebody's."""


class Said(msgspec.Struct, frozen=True, tag=True):
    """Something happens that people should know of."""

    text: str
    at: float
    """Seconds since the beginning."""


class Over(msgspec.Struct, frozen=True, tag=True):
    """It has ended, and this is its account."""

    summary: dict[str, Any]
    sections: list[Section]
    seconds: float
    failed: bool


class Problem(msgspec.Struct, frozen=True, tag=True):
    """It could not begin, or could not go on; without a sentence it was told to go."""

    sentence: str
    status: int


Told = Standing | Said | Over | Problem


@dataclass(frozen=True, slots=True)
class Line:
    """The way to whoever has started this process; `number` is a file."""

    number: int

    def tell(self, told: Told) -> None:
        """Write it; nothing happens when nobody listens any more."""
        with suppress(BrokenPipeError):
            left = msgspec.json.encode(told) + b"\n"
            while left:
                left = left[os.write(self.number, left) :]
