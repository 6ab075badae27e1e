"""A flow's own request to a server of the tenant's: guarded, short, JSON, and the same whenever it is made again."""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec

from arqlight_core.errors import Discard, Misconfigured, Signal, Unavailable, UnknownOutcome
from arqlight_core.run import Run
from arqlight_jobs.crm.flow_graph import HttpRequest
from arqlight_jobs.outbound.client import correlated, webhook_client
from arqlight_jobs.outbound.guard import BODY_CAP, BODY_CAP_OF
from arqlight_jobs.outbound.verdict import Provider, judged, raise_for

ANSWER_S = 10.0
"""Seconds for the whole answer."""

SERVER = Provider("the flow's server")
WITHOUT_BODY = frozenset({"GET", "DELETE"})


@dataclass(frozen=True, slots=True)
class Answered:
    """What a server said; `status` is 0 where it said nothing. `refused` is why that was no success."""

    status: int
    body: Any = None
    refused: Signal | None = None

    @property
    def told(self) -> dict[str, Any]:
        """As conditions find it."""
        return {"status": self.status, "body": self.body}


async def asked(run: Run, node: HttpRequest, body: Any, key: str, *, last: bool) -> Answered:
    """What the server said to this body.

    A fault that may pass is raised, to be tried again, unless this is the `last` attempt.
    """
    client = await run.open(webhook_client)
    request = _request(client, node, body, correlated(run.correlation_id, {"Idempotency-Key": key}))
    try:
        response = await _sent(client, request)
    except (Unavailable, UnknownOutcome) as fault:
        if not last:
            raise
        return Answered(0, refused=fault)
    except Discard as refused:
        return Answered(0, refused=refused)
    return _judged(response, last=last)


def _request(client: httpx.AsyncClient, node: HttpRequest, body: Any, headers: dict[str, str]) -> httpx.Request:
    content = None if node.method in WITHOUT_BODY else msgspec.json.encode(body)
    kind = {} if content is None else {"Content-Type": "application/json"}
    told = {**headers, **kind, "Accept": "application/json"}
    return client.build_request(
        node.method, node.url, content=content, headers=told, extensions={BODY_CAP_OF: BODY_CAP}
    )


async def _sent(client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    try:
        async with asyncio.timeout(ANSWER_S):
            return await client.send(request, follow_redirects=False)
    except TimeoutError:
        raise UnknownOutcome(f"{SERVER.dependency} did not answer within {ANSWER_S:g} s") from None
    except httpx.RequestError as fault:
        raise judged(fault, request, SERVER) from None


def _judged(response: httpx.Response, *, last: bool) -> Answered:
    body = _json(response.content)
    try:
        raise_for(response, SERVER)
    except (Discard, Misconfigured) as refused:
        return Answered(response.status_code, body, refused)
    except Unavailable as fault:
        if not last:
            raise
        return Answered(response.status_code, body, fault)
    return Answered(response.status_code, body)


def _json(body: bytes) -> Any:
    """The body as JSON; None for anything else."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
