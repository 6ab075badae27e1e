"""Whether it lives, whether what it needs answers, and the page that Prometheus reads."""

import asyncio
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response
from litestar.enums import HttpMethod
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from arqlight.http.opened import Opened
from arqlight.http.problems import RETRY_AFTER
from arqlight.http.routes import TheOpened, TheStore, routed, seen
from arqlight_core.errors import ArqlightError
from arqlight_core.observe.exposition import CONTENT_TYPE, exposition
from arqlight_core.store.gateway import OUTAGES, Store
from arqlight_jobs.healer.records import records

PATIENCE_S = 2.0
"""How long a dependency may take to answer before it counts as away."""


@dataclass(frozen=True, slots=True)
class Alive:
    """This process answers."""

    status: str = "ok"


@dataclass(frozen=True, slots=True)
class Ready:
    """Whether what it needs answers: each is ok or away."""

    status: str
    """ready or not ready."""
    redis: str
    database: str


@routed(HttpMethod.GET, "/health", None, tag="health")
async def health() -> Alive:
    """This process lives. It says nothing of what it needs: /ready does."""
    return Alive()


@routed(HttpMethod.GET, "/ready", None, tag="health")
async def ready(store: TheStore, opened: TheOpened) -> Response[Ready]:
    """Whether Redis and the database answer: 200, or 503 with what does not."""
    redis, database = await _redis(store), await _database(opened)
    if redis == database == "ok":
        return Response(Ready("ready", redis, database))
    return Response(Ready("not ready", redis, database), status_code=503, headers={"Retry-After": RETRY_AFTER})


async def _redis(store: Store) -> str:
    try:
        async with asyncio.timeout(PATIENCE_S):
            await store.ping()
    except (*OUTAGES, ArqlightError, TimeoutError):
        return "away"
    return "ok"


async def _database(opened: Opened) -> str:
    try:
        async with asyncio.timeout(PATIENCE_S):
            engine = (await opened.records(records)).engine
            async with engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError, ArqlightError, TimeoutError):
        return "away"
    return "ok"


@seen("/metrics", tag="health")
async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The page that Prometheus reads; it brings a viewer's token."""
    return Response(await exposition(request.app.state.metered), headers={"Content-Type": CONTENT_TYPE})


HEALTH = [health, ready, metrics]
