"""Events as they come, as server-sent events: a stream goes on when Redis was away, or where its reader was cut off."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any

from litestar import Request
from litestar.params import HeaderParameter
from litestar.response import ServerSentEvent, ServerSentEventMessage

from arqlight.http.answers import SIGNS, packed, plain, unpacked
from arqlight.http.problems import Busy
from arqlight.http.routes import TheStore, seen
from arqlight.http.views import QueueName
from arqlight_core import observe
from arqlight_core.errors import QueueNotFound, ServerRefused, ServerUnreachable
from arqlight_core.observe import Event, Tail
from arqlight_core.observe.window import keys_of
from arqlight_core.store.gateway import OUTAGES, Store

EVERY_S = 0.5
"""Between two looks."""
AWAY_S = 1.0
"""Between two looks at a server that is away."""
HEARTBEAT = 30
"""Looks without an event after which a comment keeps the connection alive."""
MOST = 20
"""Streams of one process: each of them looks by itself."""

Messages = AsyncGenerator[ServerSentEventMessage]


@seen("/api/v1/events/stream", tag="events")
async def stream_events(
    store: TheStore,
    request: Request[Any, Any, Any],
    queue: QueueName = "",
    last: Annotated[
        str,
        HeaderParameter(
            name="Last-Event-ID", max_length=20_000, pattern=SIGNS, description="The `id` that was told last."
        ),
    ] = "",
) -> ServerSentEvent:
    """Events from now on, or from behind Last-Event-ID: each as JSON under the name of its kind."""
    if queue:
        await keys_of(store, queue)
    after = Tail((), unpacked(last)) if last else await observe.tail(store, None, queue or None, 1)
    streams: set[object] = request.app.state.streams
    if len(streams) >= MOST:
        raise Busy(f"{MOST} streams are open already; close one, or ask /api/v1/events now and then.")
    return ServerSentEvent(_counted(streams, _told(store, queue, after)))


async def _counted(streams: set[object], told: Messages) -> Messages:
    streams.add(own := object())
    try:
        async with aclosing(told):
            async for message in told:
                yield message
    finally:
        streams.discard(own)


async def _told(store: Store, queue: str, after: Tail) -> Messages:
    yield ServerSentEventMessage(comment="from here on", id=packed(after.last), retry=2000)
    quiet = 0
    while True:
        try:
            after = await observe.tail(store, after, queue or None)
        except (*OUTAGES, ServerUnreachable, ServerRefused, QueueNotFound) as problem:
            yield ServerSentEventMessage(comment=f"the server is away ({type(problem).__name__})")
            await asyncio.sleep(AWAY_S)
            continue
        quiet = 0 if after.events else quiet + 1
        for message in _messages(after):
            yield message
        if quiet % HEARTBEAT == HEARTBEAT - 1:
            yield ServerSentEventMessage(comment="nothing new")
        await asyncio.sleep(EVERY_S)


def _messages(after: Tail) -> list[ServerSentEventMessage]:
    """The events; the last of them says how far the reader is, and a reader who is cut off before gets them again."""
    ids = [None] * (len(after.events) - 1) + [packed(after.last)]
    return [_message(event, own) for event, own in zip(after.events, ids, strict=True)] if after.events else []


def _message(event: Event, own: str | None) -> ServerSentEventMessage:
    return ServerSentEventMessage(event=event.kind, data=json.dumps(plain(event), ensure_ascii=False), id=own)
