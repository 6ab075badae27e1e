"""The notable events of a fleet: the newest thousand or so of each queue, and those that concern all of it."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass

from arqlight_core.observe.window import keys_of
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import SHARED, QueueKeys, SharedKeys

Rows = list[tuple[str, dict[str, str]]]

KINDS: dict[str, str] = {
    "acknowledge": "somebody has an alert in hand",
    "alert": "an alert was raised, or is over",
    "await": "a parent waits for its children",
    "breaker": "a circuit breaker turned",
    "bulk": "an operation on many jobs was asked for, paused, or has ended",
    "cancelled": "a job was cancelled",
    "continue": "a parent goes on: its children have ended",
    "dead": "a job failed for good",
    "defer": "a job was put off by its own wish",
    "empty_trash": "what was in the trash was destroyed",
    "lapse": "a worker went down with a job, and another took it over",
    "lift_hold": "a standing hold was lifted",
    "lift_silence": "people are told of alerts again",
    "missed": "a schedule's ticks passed without a worker",
    "override": "a live setting was changed",
    "pause": "a queue was paused",
    "pause_schedule": "a schedule was paused",
    "refused": "a call on a job was refused: the worker's lease was lost",
    "release": "a job was given back unfinished because its worker goes away",
    "request": "a worker was asked to be quiet, to go on or to stop",
    "restore": "a live setting is as declared again",
    "resume": "a queue goes on",
    "resume_schedule": "a schedule goes on",
    "retry": "an attempt failed, and another follows",
    "run_schedule": "a schedule's job was queued by hand",
    "set_hold": "a standing hold was set up",
    "token": "a token for the HTTP interface was made or revoked",
    "silence": "for a time nobody is told of some alerts",
}
"""What each kind of event means."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its id in its stream, when it was (ms), which queue it concerns (empty: all), what is told."""

    id: str
    at_ms: int
    queue: str
    kind: str
    told: dict[str, str]

    @property
    def job(self) -> str:
        """The job that it is about, if it is about one."""
        return self.told.get("job", "")


async def events(store: Store, queue: str | None = None, count: int = 100) -> tuple[Event, ...]:
    """The newest events, the oldest of them first; of one queue, or of all. Raises QueueNotFound."""
    streams = await _streams(store, queue)
    return _in_order(streams, await store.newest_events(list(streams), count), queue)[-count:]


async def events_of(store: Store, kind: str, since_ms: int, queue: str | None = None) -> tuple[Event, ...]:
    """Those of one kind since then that are kept, the oldest first; of one queue, or of all. Raises QueueNotFound."""
    spaces = await _spaces(store, queue)
    told = await store.run_all([scripts.happened(keys, kind, since_ms) for keys in spaces])
    found = {keys.events: rows for keys, rows in zip(spaces, told, strict=True)}
    return _in_order({keys.events: whose for keys, whose in spaces.items()}, found, queue)


@dataclass(frozen=True, slots=True)
class Tail:
    """What has happened, the oldest first, and how far each stream has been told: what `tail` goes on from."""

    events: tuple[Event, ...]
    last: Mapping[str, str]


async def tail(store: Store, after: Tail | None = None, queue: str | None = None, count: int = 100) -> Tail:
    """The newest events, or what has come since: at most 500 of each stream at a time. Raises QueueNotFound.

    A queue that is published meanwhile is told from its first event on.
    """
    streams = await _streams(store, queue)
    last = {stream: after.last.get(stream, "0-0") if after else "0-0" for stream in streams}
    told = await store.events_after(last) if after else await store.newest_events(list(streams), count)
    last |= {stream: rows[-1][0] for stream, rows in told.items() if rows}
    found = _in_order(streams, told, queue)
    return Tail(found if after else found[-count:], last)


async def follow(store: Store, queue: str | None = None, count: int = 100) -> AsyncGenerator[tuple[Event, ...]]:
    """The newest events, and then at each step what has come since: the caller decides how often. As `tail`."""
    told = await tail(store, None, queue, count)
    while True:
        yield told.events
        told = await tail(store, told, queue)


def _in_order(streams: Mapping[str, str], told: Mapping[str, Rows], queue: str | None) -> tuple[Event, ...]:
    found = (event for stream, rows in told.items() for event in _events(streams[stream], rows, queue))
    return tuple(sorted(found, key=_moment))


async def _streams(store: Store, queue: str | None) -> Mapping[str, str]:
    """Each stream's key, and whose events it has."""
    return {keys.events: whose for keys, whose in (await _spaces(store, queue)).items()}


async def _spaces(store: Store, queue: str | None) -> Mapping[QueueKeys | SharedKeys, str]:
    """Whose keys have events; what concerns the whole fleet is told beside any queue's."""
    if queue is not None:
        return {await keys_of(store, queue): queue, SHARED: ""}
    keys = [QueueKeys(told["wire"]) for told in (await store.published_queues()).values()]
    return {one: one.name for one in keys} | {SHARED: ""}


def _events(whose: str, rows: Rows, queue: str | None) -> list[Event]:
    """Of what concerns the whole fleet, one queue's reader gets what names that queue."""
    told = [_event(whose or fields.get("queue", ""), at, fields) for at, fields in rows]
    return [event for event in told if queue is None or event.queue == queue]


def _event(queue: str, at: str, fields: dict[str, str]) -> Event:
    told = {name: text for name, text in fields.items() if name not in {"kind", "at", "queue"}}
    return Event(at, int(at.partition("-")[0]), queue, fields.get("kind", ""), told)


def _moment(event: Event) -> tuple[int, int]:
    milliseconds, _, number = event.id.partition("-")
    return int(milliseconds), int(number)
