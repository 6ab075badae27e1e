"""Outlasts an outage of the server: who only looks on waits until it answers again, and says so."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import TypeVar

from arqlight import output
from arqlight_core.clock import monotonic
from arqlight_core.store.connect import OUTAGES, explained
from arqlight_core.store.gateway import Store

T = TypeVar("T")

ASK_EVERY = 1.0


def _nothing() -> None: ...


async def outlasted(
    store: Store, look: Callable[[], Awaitable[T]], patience: float = math.inf, before: Callable[[], None] = _nothing
) -> T:
    """What is seen, once the server answers; an outage that lasts longer than the patience (seconds) is raised.

    `before` is called before anything is said.
    """
    since = None
    while True:
        try:
            seen = await look()
        except OUTAGES as outage:
            if since is None:
                since = monotonic()
                before()
                output.complain(f"{explained(store.url, outage)} Waiting until it answers again ...")
            if monotonic() - since >= patience:
                raise
            await asyncio.sleep(ASK_EVERY)
            continue
        if since is not None:
            output.complain(f"The server answers again, after {output.age((monotonic() - since) * 1000)}.")
        return seen
