"""The way from the control room to the records of a domain: loaded and opened when they are first asked for."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from arqlight_core.domains import Order, Question
from arqlight_core.errors import ArqlightError, DatabaseUnreachable
from arqlight_core.settings import Settings, load
from arqlight_core.store.gateway import Store

T = TypeVar("T")


class RecordsAway(ArqlightError):
    """The database of domain records does not answer."""


class Domains:
    """What is open of each domain. Questions are in its `answers`, orders in `arqlight.orders`."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or load()
        self._open = AsyncExitStack()
        self._records: dict[str, Any] = {}
        self._opening = asyncio.Lock()

    async def told(self, question: Question[T], **arguments: Any) -> T:
        """What the domain answers. Raises RecordsAway, and what the domain raises."""
        known = await asyncio.to_thread(import_module, f"arqlight_jobs.{question.domain}.answers")
        async with _explaining():
            records = await self._opened(question.domain, known)
            return await known.ANSWERS[question.name](records, **arguments)

    async def ordered(self, order: Order, store: Store, actor: str, **arguments: Any) -> str:
        """Have it done, and say what came of it. Raises RecordsAway, and what the domain raises."""
        known = await asyncio.to_thread(import_module, f"arqlight_jobs.{order.domain}.answers")
        orders = await asyncio.to_thread(import_module, f"arqlight.orders.{order.domain}")
        async with _explaining():
            records = await self._opened(order.domain, known)
            return await orders.ORDERS[order.name](store, records, actor, **arguments)

    async def close(self) -> None:
        """Let go of the records."""
        await self._open.aclose()

    async def _opened(self, domain: str, known: Any) -> Any:
        async with self._opening:
            if domain not in self._records:
                self._records[domain] = await self._open.enter_async_context(known.opened(self._settings))
        return self._records[domain]


@asynccontextmanager
async def _explaining() -> AsyncGenerator[None]:
    """What the database refuses comes out as one sentence."""
    try:
        yield
    except DatabaseUnreachable as problem:
        raise RecordsAway(str(problem)) from problem
    except (SQLAlchemyError, OSError) as problem:
        cause = str(getattr(problem, "orig", None) or problem).partition("\n")[0].rstrip(".")
        raise RecordsAway(f"The records cannot be read ({cause}); DATABASE_URL says where they are.") from problem
