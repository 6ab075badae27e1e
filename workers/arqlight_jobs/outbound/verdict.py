"""What an answer, or its absence, means for the job: tables of statuses and codes, and the signal each verdict raises.

A provider says where it differs from the default; nothing of a request's URL or body gets into a reason.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

import httpx

from arqlight_core.clock import now
from arqlight_core.errors import Discard, Misconfigured, RateLimited, Signal, Unavailable, UnknownOutcome
from arqlight_core.policy import SECOND
from arqlight_jobs.outbound.hints import INTERACTIVE_CAP, jittered, retry_hint


class Verdict(StrEnum):
    """What an answer means."""

    OK = "ok"
    PERMANENT = "permanent"
    RETRYABLE = "retryable"
    RATE_LIMITED = "rate limited"
    CONFIG = "config"
    UNKNOWN = "unknown outcome"


STATUSES: Mapping[int, Verdict] = MappingProxyType(
    {
        401: Verdict.CONFIG,
        402: Verdict.CONFIG,
        403: Verdict.CONFIG,
        408: Verdict.RETRYABLE,
        425: Verdict.RETRYABLE,
        429: Verdict.RATE_LIMITED,
        501: Verdict.PERMANENT,
        505: Verdict.PERMANENT,
    }
)
"""Statuses that differ from their hundred. A 409 is permanent where a provider does not say otherwise."""

HUNDREDS: Mapping[int, Verdict] = MappingProxyType(
    {2: Verdict.OK, 3: Verdict.PERMANENT, 4: Verdict.PERMANENT, 5: Verdict.RETRYABLE}
)

NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
"""The request certainly did not arrive: no name, no connection, no TLS."""

WRONG_CALL = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.TooManyRedirects)
"""The request could not be sent, or led in a circle, and will again."""

WITHOUT_EFFECT = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing there: a lost answer to one is a fault like another."""

NO_HINT_WAIT = 30 * SECOND
"""The wait after a rate limit that does not say for how long."""

Code = str | int


def no_code(_: httpx.Response) -> Code | None:
    """For a provider whose statuses say it all."""
    return None


def no_hint(_: httpx.Response) -> float | None:
    """For a provider that gives no hint in its bodies."""
    return None


@dataclass(frozen=True, slots=True)
class Provider:
    """One dependency and where its answers differ from the default: a code in a body outweighs the status."""

    dependency: str
    statuses: Mapping[int, Verdict] = field(default_factory=dict[int, Verdict])
    codes: Mapping[Code, Verdict] = field(default_factory=dict[Code, Verdict])
    code_of: Callable[[httpx.Response], Code | None] = no_code
    """The error code in a body, None without one; it must not raise, whatever the body holds."""
    hint_of: Callable[[httpx.Response], float | None] = no_hint
    """The wait that a body asks for, in seconds, None without one; it must not raise."""
    cap: timedelta = INTERACTIVE_CAP
    """The longest wait that a hint of its is believed."""


def verdict_of(response: httpx.Response, provider: Provider) -> Verdict:
    """By the code in the body, the provider's statuses, the default statuses, the status's hundred; in this order."""
    code = provider.code_of(response)
    by_code = None if code is None else provider.codes.get(code)
    status = response.status_code
    by_status = provider.statuses.get(status) or STATUSES.get(status) or HUNDREDS.get(status // 100)
    return by_code or by_status or Verdict.PERMANENT


def raise_for(response: httpx.Response, provider: Provider) -> httpx.Response:
    """The response when it is good. Raises Discard, Unavailable, RateLimited, Misconfigured or UnknownOutcome."""
    verdict = verdict_of(response, provider)
    if verdict is not Verdict.OK:
        raise _signal(verdict, _reason(response, provider), _wait(response, provider), provider.dependency)
    return response


async def judged_call(client: httpx.AsyncClient, request: httpx.Request, provider: Provider) -> httpx.Response:
    """The good response to a request, whose redirects are not followed. Raises what `raise_for` and `judged` give."""
    try:
        response = await client.send(request)
    except httpx.RequestError as fault:
        raise judged(fault, request, provider) from fault
    return raise_for(response, provider)


def judged(fault: httpx.RequestError, request: httpx.Request, provider: Provider) -> Signal:
    """The signal for a call without an answer."""
    told = f"{provider.dependency} did not answer: {type(fault).__name__}"
    if isinstance(fault, WRONG_CALL):
        return Discard(told)
    if isinstance(fault, NOTHING_SENT) or request.method in WITHOUT_EFFECT:
        return Unavailable(told, dependency=provider.dependency)
    return UnknownOutcome(f"{told}, after the request was sent", dependency=provider.dependency)


def _signal(verdict: Verdict, reason: str, wait: timedelta | None, dependency: str) -> Signal:
    match verdict:
        case Verdict.RATE_LIMITED:
            return RateLimited(reason, after=wait or jittered(NO_HINT_WAIT, _roll()), dependency=dependency)
        case Verdict.RETRYABLE:
            return Unavailable(reason, after=wait, dependency=dependency)
        case Verdict.CONFIG:
            return Misconfigured(reason, dependency=dependency)
        case Verdict.UNKNOWN:
            return UnknownOutcome(reason, dependency=dependency)
        case _:
            return Discard(reason)


def _reason(response: httpx.Response, provider: Provider) -> str:
    code = provider.code_of(response)
    told = f", code {code}" if code in provider.codes or isinstance(code, int) else ""  # any other text is a stranger's
    return f"{provider.dependency} answered {response.status_code}{told}"


def _wait(response: httpx.Response, provider: Provider) -> timedelta | None:
    hint = retry_hint(response.headers, now(), body_hint=provider.hint_of(response), cap=provider.cap)
    return None if hint is None else jittered(hint, _roll())


def _roll() -> float:
    return random.random()  # noqa: S311 - jitter
