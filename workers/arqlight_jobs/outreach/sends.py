"""The queue of scheduled actions and its one job type.

The six windows are those of tenant and channel, and of the sender: a minute, an hour, a day each. A job takes its place
in all six or in none; what is over its limits waits, and no attempt is burnt.
"""

from typing import Any

from arqlight_core.declaration import Queue
from arqlight_core.errors import Discard
from arqlight_core.policy import DAY, HOUR, MINUTE, SECOND, Backoff, Dependency, Keep, Limit, Priority, Rate, Retention
from arqlight_core.run import Run
from arqlight_jobs.outreach.case import case_of
from arqlight_jobs.outreach.requests import Channel, SendAsked
from arqlight_jobs.outreach.sending import carried_out, followed_up
from arqlight_jobs.providers.sendgrid import SENDGRID
from arqlight_jobs.providers.twilio import TWILIO

RATES: dict[Channel, tuple[Rate, ...]] = {
    "email": (Rate(20, MINUTE), Rate(1000, HOUR), Rate(10_000, DAY)),
    "sms": (Rate(10, MINUTE), Rate(500, HOUR), Rate(5000, DAY)),
}
"""The same for a tenant and for each of its senders, counted by themselves."""

KEPT = Retention(completed=Keep(100, DAY), dead=Keep(50, 7 * DAY))

RETRY = Backoff(3, first=2 * SECOND)


def limits(rates: dict[Channel, tuple[Rate, ...]]) -> tuple[Limit, ...]:
    """Two exact limits for each channel: of the tenant, and of the sender."""
    return tuple(limit for channel in rates for limit in _of_channel(channel, rates[channel]))


def _of_channel(channel: Channel, rates: tuple[Rate, ...]) -> tuple[Limit, ...]:
    def tenant(asked: SendAsked) -> str | None:
        return asked.tenant if asked.channel == channel else None

    def sender(asked: SendAsked) -> str | None:
        return f"{asked.tenant}/{asked.sender}" if asked.channel == channel else None

    return (
        Limit(f"outreach-{channel}-by-tenant", rates, by=tenant, exact=True),
        Limit(f"outreach-{channel}-by-sender", rates, by=sender, exact=True),
    )


sends = Queue(
    name="outreach:send",
    purpose="Sends what campaigns have scheduled, by mail and SMS.",
    concurrency=3,
    weight=2,
    limits=limits(RATES),
    retention=KEPT,
)


@sends.job(
    "outreach.send",
    SendAsked,
    timeout=30 * SECOND,
    retry=RETRY,
    priority=Priority.MEDIUM,
    id_of=lambda asked: asked.action,
    needs=(
        Dependency(SENDGRID.dependency, concerns=lambda asked: asked.channel == "email"),
        Dependency(TWILIO.dependency, concerns=lambda asked: asked.channel == "sms"),
    ),
    follow_ups=("outreach.send", "outreach.timeout"),
)
async def send(run: Run, asked: SendAsked) -> dict[str, Any]:
    """Send a scheduled mail or SMS, once, when it is due and the contact may be written to."""
    found = await case_of(run, asked.tenant, asked.action)
    if asked != found.action.asked:
        raise Discard("it names other than its action does: it would be counted for the wrong limits")
    case = await carried_out(found)
    await followed_up(case)
    run.progress(100, 100, "done")
    return case.result
