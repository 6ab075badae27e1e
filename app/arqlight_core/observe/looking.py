"""For programs that only look: a store that refuses to change anything."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from arqlight_core.secrecy import Sealer
from arqlight_core.settings import Settings
from arqlight_core.store import gateway
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import Store


@asynccontextmanager
async def looking(settings: Settings) -> AsyncGenerator[Store]:
    """A store on the server of these settings, which must be up. Raises ServerUnreachable or ServerRefused."""
    url = settings.redis_url or EmbeddedServer.of(settings.data_dir).url
    store = await gateway.open_store(url, settings.redis_max_retries, Sealer.of(settings), read_only=True)
    try:
        yield store
    finally:
        await store.close()
