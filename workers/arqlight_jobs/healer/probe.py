"""A site looked at from outside: its name, its certificate, and its pages, redirects followed by hand.

A sick site is what is looked for: nothing that it does makes this raise.
"""

import asyncio
import secrets
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic

import httpx

from arqlight_core.settings import Settings
from arqlight_jobs.healer.certificates import certificate_of
from arqlight_jobs.healer.evidence import Certificate, Fault, Name, Page, PageName
from arqlight_jobs.healer.hops import TOTAL_S, followed
from arqlight_jobs.healer.words import Site
from arqlight_jobs.outbound.guard import RESOLVING_S, AddressRefused, Guard

AT_ONCE = 3
PATIENT_MS, LITTLE_S = 5000.0, 5.0
"""After a home page that takes longer, the other pages have little time together."""

PAGES = tuple(PageName)
HEALTH_PAGES = (PageName.HOME, PageName.REST, PageName.LOGIN)
VERIFY_PAGES = (PageName.HOME, PageName.LOGIN, PageName.REST, PageName.SAMPLE_1, PageName.SAMPLE_2)
PATHS = {
    PageName.HOME: "/",
    PageName.LOGIN: "/wp-login.php",
    PageName.ADMIN: "/wp-admin/",
    PageName.REST: "/wp-json/",
    PageName.FEED: "/feed/",
    PageName.STATIC: "/wp-includes/images/blank.gif",
}
INTERNAL = "It leads to an internal address; if that is yours, put it into SSRF_ALLOWLIST."
NO_NAME = "There is no such name."
NO_RESOLVER = "Our resolver does not answer."


@dataclass(frozen=True, slots=True)
class Outside:
    """What is seen of a site from outside."""

    name: Name
    certificate: Certificate | None
    pages: tuple[Page, ...]


def guard_of(settings: Settings) -> Guard:
    """The guard that the sites' client has, too."""
    return Guard.of(settings.ssrf_allowlist, https_only=False)


def unheard(_: str) -> None:
    """For whom it does not matter how far a look is."""


async def look(
    site: Site,
    client: httpx.AsyncClient,
    guard: Guard,
    pages: Sequence[PageName] = PAGES,
    seen: Callable[[str], None] = unheard,
) -> Outside:
    """Look at a site; a page that it does not have, such as a second sample, is left out.

    `seen` is told `dns` and `tls` when that much was looked at.
    """
    name = await look_up(site.base_url, guard)
    seen("dns")
    if name.problem:
        return Outside(name, None, ())
    certificate = await certificate_of(site.base_url, guard)
    seen("tls")
    return Outside(name, certificate, await look_at(site, client, pages))


async def look_up(base_url: str, guard: Guard) -> Name:
    """The site's name in the DNS."""
    begun = monotonic()
    try:
        async with asyncio.timeout(RESOLVING_S):
            found = len(await guard.addresses(httpx.URL(base_url)))
    except AddressRefused:
        return Name(problem=INTERNAL)
    except TimeoutError:
        return Name(problem=NO_RESOLVER, is_ours=True)
    except socket.gaierror as failed:
        ours = failed.errno in (socket.EAI_AGAIN, socket.EAI_SYSTEM, socket.EAI_MEMORY)
        return Name(problem=NO_RESOLVER if ours else NO_NAME, is_ours=ours)
    except (OSError, UnicodeError):
        return Name(problem=NO_NAME)
    return Name(addresses=found, ms=_since(begun))


async def look_at(site: Site, client: httpx.AsyncClient, pages: Sequence[PageName] = PAGES) -> tuple[Page, ...]:
    """The pages, the home page first; where it takes no connection, the others are not asked for."""
    paths = _paths(site)
    wanted = [name for name in pages if name in paths]
    first = await _page(site, client, wanted[0], paths[wanted[0]])
    if first.fault in (Fault.REFUSED, Fault.TLS, Fault.INSIDE, Fault.NO_NAME):
        return (first, *(Page(name, "", fault=Fault.NOT_PROBED) for name in wanted[1:]))
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(name: PageName) -> Page:
        async with gate:
            return await _page(site, client, name, paths[name])

    others = [asyncio.ensure_future(one(name)) for name in wanted[1:]]
    seconds = LITTLE_S if first.total_ms > PATIENT_MS else TOTAL_S
    return (first, *await _within(seconds, others, wanted[1:]))


async def _within(seconds: float, looks: "Sequence[asyncio.Future[Page]]", names: Sequence[PageName]) -> list[Page]:
    """The pages that were had within that time; the others have timed out."""
    done: set[asyncio.Future[Page]] = set()
    try:
        if looks:
            done, _ = await asyncio.wait(looks, timeout=seconds)
    finally:
        for look in looks:
            look.cancel()
        await asyncio.gather(*looks, return_exceptions=True)
    late = {look: Page(name, "", fault=Fault.TIMEOUT) for look, name in zip(looks, names, strict=True)}
    return [look.result() if look in done else late[look] for look in looks]


def _paths(site: Site) -> dict[PageName, str]:
    samples = dict(zip((PageName.SAMPLE_1, PageName.SAMPLE_2), site.samples, strict=False))
    return {**PATHS, PageName.MISSING: f"/{secrets.token_hex(8)}/", **samples}


async def _page(site: Site, client: httpx.AsyncClient, name: PageName, path: str) -> Page:
    phrase = site.key_phrase if name is PageName.HOME else ""
    return await followed(client, name, site.base_url.rstrip("/") + path, phrase)


def _since(begun: float) -> float:
    return round((monotonic() - begun) * 1000, 1)
