"""The queue of reminders that are due, and its one job type.

Who has a chat is told there, by the queue of Telegram messages. Anybody else is mailed to, by a second job of this
type: a mail server's breaker then holds mails alone.
"""

from functools import partial
from typing import Any

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_core.clock import now
from arqlight_core.errors import Discard, Snooze, Unavailable, UsageError
from arqlight_core.policy import Dependency, gives_up
from arqlight_core.run import Run
from arqlight_core.settings import Settings
from arqlight_jobs.flrts import reminding, saying
from arqlight_jobs.flrts.mirror import Task, task_of
from arqlight_jobs.flrts.people import User, chats_of, user_of
from arqlight_jobs.flrts.reckoning import Timing, timing
from arqlight_jobs.flrts.records import Records, records
from arqlight_jobs.flrts.reminders_schedule_plan import MISSED
from arqlight_jobs.flrts.reminders_send_text import text_of
from arqlight_jobs.flrts.reminding import OPEN, Reminder, State
from arqlight_jobs.flrts.requests import ReminderDue
from arqlight_jobs.flrts.terms import RETRY, TIMEOUT, queue
from arqlight_jobs.outbound.effects import outbox
from arqlight_jobs.outbound.outbox import Policy, once
from arqlight_jobs.providers import smtp
from arqlight_jobs.providers.headers import address_of, sender_of
from arqlight_jobs.providers.mail import Mail, mime_of

SEND = "flrts.reminders.send"

EMAIL = "email"

sends = queue("flrts:reminders:send", "Reminds users of tasks, by Telegram or by mail.")


def job_id(asked: ReminderDue) -> str:
    """One job for each version, and one more for its mail."""
    return ":".join(filter(None, (asked.reminder, str(asked.version), asked.channel)))


@sends.job(
    SEND,
    ReminderDue,
    timeout=TIMEOUT,
    retry=RETRY,
    id_of=job_id,
    needs=(Dependency(smtp.DEPENDENCY, concerns=lambda asked: asked.channel == EMAIL),),
    at_least_once=True,
    follow_ups=(SEND, saying.SEND),
)
async def send(run: Run, asked: ReminderDue) -> dict[str, Any]:
    """Remind somebody of a task when it is due, unless that is not wanted any more."""
    opened = await run.open(records)
    async with opened.engine.begin() as connection:
        one = await reminding.reminder_of(connection, asked.reminder)
        if one is None or one.version != asked.version or one.state not in OPEN:
            return {"sent": False, "reason": _outdated(one, asked)}
        if now() < one.due_at:
            raise Snooze(one.due_at, "it is not due yet")
        task = await task_of(connection, one.task)
        moot = _moot(one, task)
        if moot is not None:
            await reminding.end(connection, one, *moot, now())
    if moot is not None or task is None:
        return {"sent": False, "reason": moot and moot[1]}
    run.progress(50, 100, "wanted")
    told = await _accounted(run, opened, one, task, asked)
    run.progress(100, 100, "sent")
    return told


def _outdated(one: Reminder | None, asked: ReminderDue) -> str:
    if one is None:
        return "the reminder is gone"
    return f"it is {one.state}" if one.version == asked.version else f"version {one.version} is planned"


def _moot(one: Reminder, task: Task | None) -> tuple[State, str] | None:
    """How it ends unsent, and why; None when it is to be sent."""
    if task is None:
        return State.CANCELLED, "the task is gone"
    if task.closed:
        return State.CANCELLED, "the task is closed"
    if timing(one.due_at, now()) is Timing.MISSED:
        return State.SKIPPED, MISSED
    return None


async def _accounted(run: Run, opened: Records, one: Reminder, task: Task, asked: ReminderDue) -> dict[str, Any]:
    """Send it, and note it where that has failed for good. Raises what the channel raises."""
    try:
        return await _sent(run, opened, one, task, asked)
    except (Discard, Unavailable) as problem:
        if isinstance(problem, Discard) or gives_up(RETRY, run.attempt, problem):
            async with opened.engine.begin() as connection:
                await reminding.end(connection, one, State.FAILED, str(problem), now())
        raise


async def _sent(run: Run, opened: Records, one: Reminder, task: Task, asked: ReminderDue) -> dict[str, Any]:
    async with opened.engine.connect() as connection:
        user = await user_of(connection, one.user)
        by = asked.channel or await _way_to(connection, user, opened.settings)
    text = _text(one, task, user)
    if by == EMAIL and not asked.channel:
        await run.enqueue(SEND, replace(asked, channel=EMAIL))
        return {"sent": False, "by": EMAIL}
    if by == EMAIL:
        key = f"reminder:{one.id}:{one.version}:{EMAIL}"
        mail = _mail(one, user, text, opened.settings)
        await once(await run.open(outbox), run, key, Policy.AT_LEAST_ONCE, partial(_mailed, opened.settings, mail))
    else:
        await saying.say(run, opened.engine, f"reminder-{one.id}-{one.version}", text, user=user.id)
    async with opened.engine.begin() as connection:
        await reminding.end(connection, one, State.SENT, by, now())
    return {"sent": True, "by": by}


async def _way_to(connection: AsyncConnection, user: User, settings: Settings) -> str:
    """`telegram` or EMAIL. Raises Discard when there is neither."""
    chats = await chats_of(connection, user.id)
    if chats and settings.telegram_bot_token:
        return "telegram"
    if user.email and can_mail(settings):
        return EMAIL
    chat = "TELEGRAM_BOT_TOKEN is not set" if chats else "no chat of theirs can be written to"
    mail = "SMTP_HOST or an address to mail from is not set" if user.email else "they have no mail address"
    raise Discard(f"{user.id} cannot be reached: {chat}, and {mail}")


def can_mail(settings: Settings) -> bool:
    """Whether there is a server to mail by, and an address to mail from."""
    return bool(settings.smtp_host and (settings.notify_from or settings.mail_from))


def _text(one: Reminder, task: Task, user: User) -> str:
    try:
        return text_of(one, task, user, now())
    except UsageError as problem:
        raise Discard(str(problem)) from None


def _mail(one: Reminder, user: User, text: str, settings: Settings) -> Mail:
    """The mail; each time it is sent under the same Message-ID."""
    name, sender = sender_of(settings.notify_from or settings.mail_from, "the sender")
    return Mail(
        to=user.email,
        sender=sender,
        sender_name=name,
        subject=" ".join(text.splitlines()[0].split()),
        text=text,
        message_id=f"reminder-{one.id}-{one.version}",
        headers={"Auto-Submitted": "auto-generated"},
    )


async def _mailed(settings: Settings, mail: Mail) -> str:
    message = mime_of(mail, now())
    await smtp.send(settings, message, [address_of(mail.to, "the address")])
    return str(message["Message-ID"])
