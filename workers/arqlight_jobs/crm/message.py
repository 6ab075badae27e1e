"""The queue of WhatsApp messages and its job type: each message is sent once at most, whatever crashes.

A message that nobody may get ends as skipped, one that cannot be sent as a dead letter; its row says why.
"""

from datetime import datetime
from typing import Any

from arqlight_core.clock import now
from arqlight_core.declaration import Queue
from arqlight_core.errors import Cancel, Discard, Snooze, Unavailable, UnknownOutcome
from arqlight_core.policy import DAY, MINUTE, Dependency, Keep, Limit, Rate, Retention
from arqlight_core.run import Run
from arqlight_jobs.crm.campaigns import CampaignState, RecipientState
from arqlight_jobs.crm.contents import Kind, rendered
from arqlight_jobs.crm.happenings import DELIVER, tell_end
from arqlight_jobs.crm.message_records import Letter, Status, effect_of, letter_of
from arqlight_jobs.crm.message_sending import RETRY, SKIPPING, TIMEOUT, Sending, write_end
from arqlight_jobs.crm.people import users_of
from arqlight_jobs.crm.recipients import put_back, settled
from arqlight_jobs.crm.records import Records, records
from arqlight_jobs.crm.requests import MessageAsked, NotificationAsked
from arqlight_jobs.outbound.client import provider_client
from arqlight_jobs.outbound.effects import Outbox, State, outbox
from arqlight_jobs.outbound.outbox import Policy, once
from arqlight_jobs.providers.whatsapp import WHATSAPP, Meaning, is_number, message_of, request_of

WINDOW = DAY
"""How long after a contact has written anything may be said; then WhatsApp takes templates alone."""

NOTIFY = "crm.notification.send"

per_sender = Limit("crm-message-sender", (Rate(20, MINUTE),), by=lambda asked: asked.sender, exact=True)
per_pair = Limit("crm-message-pair", (Rate(54, MINUTE, burst=45),), by=lambda asked: f"{asked.sender}:{asked.contact}")
"""Forty-five at once, then one in six seconds (54 - 45 + 1 = 10 a minute), as WhatsApp has it."""

messages = Queue(
    name="crm:message",
    purpose="WhatsApp messages to contacts, by themselves or of a campaign.",
    concurrency=5,
    limits=(per_sender, per_pair),
    retention=Retention(completed=Keep(100, DAY), dead=Keep(500, 7 * DAY)),
    poison_after=4,  # a short job of one call: a worker lost under it says little about it
)


def message_id(asked: MessageAsked) -> str:
    """What is queued once: the caller's own id of it, of that tenant."""
    return f"{asked.tenant}:{asked.client_ref}"


@messages.job(
    "crm.message.send",
    MessageAsked,
    timeout=TIMEOUT,
    retry=RETRY,
    deadline=DAY,
    id_of=message_id,
    needs=(Dependency(WHATSAPP.dependency),),
    follow_ups=(NOTIFY, DELIVER),
)
async def send(run: Run, asked: MessageAsked) -> dict[str, Any]:
    """Send a WhatsApp message once, if its contact may get it."""
    run.progress(0, 100, "looking up")
    opened = await run.open(records)
    letter = await _looked_up(opened, asked)
    try:
        done = await _ended_early(run, opened, asked, letter) or await _sent(run, opened, asked, letter)
    except (Discard, Unavailable) as signal:
        if isinstance(signal, _Refused):
            async with opened.engine.begin() as connection:
                await write_end(connection, run, asked, Status.FAILED, reason=str(signal))
        await tell_end(run, opened.engine, effect_of(asked))
        raise
    await tell_end(run, opened.engine, effect_of(asked))
    return done


class _Refused(Discard):
    """Not sent, and not written down yet."""


async def _looked_up(opened: Records, asked: MessageAsked) -> Letter:
    try:
        async with opened.engine.connect() as connection:
            return await letter_of(connection, asked)
    except Discard as problem:
        await settled(opened.engine, asked.campaign, asked.contact, RecipientState.FAILED, str(problem))
        raise


async def _ended_early(run: Run, opened: Records, asked: MessageAsked, letter: Letter) -> dict[str, Any] | None:
    """How the job ends before anything is posted; None when the message is to be sent. Raises signals."""
    if letter.wamid:
        return None
    if letter.campaign is CampaignState.CANCELLED:
        await settled(
            opened.engine, asked.campaign, asked.contact, RecipientState.CANCELLED, "the campaign was cancelled"
        )
        raise Cancel("its campaign was cancelled")
    if letter.campaign in (CampaignState.PAUSED, CampaignState.STOPPED):
        await put_back(opened.engine, asked.campaign, asked.contact)
        return {"status": "put back", "reason": f"the campaign is {letter.campaign}"}
    at = now()
    if reason := unwanted(letter, at):
        async with opened.engine.begin() as connection:
            await write_end(connection, run, asked, Status.SKIPPED, reason=reason)
        return {"status": Status.SKIPPED, "reason": reason}
    if unfit := closed_window(letter, at):
        raise _Refused(unfit)
    if wait := waits(letter, at):
        async with opened.engine.begin() as connection:
            await write_end(connection, run, asked, Status.QUEUED, reason=str(wait))
        raise wait
    return None


def unwanted(letter: Letter, at: datetime) -> str:
    """Why the contact is not to get it; '' when it is."""
    contact = letter.contact
    marketing = letter.content.kind is Kind.TEMPLATE and letter.content.body.get("marketing") is True
    reasons = {
        "no number": not letter.number,
        "invalid number": not is_number(letter.number),
        f"suppressed: {letter.suppressed}": letter.suppressed is not None,
        "no consent": not contact.consent and not answers(letter, at),
        "marketing cap": marketing and contact.no_marketing_before is not None and contact.no_marketing_before > at,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def answers(letter: Letter, at: datetime) -> bool:
    """Whether this is an answer to what the contact has written within the window, which needs no other consent."""
    return letter.campaign is None and letter.content.kind is not Kind.TEMPLATE and is_open(letter, at)


def is_open(letter: Letter, at: datetime) -> bool:
    """Whether the contact has written within the last 24 h."""
    last = letter.contact.last_inbound_at
    return last is not None and at - last < WINDOW


def closed_window(letter: Letter, at: datetime) -> str:
    """Why free text cannot be sent; '' for a template, and while the window is open."""
    if letter.content.kind is Kind.TEMPLATE or is_open(letter, at):
        return ""
    return "the window of 24 h is closed: only a template can be sent"


def waits(letter: Letter, at: datetime) -> Snooze | None:
    """What the message has to wait for before anybody is asked."""
    sender = letter.sender
    if sender.paused_until is not None and sender.paused_until > at:
        return Snooze(sender.paused_until, f"the sender is paused: {sender.paused_because}")
    if letter.pair_until is not None and letter.pair_until > at:
        return Snooze(letter.pair_until, "WhatsApp wants fewer messages to one number")
    return None


async def _sent(run: Run, opened: Records, asked: MessageAsked, letter: Letter) -> dict[str, Any]:
    client, box = await run.open(provider_client), await run.open(outbox)
    if letter.wamid and await _is_over(box, asked):
        await settled(opened.engine, asked.campaign, asked.contact, RecipientState.SENT)
        return {"status": Status.SENT}
    try:
        body = rendered(letter.content.body, letter.contact)
        message = message_of(letter.number, letter.content.kind, body, run.job_id)
        request = request_of(client, opened.settings, asked.sender, message, run.correlation_id)
    except Discard as unfit:
        raise _Refused(str(unfit)) from None
    run.progress(30, 100, "admitted")
    sending = Sending(run, client, request, asked, letter)

    async def told_by_webhook() -> str | None:
        return letter.wamid

    try:
        effect = await once(
            box, run, effect_of(asked), Policy.AT_MOST_ONCE, sending.post, told_by_webhook, record=sending.record
        )
    except (Discard, Snooze, UnknownOutcome) as signal:
        return await _unsent(run, opened, sending, signal)
    if not sending.is_recorded:  # by an earlier run, or an operator's word
        async with box.engine.begin() as connection:
            await sending.record(connection, effect)
    run.progress(100, 100, "sent")
    return {"status": Status.SENT}


async def _is_over(box: Outbox, asked: MessageAsked) -> bool:
    """Whether a message that has an id at WhatsApp needs nothing more: its effect may be forgotten before it is."""
    effect = await box.find(effect_of(asked))
    return effect is None or effect.state is State.SENT


async def _unsent(
    run: Run, opened: Records, sending: Sending, signal: Discard | Snooze | UnknownOutcome
) -> dict[str, Any]:
    """What is left to do when the end is written down. Raises the signal unless nothing is wrong."""
    if sending.meaning in SKIPPING:
        return {"status": Status.SKIPPED, "reason": str(sending.meaning)}
    if sending.meaning is Meaning.SENDER_SPAM:
        await _alert(run, opened, sending.asked)
    if isinstance(signal, UnknownOutcome) and not signal.dependency:
        raise Discard(f"unknown outcome: {signal.reason}") from signal  # a crash of ours is no fault of WhatsApp's
    raise signal


async def _alert(run: Run, opened: Records, asked: MessageAsked) -> None:
    async with opened.engine.connect() as connection:
        users = await users_of(connection, asked.tenant)
    told: dict[str, Any] = {
        "title": f"The WhatsApp sender {asked.sender} is paused for an hour",
        "text": "WhatsApp holds its messages back as spam. Look at what was sent, and to whom, before it goes on.",
        "bucket": f"{now():%Y%m%d%H}",
    }
    for user in users:
        await run.enqueue(NOTIFY, NotificationAsked(user, "sender.paused", asked.sender, **told))
    if not users:
        run.log(f"the sender {asked.sender} is paused for an hour as spam, and the tenant has no user to tell")
