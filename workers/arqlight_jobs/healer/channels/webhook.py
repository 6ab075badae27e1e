"""Notices to a webhook; the id stays the same when one is sent again."""

from typing import Any

import msgspec

from arqlight_core.run import Run
from arqlight_core.settings import Settings
from arqlight_jobs.healer.channels.letter import Channel, Letter, whole
from arqlight_jobs.outbound.client import webhook_client
from arqlight_jobs.providers import receiver


async def send(run: Run, settings: Settings, letter: Letter) -> str:
    """Post it; answers its id."""
    client = await run.open(webhook_client)
    return await receiver.post(client, settings, f"msg_{letter.id}", body_of(letter), run.correlation_id)


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


CHANNEL = Channel(receiver.is_set, whole, send)
