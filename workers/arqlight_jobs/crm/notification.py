"""The queue of notifications to users of the CRM, and its one job type.

A job without a channel decides whether and how, and queues one of its own type for each channel: one that is dead then
holds no other.
"""

from functools import partial
from typing import Any

from msgspec.structs import replace

from arqlight_core.clock import now
from arqlight_core.declaration import Queue
from arqlight_core.errors import Discard, Snooze
from arqlight_core.policy import DAY, SECOND, Backoff, Dependency, Keep, Retention
from arqlight_core.run import Run
from arqlight_jobs.crm.notification_channels import WAYS, Told, key_of
from arqlight_jobs.crm.people import User, user_of
from arqlight_jobs.crm.records import Records, records
from arqlight_jobs.crm.requests import NotificationAsked
from arqlight_jobs.outbound.effects import outbox
from arqlight_jobs.outbound.outbox import Policy, once
from arqlight_jobs.providers import smtp
from arqlight_jobs.providers.receiver import RECEIVER
from arqlight_jobs.providers.telegram import TELEGRAM
from arqlight_jobs.quiet_hours import quiet_until

SEND = "crm.notification.send"

TOO_LATE = 2 * DAY
"""After it nobody wants the notification any more; quiet hours last less than one day."""

notifications = Queue(
    name="crm:notification",
    purpose="Tells users of the CRM in their inbox, by mail, webhook and Telegram.",
    concurrency=5,
    retention=Retention(completed=Keep(100, DAY), dead=Keep(500, 7 * DAY)),
)


def _job_id(asked: NotificationAsked) -> str:
    return f"{key_of(asked)}:{asked.channel}" if asked.channel else key_of(asked)


@notifications.job(
    SEND,
    NotificationAsked,
    timeout=30 * SECOND,
    retry=Backoff(5, first=5 * SECOND),
    deadline=TOO_LATE,
    sensitive=("title", "text"),
    id_of=_job_id,
    needs=(
        Dependency(smtp.DEPENDENCY, concerns=lambda asked: asked.channel == "email"),
        Dependency(RECEIVER.dependency, concerns=lambda asked: asked.channel == "webhook"),
        Dependency(TELEGRAM.dependency, concerns=lambda asked: asked.channel == "telegram"),
    ),
    at_least_once=True,
    follow_ups=(SEND,),
)
async def send(run: Run, asked: NotificationAsked) -> dict[str, Any]:
    """Tell a user something, over each channel that the user wants, and not in quiet hours."""
    opened = await run.open(records)
    async with opened.engine.connect() as connection:
        user = await user_of(connection, asked.user)
    if asked.channel not in ("", "inapp"):  # to decide and to fill the inbox disturbs nobody
        _check_quiet(user)
    return await _told(run, opened, user, asked) if asked.channel else await _spread(run, opened, user, asked)


async def _spread(run: Run, opened: Records, user: User, asked: NotificationAsked) -> dict[str, Any]:
    wanted = ("inapp", *(name for name in WAYS if name in user.channels and name != "inapp"))
    channels = [name for name in wanted if WAYS[name].is_set(opened.settings)]
    for channel in channels:
        await run.enqueue(SEND, replace(asked, channel=channel))
    return {"channels": channels, "not_set_up": [name for name in wanted if name not in channels]}


async def _told(run: Run, opened: Records, user: User, asked: NotificationAsked) -> dict[str, Any]:
    """Send each part once. Raises what the channel raises."""
    way, box, parts = WAYS[asked.channel], await run.open(outbox), WAYS[asked.channel].parts(asked)
    if not way.is_set(opened.settings):
        raise Discard(f"The channel {asked.channel} is not set up any more.")
    sent: list[str | None] = []
    for number, text in enumerate(parts):
        told = Told(asked, user, text, f"{key_of(asked)}:{asked.channel}:{number}")
        made = await once(box, run, told.key, Policy.AT_LEAST_ONCE, partial(way.send, run, opened, told))
        sent.append(made.provider_id)
        run.progress(number + 1, len(parts), asked.channel)
    return {"channel": asked.channel, "sent": sent}


def _check_quiet(user: User) -> None:
    """Raises Snooze until the end of the user's quiet hours."""
    until = quiet_until(now(), user.quiet_from, user.quiet_to, user.timezone)
    if until:
        raise Snooze(until, "the user's quiet hours")
