"""HTTP clients for `Run.open`: one for the providers we configured, two for URLs that people gave.

None follows a redirect unless a call asks for it; ask with a GET only.
"""

import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import httpx

from arqlight_core.settings import Settings
from arqlight_jobs.outbound.guard import Guard, GuardedTransport
from arqlight_jobs.outbound.trust import trusted

TIMEOUTS = httpx.Timeout(connect=5.0, read=15.0, write=15.0, pool=5.0)
"""Seconds; a job type with slower answers passes its own with the call."""

logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs every URL, and some carry a token

CORRELATION = "X-Correlation-ID"


@asynccontextmanager
async def provider_client(_: Settings) -> AsyncGenerator[httpx.AsyncClient]:
    """A client for base URLs out of the settings; its connections are kept and shared."""
    async with httpx.AsyncClient(timeout=TIMEOUTS, verify=trusted()) as client:
        yield client


@asynccontextmanager
async def site_client(settings: Settings) -> AsyncGenerator[httpx.AsyncClient]:
    """A client for sites that people named: http or https, never the inside."""
    async with _guarded(Guard.of(settings.ssrf_allowlist, https_only=False)) as client:
        yield client


@asynccontextmanager
async def webhook_client(settings: Settings) -> AsyncGenerator[httpx.AsyncClient]:
    """A client for endpoints that people named: https, never the inside."""
    async with _guarded(Guard.of(settings.ssrf_allowlist, https_only=True)) as client:
        yield client


def _guarded(guard: Guard) -> httpx.AsyncClient:
    plain = {"Accept-Encoding": "identity"}
    return httpx.AsyncClient(
        transport=GuardedTransport(guard), timeout=TIMEOUTS, headers=plain, max_redirects=5, trust_env=False
    )


def correlated(correlation_id: str, headers: Mapping[str, str] | None = None) -> dict[str, str]:
    """The headers with the run's correlation id, by which both sides find one another's logs; not with an unfit one."""
    fit = correlation_id.isascii() and correlation_id.isprintable()
    return {**({CORRELATION: correlation_id} if correlation_id and fit else {}), **(headers or {})}
