"""Notices to a webhook, signed as Standard Webhooks are; the id stays the same when one is sent again."""

from typing import Any

import httpx
import msgspec

from arqlight_core.clock import now
from arqlight_core.run import Run
from arqlight_core.settings import Settings
from arqlight_jobs.healer.channels.letter import Channel, Letter, whole
from arqlight_jobs.outbound.client import correlated, webhook_client
from arqlight_jobs.outbound.guard import given_url
from arqlight_jobs.outbound.hints import WEBHOOK_CAP
from arqlight_jobs.outbound.signing import signed
from arqlight_jobs.outbound.verdict import Provider, Verdict, judged_call

_GONE, _TOO_MANY = 410, 429
RECEIVER = Provider(
    dependency="notification webhook",
    statuses={status: Verdict.RETRYABLE for status in range(300, 600) if status not in (_GONE, _TOO_MANY)},
    cap=WEBHOOK_CAP,
)
"""Whatever is no success may pass, as the standard has it; only 410 says that nobody wants it any more."""


def is_set(settings: Settings) -> bool:
    """Whether there is an address to post to."""
    return bool(settings.notify_webhook_url)


async def send(run: Run, settings: Settings, letter: Letter) -> str:
    """Post it; answers its id."""
    body, message_id = body_of(letter), f"msg_{letter.id}"
    secrets = settings.notify_webhook_secrets.split(",")
    headers = {**signed(secrets, message_id, now(), body), "content-type": "application/json"}
    request = httpx.Request(
        "POST",
        given_url(settings.notify_webhook_url),
        content=body,
        headers=correlated(run.correlation_id, headers),
    )
    await judged_call(await run.open(webhook_client), request, RECEIVER)
    return message_id


def body_of(letter: Letter) -> bytes:
    """What is posted, the same for every attempt."""
    notice = letter.notice
    data: dict[str, Any] = {
        "id": notice.id,
        "severity": notice.severity,
        "subject": notice.subject,
        "title": notice.title,
        "text": letter.text,
        "facts": notice.facts,
        **({"csv": notice.table} if notice.table else {}),
    }
    told = {"type": f"notice.{notice.kind}", "timestamp": notice.created_at, "data": data}
    return msgspec.json.encode(told)


CHANNEL = Channel(is_set, whole, send)
