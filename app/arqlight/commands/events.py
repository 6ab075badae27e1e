"""`arqlight events`: what has happened, and what happens now."""

import asyncio
import json as jsonlib
import sys
from collections.abc import Iterable
from contextlib import aclosing
from dataclasses import asdict
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from arqlight import output
from arqlight.session import reading
from arqlight_core import observe
from arqlight_core.clock import from_ms
from arqlight_core.observe import Event

LOOK_EVERY = 0.5
_LONGEST_MOMENT = 14
"""Digits of a moment (ms) that calendars have a date for."""


async def events(
    queue: str = "",
    /,
    *,
    follow: bool = False,
    count: Annotated[int, Parameter(validator=Number(gte=1, lte=1000))] = 50,
    json: bool = False,
) -> None:
    """The newest events of a queue, or of all: retries, dead letters, pauses, live settings, requests to workers.

    Args:
        queue: The queue's name.
        follow: Go on with what happens from now on, until interrupted.
        count: How many to begin with.
        json: Print JSON, one object a line.
    """
    async with reading() as store, aclosing(observe.follow(store, queue or None, count)) as told:
        async for some in told:
            _print(some, json=json)
            if not follow:
                break
            await asyncio.sleep(LOOK_EVERY)


def _print(told: Iterable[Event], *, json: bool) -> None:
    for event in told:
        output.say(jsonlib.dumps(asdict(event), ensure_ascii=False) if json else _line(event))
    sys.stdout.flush()  # a pipe would keep what follows to itself


def _line(event: Event) -> str:
    when = from_ms(event.at_ms).astimezone().strftime("%m-%d %H:%M:%S")
    told = "  ".join(f"{name}={_spoken(name, text)}" for name, text in event.told.items() if text not in ("", "0"))
    return output.visible(f"{when}  {event.queue or 'fleet'}  {event.kind}  {told}")


def _spoken(name: str, text: str) -> str:
    if name != "until" or not text.isdecimal() or len(text) > _LONGEST_MOMENT:
        return text
    return from_ms(int(text)).astimezone().strftime("%m-%d %H:%M:%S")
