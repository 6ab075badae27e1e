"""The receiver of notices that the settings name: posted to as Standard Webhooks 1.0 has it, signed by each secret."""

import httpx

from arqlight_core.clock import now
from arqlight_core.settings import Settings
from arqlight_jobs.outbound.client import correlated
from arqlight_jobs.outbound.guard import given_url
from arqlight_jobs.outbound.hints import WEBHOOK_CAP
from arqlight_jobs.outbound.signing import signed
from arqlight_jobs.outbound.verdict import Provider, Verdict, judged_call

_GONE, _TOO_MANY = 410, 429
RECEIVER = Provider(
    dependency="notification-webhook",
    statuses={status: Verdict.RETRYABLE for status in range(300, 600) if status not in (_GONE, _TOO_MANY)},
    cap=WEBHOOK_CAP,
)
"""Whatever is no success may pass, as the standard has it; only 410 says that nobody wants it any more."""


def is_set(settings: Settings) -> bool:
    """Whether there is an address to post to."""
    return bool(settings.notify_webhook_url)


async def post(client: httpx.AsyncClient, settings: Settings, message_id: str, body: bytes, correlation_id: str) -> str:
    """Post it; answers its id, which stays the same when it is posted again. Raises signals.

    `client` is one that keeps to the outside: the address was given by a person.
    """
    headers = {
        **signed(settings.notify_webhook_secrets.split(","), message_id, now(), body),
        "content-type": "application/json",
    }
    url = given_url(settings.notify_webhook_url)
    request = httpx.Request("POST", url, content=body, headers=correlated(correlation_id, headers))
    await judged_call(client, request, RECEIVER)
    return message_id
