"""The guard before every route: who asks, whether they may, and how fast. What is refused stands in the audit trail."""

import math
from contextlib import suppress
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Any, cast

from litestar.connection import ASGIConnection
from litestar.exceptions import (
    NotAuthorizedException,
    PermissionDeniedException,
    TooManyRequestsException,
)
from litestar.handlers import BaseRouteHandler

from arqlight.http.callers import Caller, caller_of, passwords
from arqlight_core.audit import WAY_IN, Asked, Ended, Phase
from arqlight_core.errors import ArqlightError
from arqlight_core.operations import audit
from arqlight_core.policy import MINUTE, SECOND, Rate, milliseconds
from arqlight_core.rights import Role
from arqlight_core.settings import Settings
from arqlight_core.store import connect, scripts
from arqlight_core.store.gateway import OUTAGES, Store

Connection = ASGIConnection[Any, Any, Any, Any]

RATES = {
    Role.VIEWER: Rate(50, SECOND, 100),
    Role.OPERATOR: Rate(50, SECOND, 100),
    Role.ADMIN: Rate(100, SECOND, 200),
}
"""How fast a caller of each role may ask; the burst comes on top."""

STRANGERS = Rate(1, SECOND, 20)
"""How fast one address may be refused: whoever guesses passwords is slowed down, and cannot flood the audit trail."""

_WRITTEN_EVERY = milliseconds(MINUTE)
"""How often the same refusal of one caller is written down."""

_BEARER, _BASIC = 'Bearer realm="arqlight"', 'Basic realm="arqlight", charset="UTF-8"'
_LONGEST_ADDRESS, _SITE = 45, 64
"""Signs of the longest address, and the bits of a version 6 one that tell one site from another."""
_SAFE = ("GET", "HEAD", "OPTIONS")


async def admitted(connection: Connection, handler: BaseRouteHandler) -> None:
    """Let whoever asks in, or raise what refuses them. A route without a role is open to everybody."""
    WAY_IN.set("http")
    role: Role | None = handler.opt.get("role")
    if role is None:
        return
    store, settings = connection.app.state.store, connection.app.state.settings
    caller = await _known(connection, store, settings)
    connection.scope["user"] = caller
    await _paced(store, f"caller:{caller.name}", RATES[caller.role])
    if caller.by_password and _comes_from_elsewhere(connection):
        raise PermissionDeniedException("A page of another origin made this request: nothing is done.")
    if not caller.may(role):
        detail = f"{caller.name} is {caller.role}, and this asks for {role}: take a token of that role."
        await written(connection, caller.name, detail)
        raise PermissionDeniedException(detail)


async def _known(connection: Connection, store: Store, settings: Settings) -> Caller:
    told = connection.headers.get("authorization", "")
    if told.lower().startswith("basic"):
        await strangers(connection, counts=False)  # else the guess that is right would be let in, however fast it came
    caller = await caller_of(store, settings, told) if told else None
    if caller is None:
        await strangers(connection)
        detail = "The token opens nothing: it is wrong, revoked or over." if told else "This asks for a token."
        await written(connection, address_of(connection), detail)
        challenge = f"{_BEARER}, {_BASIC}" if passwords(settings) else _BEARER
        raise NotAuthorizedException(
            f"{detail} `arqlight token create NAME --role ROLE` makes one.", headers={"WWW-Authenticate": challenge}
        )
    return caller


async def strangers(connection: Connection, *, counts: bool = True) -> None:
    """Count one refusal of this address, or only ask. Raises TooManyRequestsException where there were too many."""
    await _paced(connection.app.state.store, f"refused:{address_of(connection)}", STRANGERS, counts=counts)


async def _paced(store: Store, who: str, rate: Rate, *, counts: bool = True) -> None:
    if store.read_only:  # it may write nothing, as some logins may not: then nobody is counted
        return
    emission_us = round(rate.per.total_seconds() * 1_000_000 / rate.limit)
    [wait_ms] = await store.run_settled([scripts.pace(who, emission_us, rate.at_once, int(counts))])
    if connect.is_forbidden(wait_ms):
        return
    if isinstance(wait_ms, Exception):
        raise wait_ms
    if wait_ms:
        seconds = math.ceil(wait_ms / 1000)
        raise TooManyRequestsException(f"Too many requests: {rate}.", headers={"Retry-After": str(seconds)})


def _comes_from_elsewhere(connection: Connection) -> bool:
    """Whether a browser says that a page of another origin asks for a change."""
    if _method(connection) in _SAFE:
        return False
    origin, site = connection.headers.get("origin"), connection.headers.get("sec-fetch-site", "none")
    own = (f"http://{connection.headers.get('host', '')}", f"https://{connection.headers.get('host', '')}")
    return site not in ("none", "same-origin") or (origin is not None and origin not in own)


def _method(connection: Connection) -> str:
    return str(cast("dict[str, Any]", connection.scope).get("method", ""))


def address_of(connection: Connection) -> str:
    """Where a request comes from; of version 6 the site, whose addresses are as many as somebody wants."""
    told = connection.client.host if connection.client else ""
    try:
        address = ip_address(told.partition("%")[0])
    except ValueError:
        return told[:_LONGEST_ADDRESS] or "somewhere"
    if isinstance(address, IPv4Address) or address.is_loopback:
        return str(address)
    return str(address.ipv4_mapped or ip_network((address, _SITE), strict=False))


async def written(connection: Connection, who: str, why: str) -> None:
    """Write a refusal down, once a minute for each caller and route: a trail has an end, and refusals are cheap."""
    store, path = connection.app.state.store, connection.scope["path"]
    route = f"{_method(connection)} {connection.scope['path_template']}"
    with suppress(ArqlightError, *OUTAGES):
        if store.read_only or not await store.take_turn(f"refused:{who}:{route}", _WRITTEN_EVERY):
            return
        asked = Asked(who, "http_request", f"{_method(connection)} {path}")
        await audit.close(store, await audit.ask(store, asked), Ended(Phase.REFUSED, why))
