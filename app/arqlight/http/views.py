"""What can be seen as lists: a table of the views of screen and command line, each read by the page."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from arqlight.http.answers import Cursor, Limit, paged
from arqlight.http.routes import TheSettings, TheStore, seen
from arqlight.http.told import HoldTold, Page, SilenceTold
from arqlight_core import observe
from arqlight_core.policy.thresholds import read_thresholds
from arqlight_core.settings import Settings
from arqlight_core.store.gateway import Store

QueueName = Annotated[str, QueryParameter(max_length=200, description="Only of this queue; without it of all.")]
READ = 500
"""Rows of a list that are read at all, where it has no end of its own."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One list: where it stands, what it is, of which views, and what answers it for a queue, '' for all."""

    path: str
    told: str
    view: type
    ask: Callable[[Store, Settings, str], Awaitable[Sequence[Any]]]
    by_queue: bool = False


async def queues(store: Store, _settings: Settings, _queue: str) -> Sequence[observe.QueueView]:
    """The queues."""
    return (await observe.fleet(store)).queues


async def workers(store: Store, _settings: Settings, _queue: str) -> Sequence[observe.WorkerView]:
    """The living workers."""
    return (await observe.fleet(store)).workers


async def flows(store: Store, _settings: Settings, _queue: str) -> Sequence[observe.FlowRow]:
    """The flows of the newest jobs."""
    return (await observe.flows(store, await observe.fleet(store))).rows


async def alerts(store: Store, settings: Settings, _queue: str) -> Sequence[observe.Standing]:
    """What is wrong now, what of it fires, and what operators have said to it."""
    view, around = await observe.fleet(store), await observe.surroundings(store)
    found = observe.alerts(view, around, read_thresholds(settings.alerts))
    return observe.standing(found, await observe.alarms(store))


async def failures(store: Store, _settings: Settings, queue: str) -> Sequence[observe.FailureGroup]:
    """The groups of failures."""
    return await observe.failures(store, [queue] if queue else None)


async def holds(store: Store, _settings: Settings, queue: str) -> Sequence[HoldTold]:
    """The standing holds."""
    names = [queue] if queue else list(await store.published_queues())
    return [HoldTold(name, one) for name in names for one in await observe.holds(store, name)]


async def silences(store: Store, _settings: Settings, _queue: str) -> Sequence[SilenceTold]:
    """The silences that stand."""
    return [SilenceTold(name, one) for name, one in (await observe.alarms(store)).silences.items()]


LISTINGS = (
    Listing("queues", "Every queue's counters, rates and condition.", observe.QueueView, queues),
    Listing("workers", "The living worker processes, and what they are doing.", observe.WorkerView, workers),
    Listing("breakers", "Every circuit breaker.", observe.BreakerView, lambda store, _, __: observe.breakers(store)),
    Listing(
        "limits", "Every limit, and whom it holds up.", observe.LimitView, lambda store, _, __: observe.limits(store)
    ),
    Listing(
        "schedules",
        "Every schedule: its next tick, its last job.",
        observe.ScheduleView,
        lambda store, _, __: observe.schedules(store),
    ),
    Listing("flows", "Jobs that belong together, those begun last first.", observe.FlowRow, flows),
    Listing("alerts", "What wants an operator, the gravest first.", observe.Standing, alerts),
    Listing("silences", "Alerts of which nobody is told, who wants it so, and until when.", SilenceTold, silences),
    Listing(
        "doctor",
        "What was examined of the server and the fleet, what is wrong, and how to mend it.",
        observe.Finding,
        lambda store, _, __: observe.doctor(store),
    ),
    Listing(
        "eta",
        "When each queue will be empty, and what binds it.",
        observe.Eta,
        lambda store, _, queue: observe.etas(store, queue),
        by_queue=True,
    ),
    Listing("holds", "Which jobs workers put aside, who wants it so, and until when.", HoldTold, holds, by_queue=True),
    Listing(
        "failures",
        "Failures as the few bugs that they are, those seen last first.",
        observe.FailureGroup,
        failures,
        by_queue=True,
    ),
    Listing(
        "bulks",
        "Operations on many jobs, newest first.",
        observe.BulkView,
        lambda store, _, queue: observe.bulks(store, queue, READ),
        by_queue=True,
    ),
    Listing(
        "trash",
        "What can be put back, newest first.",
        observe.TrashView,
        lambda store, _, queue: observe.trash(store, queue, READ),
        by_queue=True,
    ),
)


def listings() -> list[HTTPRouteHandler]:
    """The routes."""
    return [_of_queue(one) if one.by_queue else _of_all(one) for one in LISTINGS]


def _of_all(one: Listing) -> HTTPRouteHandler:
    async def listed(store: TheStore, settings: TheSettings, cursor: Cursor = "", limit: Limit = 100) -> Page[Any]:
        return paged(await one.ask(store, settings, ""), cursor, limit)

    return _named(one, listed)


def _of_queue(one: Listing) -> HTTPRouteHandler:
    async def listed(
        store: TheStore, settings: TheSettings, queue: QueueName = "", cursor: Cursor = "", limit: Limit = 100
    ) -> Page[Any]:
        return paged(await one.ask(store, settings, queue), cursor, limit)

    return _named(one, listed)


def _named(one: Listing, listed: Callable[..., Awaitable[Any]]) -> HTTPRouteHandler:
    listed.__name__, listed.__doc__ = f"list_{one.path}", one.told
    listed.__annotations__["return"] = Page[one.view]  # pyright: ignore[reportInvalidTypeArguments] - known when it runs
    return seen(f"/api/v1/{one.path}")(listed)
