"""The queue that reads what SendGrid has posted, and its one job type."""

from typing import Any

from sqlalchemy import select, update

from arqlight_core.clock import monotonic, now
from arqlight_core.declaration import Queue
from arqlight_core.errors import Discard, Snooze
from arqlight_core.policy import MINUTE, SECOND, Priority
from arqlight_core.run import Run
from arqlight_jobs.outreach.case import case_of
from arqlight_jobs.outreach.journeys import send_on
from arqlight_jobs.outreach.records import Records, records
from arqlight_jobs.outreach.reporting import Batch
from arqlight_jobs.outreach.requests import WebhookAsked
from arqlight_jobs.outreach.sending import found_sent
from arqlight_jobs.outreach.sends import KEPT, RETRY
from arqlight_jobs.outreach.tables import events, webhooks
from arqlight_jobs.providers import sendgrid_events

WITHIN_S = 30.0
"""Seconds that one run reads events, half of its timeout: of a post that takes longer the next run reads the rest."""

reports = Queue(
    name="outreach:webhook-process",
    purpose="Reads what SendGrid reports of mails: delivered, opened, clicked, bounced, unsubscribed.",
    concurrency=10,
    weight=4,
    retention=KEPT,
)


@reports.job(
    "webhook.process.sendgrid",
    WebhookAsked,
    timeout=MINUTE,
    retry=RETRY,
    priority=Priority.HIGH,
    id_of=lambda asked: asked.webhook,
    follow_ups=("outreach.send", "outreach.timeout"),
)
async def process(run: Run, asked: WebhookAsked) -> dict[str, Any]:
    """Read a batch of events, each once, whatever its order, and go where opens and clicks lead."""
    opened = await run.open(records)
    entries = sendgrid_events.batch(await _raw(opened, asked))
    if entries is None:
        await _processed(opened, asked.webhook)  # read as far as it can be: it is to be forgotten like the others
        raise Discard(f"the post {asked.webhook} is no array of events")
    batch = Batch(opened, asked)
    fresh, until = await batch.fresh(entries), monotonic() + WITHIN_S
    for left, entry in zip(range(len(fresh), 0, -1), fresh, strict=True):
        if monotonic() > until:
            raise Snooze(SECOND, f"{left} events are left to the next run")
        await batch.take(entry)
        run.progress(len(entries) - left + 1, len(entries), "events")
    for action in await batch.in_doubt():
        await found_sent(await case_of(run, asked.tenant, action), asked.webhook)
    brought = select(events.c.key).where(events.c.webhook == asked.webhook)  # also by a run before
    triggered = await send_on(run, opened, brought)
    await _processed(opened, asked.webhook)
    return {"success": True, **batch.told, "transitions_triggered": triggered}


async def _raw(opened: Records, asked: WebhookAsked) -> bytes:
    own = webhooks.c.id == asked.webhook, webhooks.c.tenant == asked.tenant
    async with opened.engine.connect() as connection:
        raw = (await connection.execute(select(webhooks.c.raw).where(*own))).scalar()
    if raw is None:
        raise Discard(f"there is no post {asked.webhook} for {asked.tenant}")
    return raw


async def _processed(opened: Records, webhook: str) -> None:
    async with opened.engine.begin() as connection:
        await connection.execute(update(webhooks).where(webhooks.c.id == webhook).values(processed_at=now()))
