"""`--watch`: what a command shows is shown again each second, until it is interrupted."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

from cyclopts import Parameter

from arqlight.commands.outlasting import outlasted
from arqlight_core.store.gateway import Store

T = TypeVar("T")

Watch = Annotated[bool, Parameter(negative="")]

EVERY = 1.0
_HOME_AND_CLEAR = "\x1b[H\x1b[J"


async def watched(store: Store, look: Callable[[], Awaitable[T]], show: Callable[[T], None], *, watch: bool) -> None:
    """Look and show once; with `watch`, each second, on a terminal always in the same place, through outages too."""
    show(await look())
    while watch:
        sys.stdout.flush()  # a pipe would keep it to itself
        await asyncio.sleep(EVERY)
        seen = await outlasted(store, look)
        if sys.stdout.isatty():
            sys.stdout.write(_HOME_AND_CLEAR)
        show(seen)
