"""The queue of outbound webhooks: events posted to the endpoints of tenants, as Standard Webhooks 1.0 has it.

One job is one delivery, tried by the fleet's own retry policy. A job for each attempt would be needed where a job's
keys expire after a day, as arq's do; ours live as long as the job, and so one line of the control room tells which of
ten attempts it is at, why the last one failed and when the next is due, and what fails for good is one dead letter.
"""

import hashlib
from datetime import timedelta
from typing import Any

from arqlight_core.declaration import Queue
from arqlight_core.policy import DAY, SECOND, STANDARD_WEBHOOKS, Keep, Priority, Retention
from arqlight_core.run import Run
from arqlight_jobs.crm.delivering import opened_delivery
from arqlight_jobs.crm.requests import DeliveryAsked

LANES = 4
"""Posts to one endpoint at a time, less than half of what a worker runs: one that hangs leaves room for the others."""

RETRY = STANDARD_WEBHOOKS

webhooks = Queue(
    name="crm:webhook",
    purpose="Tells tenants' endpoints what happened, signed, for three days if need be.",
    concurrency=10,
    # No breaker over all: endpoints that do not cope are let alone one by one, and no other waits for them.
    retention=Retention(completed=Keep(100, DAY), dead=Keep(500, 7 * DAY)),
)


def _lane(asked: DeliveryAsked) -> str:
    """Of a few that each endpoint has; in each of them one job at a time."""
    lane = hashlib.sha256(asked.delivery.encode()).digest()[0] % LANES
    return f"webhook:{asked.endpoint}:{lane}"


def _id(asked: DeliveryAsked) -> str:
    return f"webhook:{asked.delivery}:{asked.round}"


@webhooks.job(
    "crm.webhook.deliver",
    DeliveryAsked,
    timeout=20 * SECOND,
    retry=RETRY,
    deadline=timedelta(days=7),
    priority=Priority.MEDIUM,
    id_of=_id,
    exclusive=_lane,
    at_least_once=True,
    follow_ups=("crm.notification.send",),
)
async def deliver(run: Run, asked: DeliveryAsked) -> dict[str, Any]:
    """Post an event to an endpoint until it is taken, ten times in three days at most."""
    return await (await opened_delivery(run, asked)).carried_out(RETRY.attempts)
