"""One page had over HTTP: each redirect is followed by hand, timed and noted, within bounds of time, hops and size."""

import asyncio
import secrets
import ssl
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import httpx

from arqlight_jobs.healer.evidence import Fault, Hop, Page, PageName
from arqlight_jobs.healer.fatal_lines import fatals_in
from arqlight_jobs.healer.fingerprint import BY_WORDPRESS, signs_of
from arqlight_jobs.healer.page_reading import digest_of, excerpt_of, kept_headers, text_of, title_of, words_of
from arqlight_jobs.healer.redaction import redacted
from arqlight_jobs.healer.words import HIGHEST_PORT
from arqlight_jobs.outbound.guard import BODY_CAP_OF, AddressRefused

MOST_HOPS = 10
CONNECT_S = 10.0
TOTAL_S = 20.0
BODY_CAP = 512 * 1024
TIMES = httpx.Timeout(TOTAL_S, connect=CONNECT_S)
FRESH = "arqlight"
"""The query parameter that keeps caches from answering."""

NO_SUCH_NAME = "The name has no address."
_TROUBLE = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, AddressRefused, TimeoutError, UnicodeError)
_MILLISECONDS = 1000


@dataclass(slots=True)
class _Way:
    """What is known while a page is being had."""

    url: httpx.URL
    begun: float = field(default_factory=monotonic)
    hops: list[Hop] = field(default_factory=list[Hop])
    seen: set[str] = field(default_factory=set[str])
    connect_ms: float = 0.0
    ttfb_ms: float = 0.0


async def followed(client: httpx.AsyncClient, name: PageName, url: str, phrase: str = "") -> Page:
    """The page at that address; `phrase` is what it has to hold. Whatever goes wrong is told in the page."""
    way = _Way(httpx.URL(url).copy_merge_params({FRESH: secrets.token_hex(4)}))
    try:
        async with asyncio.timeout(TOTAL_S):
            response = await _last_answer(client, way)
            if isinstance(response, Fault):
                return _failed(name, way, response)
            return _page(name, way, response, phrase)
    except _TROUBLE as trouble:
        return _failed(name, way, fault_of(trouble))


async def _last_answer(client: httpx.AsyncClient, way: _Way) -> httpx.Response | Fault:
    """The answer that is no redirect, its body read, or the fault of a way without end."""
    while True:
        told = str(way.url)
        if told in way.seen or len(way.hops) > MOST_HOPS:
            return Fault.TOO_MANY_HOPS
        if way.url.scheme not in ("http", "https") or (way.url.port or 0) > HIGHEST_PORT:
            return Fault.BROKEN
        way.seen.add(told)
        response = await _asked(client, way)
        location = response.headers.get("location", "")
        if not response.is_redirect or not location:
            return response
        by = response.headers.get("x-redirect-by", "").lower() == BY_WORDPRESS
        source, way.url = way.url, way.url.join(location)
        way.hops.append(Hop(shown_url(source), response.status_code, shown_url(way.url), by))


async def _asked(client: httpx.AsyncClient, way: _Way) -> httpx.Response:
    watch = _Watch()
    extensions: dict[str, Any] = {BODY_CAP_OF: BODY_CAP, "trace": watch}
    request = client.build_request("GET", way.url, timeout=TIMES, extensions=extensions)
    response = await client.send(request, stream=True, follow_redirects=False)
    try:
        way.connect_ms, way.ttfb_ms = watch.connect_ms, watch.ttfb_ms
        await response.aread()
    finally:
        await response.aclose()
    return response


class _Watch:
    """Times one request by what httpcore tells of it."""

    def __init__(self) -> None:
        self._begun: dict[str, float] = {}
        self.connect_ms = self.ttfb_ms = 0.0

    async def __call__(self, event: str, _info: dict[str, Any]) -> None:
        step, _, part = event.rpartition(".")
        moment = monotonic()
        if part == "started":
            self._begun[step] = moment
        elif step == "connection.connect_tcp":
            self.connect_ms = self._since(step, moment)
        elif step.endswith("receive_response_headers"):
            sent = next((name for name in self._begun if name.endswith("send_request_headers")), step)
            self.ttfb_ms = self._since(sent, moment)

    def _since(self, step: str, moment: float) -> float:
        return round((moment - self._begun.get(step, moment)) * _MILLISECONDS, 1)


def _page(name: PageName, way: _Way, response: httpx.Response, phrase: str) -> Page:
    headers = {key.lower(): value for key, value in response.headers.items()}
    body = text_of(response.content, headers)
    words = words_of(body)
    return Page(
        name=name,
        url=shown_url(way.url),
        status=response.status_code,
        hops=tuple(way.hops),
        headers=kept_headers(headers),
        title=title_of(body),
        size=len(response.content),
        complete="</html>" in body.lower(),
        text=excerpt_of(body),
        digest=digest_of(words),
        has_phrase=(phrase in body or phrase in words) if phrase else None,
        signs=signs_of(headers, way.hops, body),
        fatals=fatals_in(body.replace("<br", "\n<br"), f"The page {name}"),
        connect_ms=way.connect_ms,
        ttfb_ms=way.ttfb_ms,
        total_ms=_since(way),
    )


def _failed(name: PageName, way: _Way, fault: Fault) -> Page:
    looped = fault is Fault.TOO_MANY_HOPS
    signs = signs_of({}, way.hops, "")
    shown = shown_url(way.url)
    return Page(name, shown, fault=fault, hops=tuple(way.hops), looped=looped, signs=signs, total_ms=_since(way))


def fault_of(trouble: BaseException) -> Fault:
    """What kept the page from us."""
    causes = list(_causes(trouble))
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return Fault.TLS
    match trouble:
        case AddressRefused():
            return Fault.INSIDE
        case httpx.TimeoutException() | TimeoutError():
            return Fault.TIMEOUT
        case httpx.ConnectError():
            return Fault.NO_NAME if str(trouble) == NO_SUCH_NAME else Fault.REFUSED
        case _:
            return Fault.BROKEN


def shown_url(url: httpx.URL) -> str:
    """The address without what may be secret in it."""
    return redacted(str(url.copy_with(query=None, fragment=None, userinfo=b"")))


def _causes(trouble: BaseException | None) -> "list[BaseException]":
    found: list[BaseException] = []
    while trouble is not None and trouble not in found:
        found.append(trouble)
        trouble = trouble.__cause__ or trouble.__context__
    return found


def _since(way: _Way) -> float:
    return round((monotonic() - way.begun) * _MILLISECONDS, 1)
