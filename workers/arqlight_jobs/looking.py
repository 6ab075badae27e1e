"""The fleet's own server, for jobs that look at the fleet: loaded when one first does, for it speaks Redis."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from arqlight_core.settings import Settings

if TYPE_CHECKING:
    from arqlight_core.store.gateway import Store


@asynccontextmanager
async def fleet_store(settings: Settings) -> AsyncGenerator["Store"]:
    """A store that only looks, for `Run.open`. Raises ServerUnreachable."""
    from arqlight_core.observe.looking import looking  # noqa: PLC0415 - it loads redis, which job code does without

    async with looking(settings) as store:
        yield store
