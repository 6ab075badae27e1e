"""What an endpoint's answer, or its silence, means: a table of statuses, and one post with all that can come of it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

import httpx

from arqlight_core.clock import now
from arqlight_core.secrecy import masked_secrets, masked_text
from arqlight_jobs.outbound.hints import WEBHOOK_CAP, retry_hint

ANSWER_S = 15.0
"""Seconds that an endpoint has for its whole answer."""

KEPT = 1024
"""Bytes of an answer that are read, and kept without secrets and persons."""


class Meaning(StrEnum):
    """What an answer means for the delivery, and for the others to the same endpoint."""

    TAKEN = "taken"
    GONE = "gone"
    """Nobody wants anything there any more: the endpoint is disabled."""
    LATER = "later"
    """All wait, and no attempt is burnt."""
    STRAINED = "strained"
    """The attempt failed, and the endpoint is given some rest: others wait."""
    FAILED = "failed"
    """The attempt failed. Others may fare better."""


STATUSES: Mapping[int, Meaning] = MappingProxyType(
    {410: Meaning.GONE, 429: Meaning.LATER, 502: Meaning.STRAINED, 504: Meaning.STRAINED}
)
"""As Standard Webhooks 1.0 has it. Any other status but 2xx, a redirect too, is a failure that may pass."""

_TAKEN = range(200, 300)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one post: a status, None without one; what was said; and when to come again, if that was said."""

    status: int | None
    told: str
    hint: timedelta | None = None

    @property
    def meaning(self) -> Meaning:
        """What it means."""
        if self.status is None:
            return Meaning.STRAINED
        return Meaning.TAKEN if self.status in _TAKEN else STATUSES.get(self.status, Meaning.FAILED)

    def __str__(self) -> str:
        return self.told if self.status is None else f"the endpoint answered {self.status}"


async def posted(client: httpx.AsyncClient, request: httpx.Request) -> Answer:
    """Send it once; redirects are not followed. Raises AddressRefused."""
    try:
        async with asyncio.timeout(ANSWER_S):
            response = await client.send(request, follow_redirects=False)
    except TimeoutError:
        return Answer(None, f"the endpoint did not answer within {ANSWER_S:g} s")
    except httpx.RequestError as fault:
        return Answer(None, f"the endpoint did not answer: {type(fault).__name__}")
    hint = retry_hint(response.headers, now(), cap=WEBHOOK_CAP)
    return Answer(response.status_code, redacted(response.content), hint)


def redacted(body: bytes) -> str:
    """The first of a body as text that may be kept: without credentials, persons, and what no database takes."""
    text = body[:KEPT].decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    return masked_text(masked_secrets(text))
