"""What others post to us: verified over the bytes as they came, kept, queued once, answered within milliseconds.

A post needs no token: its signature is its right. What is forged is refused with 401 and queues nothing.
"""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Request, Response
from litestar.enums import HttpMethod, MediaType
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter

from arqlight.http.door import address_of, strangers, written
from arqlight.http.opened import Opened
from arqlight.http.problems import Forged, Unknown
from arqlight.http.routes import TheOpened, TheSettings, TheStore, routed
from arqlight.orders import openproject, outreach, posts, telegram, whatsapp
from arqlight_core.errors import UsageError
from arqlight_core.store.gateway import Store
from arqlight_jobs.crm import receiving
from arqlight_jobs.crm.records import records as crm_records
from arqlight_jobs.flrts import hooks, updates
from arqlight_jobs.flrts.records import records as hub_records
from arqlight_jobs.outreach import ingest
from arqlight_jobs.outreach.records import records as outreach_records

Posted = Request[Any, Any, Any]
FORGED = (
    receiving.PostRefused,
    hooks.PostRefused,
    updates.PostRefused,
    ingest.WebhookRefused,
    posts.PostRefused,
)


@dataclass(frozen=True, slots=True)
class Source:
    """Who posts: the bytes of a post at the most, whose records it goes into, and what takes it in."""

    name: str
    largest: int
    records: Any
    take: Callable[[Store, Any, bytes, dict[str, str]], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Taken:
    """The answer to a post."""

    told: str
    """What came of it, in one sentence."""


SOURCES = (
    Source("whatsapp", receiving.LARGEST, crm_records, whatsapp.received),
    Source("openproject", hooks.LARGEST, hub_records, openproject.received),
    Source("telegram", updates.LARGEST, hub_records, telegram.received),
)
"""SendGrid, whose posts do not say whose mails they tell of, has a route of its own."""


def _route(source: Source) -> HTTPRouteHandler:
    async def take_in(request: Posted, store: TheStore, opened: TheOpened) -> Taken:
        return await _recorded(request, source, store, opened)

    take_in.__name__ = f"take_in_{source.name}"
    take_in.__doc__ = f"Take in a post of {source.name}'s webhook."
    return routed(HttpMethod.POST, f"/hooks/{source.name}", None, tag="hooks", largest=source.largest)(take_in)


async def _recorded(request: Posted, source: Source, store: Store, opened: Opened) -> Taken:
    held = await opened.records(source.records)
    return await _taken(request, lambda raw, headers: source.take(store, held, raw, headers))


async def _taken(request: Posted, take: Callable[[bytes, dict[str, str]], Awaitable[str]]) -> Taken:
    """What came of a post; each refusal is counted, and written down."""
    try:
        return Taken(await take(await request.body(), dict(request.headers)))
    except ingest.WebhookKnown:
        return Taken("The post was taken in before.")
    except (UsageError, RequestEntityTooLarge) as problem:
        await _refused(request, _why(problem))
        raise _answer(problem) from None


def _why(problem: Exception) -> str:
    """What the trail tells: nothing of what stands in a post."""
    if isinstance(problem, posts.PostUnfit):
        return "What the post tells makes no job."
    return "The post is too large." if isinstance(problem, RequestEntityTooLarge) else str(problem)


def _answer(problem: Exception) -> Exception:
    if isinstance(problem, FORGED):
        return Forged(str(problem))
    return Unknown(str(problem)) if isinstance(problem, posts.SourceUnknown) else problem


async def _refused(request: Posted, why: str) -> None:
    await strangers(request)
    await written(request, address_of(request), why)


@routed(HttpMethod.POST, "/hooks/sendgrid", None, tag="hooks", largest=ingest.LARGEST)
async def take_in_sendgrid(
    request: Posted,
    store: TheStore,
    opened: TheOpened,
    tenant: Annotated[str, QueryParameter(min_length=1, max_length=100, description="Whose mails it tells of.")],
) -> Taken:
    """Take in a post of SendGrid's event webhook."""

    async def take(store: Store, held: Any, raw: bytes, headers: dict[str, str]) -> str:
        return await outreach.received(store, held, raw, headers, tenant)

    return await _recorded(request, Source("sendgrid", ingest.LARGEST, outreach_records, take), store, opened)


@routed(HttpMethod.POST, "/hooks/standard/{source:str}", None, tag="hooks", largest=posts.LARGEST)
async def take_in_standard(request: Posted, source: FromPath[str], store: TheStore, settings: TheSettings) -> Taken:
    """Take in a post that is signed as Standard Webhooks has it, of a source that a job type names."""
    return await _taken(request, lambda raw, headers: posts.received(store, settings, source, raw, headers))


@routed(HttpMethod.GET, "/hooks/whatsapp", None, tag="hooks")
async def agree_with_whatsapp(
    request: Posted,
    settings: TheSettings,
    mode: Annotated[str, QueryParameter(name="hub.mode")] = "",
    token: Annotated[str, QueryParameter(name="hub.verify_token")] = "",
    challenge: Annotated[str, QueryParameter(name="hub.challenge", max_length=200)] = "",
) -> Response[str]:
    """Tell Meta that its posts are to come here: who asks knows WHATSAPP_VERIFY_TOKEN."""
    wanted = settings.whatsapp_verify_token
    if not wanted:
        raise Forged("Nobody can ask whether posts are to come here: set WHATSAPP_VERIFY_TOKEN.")
    if mode != "subscribe" or not hmac.compare_digest(token.encode(), wanted.encode()):
        await _refused(request, "the verify token of the handshake does not fit")
        raise Forged("The verify token does not fit.")
    if not (challenge.isascii() and challenge.isalnum()):
        raise UsageError("The handshake has no hub.challenge of letters and digits.")
    return Response(challenge, media_type=MediaType.TEXT)


def ingests() -> list[HTTPRouteHandler]:
    """The routes."""
    posts.takers()  # every job type is imported now, and not while the first post waits
    return [take_in_sendgrid, take_in_standard, agree_with_whatsapp, *map(_route, SOURCES)]
