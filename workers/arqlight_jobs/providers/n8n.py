"""n8n: its workflow that makes a work package, called by a webhook, and what each of its refusals means.

The address of a webhook may be all that protects it: none gets into a reason, a log or an error.
"""

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import httpx
import msgspec

from arqlight_core.errors import Misconfigured, Signal, UnknownOutcome
from arqlight_core.settings import Settings
from arqlight_jobs.outbound.client import correlated
from arqlight_jobs.outbound.verdict import Code, Provider, Verdict, judged, raise_for

PATH, OPERATION = "openproject-api", "create_work_package"

TIMEOUTS = httpx.Timeout(connect=3.0, read=10.0, write=8.0, pool=3.0)
"""Seconds; a workflow that takes longer may still end well."""


class Meaning(StrEnum):
    """What a refusal says."""

    INACTIVE = "the workflow is not active"
    WRONG_METHOD = "the webhook is registered for another method"
    WORKFLOW_ERROR = "an error in the workflow"


VERDICTS: Mapping[Code, Verdict] = MappingProxyType(
    {
        Meaning.INACTIVE: Verdict.CONFIG,
        Meaning.WRONG_METHOD: Verdict.PERMANENT,
        Meaning.WORKFLOW_ERROR: Verdict.RETRYABLE,
    }
)

_WORDS: Mapping[Meaning, re.Pattern[str]] = MappingProxyType(
    {
        Meaning.WRONG_METHOD: re.compile(r"not registered for [A-Z]+ requests"),
        Meaning.INACTIVE: re.compile(r"is not registered"),
        Meaning.WORKFLOW_ERROR: re.compile(r"^Error in workflow"),
    }
)
"""By its message, the first that fits: n8n has no codes of its own."""


class NoId(UnknownOutcome):
    """The workflow was called, and its answer does not tell what it has made."""


class Made(msgspec.Struct, frozen=True):
    """A work package that the workflow has made."""

    id: int
    subject: str


class _Refusal(msgspec.Struct):
    message: str


def _code(response: httpx.Response) -> str | None:
    if not response.is_error:
        return None
    try:
        message = msgspec.json.decode(response.content, type=_Refusal).message
    except msgspec.MsgspecError:
        return None
    return next((meaning for meaning, words in _WORDS.items() if words.search(message)), None)


N8N = Provider(dependency="n8n", codes=VERDICTS, code_of=_code)


async def create(
    client: httpx.AsyncClient, settings: Settings, title: str, description: str, due: date | None, correlation_id: str
) -> Made:
    """Have the workflow make a work package. Raises signals; NoId where it answers before its end, or says nothing."""
    data = {"title": title, "description": description, "dueDate": due and due.isoformat()}
    content = msgspec.json.encode({"operation": OPERATION, "data": data})
    headers = correlated(correlation_id, {"Content-Type": "application/json", **_login(settings)})
    request = client.build_request("POST", _url(settings), content=content, headers=headers, timeout=TIMEOUTS)
    return _made(raise_for(await _answered(client, request), N8N))


async def _answered(client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    try:
        return await client.send(request)
    except httpx.RequestError as fault:
        problem: Signal = judged(fault, request, N8N)
    raise problem  # outside of the handler: the fault holds the address


def _url(settings: Settings) -> str:
    base = (settings.n8n_webhook_url or "").rstrip("/")
    if not base:
        raise Misconfigured("N8N_WEBHOOK_URL is not set", dependency=N8N.dependency)
    return f"{base}/{PATH}"


def _login(settings: Settings) -> dict[str, str]:
    token = settings.n8n_webhook_token
    if not token.isascii() or not token.isprintable():
        raise Misconfigured("N8N_WEBHOOK_TOKEN is no token", dependency=N8N.dependency)
    return {"Authorization": f"Bearer {token}"} if token else {}


def _made(response: httpx.Response) -> Made:
    """What the last node of the workflow tells, by itself or as the first of a list."""
    try:
        told: Any = msgspec.json.decode(response.content)
        return msgspec.convert(told[0] if isinstance(told, list) else told, Made, strict=False)
    except (msgspec.MsgspecError, IndexError):
        raise NoId("n8n's workflow tells no id of what it has made", dependency=N8N.dependency) from None
