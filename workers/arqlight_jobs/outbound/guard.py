"""Keeps URLs that people gave away from the inside: names are resolved, checked, and the checked address is called.

Each hop of a redirect passes here again, and a name that resolves differently a moment later changes nothing.
"""

import asyncio
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import cast

import httpx

from arqlight_core.errors import Discard, UsageError
from arqlight_jobs.outbound.trust import trusted

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]

RESOLVING_S = 5.0
MOST_TRIED = 3
"""Addresses of one name that are tried, each for as long as a connection may take."""

BODY_CAP = 64 * 1024
"""Bytes of a body that are read; the rest is nobody's concern."""

BODY_CAP_OF = "body_cap"
"""The extension by which one request asks for another cap."""

INSIDE = tuple(
    ip_network(text)
    for text in ("168.63.129.16/32", "192.0.0.0/24", "64:ff9b:1::/48", "fec0::/10", "3fff::/20", "5f00::/16")
)
"""Networks that Python's own list lacks, in some version: a metadata service at a public address, special uses."""

_NAT64 = IPv6Network("64:ff9b::/96")
"""IPv6 addresses that a gateway turns into the IPv4 address in their last four bytes."""


class AddressRefused(Discard):
    """A URL leads to where people's URLs must not lead; it ends the job as dead."""


def given_url(text: str) -> httpx.URL:
    """The URL that a person gave. Raises AddressRefused for what is none, or is neither http nor https."""
    try:
        url = httpx.URL(text.strip())
    except httpx.InvalidURL:
        raise AddressRefused("The URL cannot be read.") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise AddressRefused("The URL is neither http nor https.")
    return url


async def system_resolver(host: str, port: int) -> list[str]:
    """Every address of the host. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(cast("str", place[0]) for *_, place in found))


@dataclass(frozen=True, slots=True)
class Guard:
    """Which addresses may be called. What is on the allow-list may be internal, and spoken to without TLS."""

    https_only: bool
    allowed: tuple[str, ...] = ()
    resolve: Resolve = system_resolver

    @classmethod
    def of(cls, allow_list: str, *, https_only: bool) -> "Guard":
        """From comma-separated addresses or networks. Raises UsageError for anything else."""
        allowed = tuple(part.strip() for part in allow_list.split(",") if part.strip())
        try:
            [ip_network(part) for part in allowed]
        except ValueError:
            raise UsageError("SSRF_ALLOWLIST is no comma-separated list of addresses and networks.") from None
        return cls(https_only, allowed)

    async def addresses(self, url: httpx.URL) -> list[str]:
        """The addresses that may be called for this URL. Raises AddressRefused, and OSError without any."""
        port = url.port or (443 if url.scheme == "https" else 80)
        found = [ip_address(text.partition("%")[0]) for text in await self.resolve(url.host, port)]
        if not found:
            raise OSError("no address")
        if not all(is_outside(address) or self._allows(address) for address in found):
            raise AddressRefused("The URL leads to an internal address.")
        if self.https_only and url.scheme != "https" and not all(self._allows(address) for address in found):
            raise AddressRefused("The URL must begin with https.")
        return [str(address) for address in found]

    def _allows(self, address: Address) -> bool:
        return any(address in ip_network(part) for part in self.allowed)


def is_outside(address: Address) -> bool:
    """Whether the address is a public one: not private, local, shared, multicast, reserved or a metadata service."""
    inner = _embedded(address)
    if inner is not None:
        return is_outside(inner)
    special = address.is_multicast or address.is_reserved or any(address in network for network in INSIDE)
    return address.is_global and not special


def _embedded(address: Address) -> IPv4Address | None:
    """The IPv4 address that calling this IPv6 address ends at, where there is one."""
    if isinstance(address, IPv4Address):
        return None
    last = IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
    return address.ipv4_mapped or address.sixtofour or last


class GuardedTransport(httpx.AsyncBaseTransport):
    """Calls only checked addresses, each call over a connection of its own; names stay in TLS and in `Host`."""

    def __init__(self, guard: Guard) -> None:
        alone = httpx.Limits(max_keepalive_connections=0)  # a connection is checked for one name, not for its neighbour
        self._guard = guard
        self._inner = httpx.AsyncHTTPTransport(verify=trusted(), limits=alone)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, its body cut off at the cap. Raises AddressRefused and httpx's errors."""
        response = await self._first_that_answers(request, await self._addresses(request))
        response.headers.pop("content-encoding", None)  # a body that is cut off, or a bomb, is not unpacked
        stream = _Capped(cast("httpx.AsyncByteStream", response.stream), request.extensions.get(BODY_CAP_OF, BODY_CAP))
        return httpx.Response(
            response.status_code, headers=response.headers, stream=stream, extensions=response.extensions
        )

    async def _addresses(self, request: httpx.Request) -> list[str]:
        try:
            async with asyncio.timeout(RESOLVING_S):
                return (await self._guard.addresses(request.url))[:MOST_TRIED]
        except (OSError, UnicodeError) as problem:
            raise httpx.ConnectError("The name has no address.", request=request) from problem

    async def _first_that_answers(self, request: httpx.Request, addresses: list[str]) -> httpx.Response:
        for address in addresses[:-1]:
            try:
                return await self._inner.handle_async_request(_pinned(request, address))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._inner.handle_async_request(_pinned(request, addresses[-1]))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


def _pinned(request: httpx.Request, address: str) -> httpx.Request:
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.host},
    )


class _Capped(httpx.AsyncByteStream):
    """The first bytes of a body."""

    def __init__(self, body: httpx.AsyncByteStream, cap: int) -> None:
        self._body = body
        self._cap = cap

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in _first(self._body, self._cap):
            yield part

    async def aclose(self) -> None:
        await self._body.aclose()


async def _first(body: httpx.AsyncByteStream, left: int) -> AsyncGenerator[bytes]:
    async for part in body:
        yield part[:left]
        left -= len(part)
        if left <= 0:
            return
