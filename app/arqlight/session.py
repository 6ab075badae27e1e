"""What most commands begin with: settings, a server (found, or our own started), a store on it."""

import getpass
import os
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager

from arqlight_core import rights
from arqlight_core.secrecy import Sealer
from arqlight_core.settings import Settings, load
from arqlight_core.store import connect, gateway
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys


def server_url(settings: Settings) -> str:
    """REDIS_URL, or the embedded server's address once it runs. Raises ServerUnreachable."""
    return settings.redis_url or EmbeddedServer.of(settings.data_dir).ensure()


@asynccontextmanager
async def reading(settings: Settings | None = None) -> AsyncGenerator[Store]:
    """A store on a server that answers and is new enough. What the server refuses comes out as an ArqlightError."""
    told = settings or load()
    chosen = (server_url(told), told.redis_max_retries, Sealer.of(told))
    store = await gateway.open_store(*chosen, read_only=told.read_only)
    try:
        with connect.explaining(store.url):
            yield store
    finally:
        await store.close()


@asynccontextmanager
async def writing(settings: Settings | None = None) -> AsyncGenerator[Store]:
    """The same, on a server that also promises not to evict what is written."""
    async with reading(settings) as store:
        await gateway.refuse_evicting(store)
        yield store


async def refuse_unfit(queues: Iterable[str], settings: Settings | None = None) -> None:
    """Raises an ArqlightError where workers of these declared queues could not do their work."""
    async with writing(settings) as store:
        await rights.refuse_serving(store, [QueueKeys.declared(name) for name in queues])


def actor() -> str:
    """Who acts, as the audit and every banner will name them: a context may say so, else the user of the machine."""
    told = os.environ.get("ARQLIGHT_ACTOR")
    if told:
        return told
    try:
        return getpass.getuser()
    except OSError:
        return "somebody"
