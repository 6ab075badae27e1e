"""One mail from the asking to the one who carries it: wanted, written, sent once, and told to its campaign.

A campaign's mail is sent at most once. Any other is sent at least once, each time with the same Message-ID.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_core.clock import now
from arqlight_core.errors import Cancel, Discard, LeaseLost, Misconfigured, RateLimited, Snooze, UnknownOutcome
from arqlight_core.policy import MINUTE, SECOND, Backoff, gives_up
from arqlight_core.run import Run
from arqlight_core.settings import Settings
from arqlight_jobs.crm.campaigns import CampaignState, RecipientState
from arqlight_jobs.crm.contents import Content, content_of
from arqlight_jobs.crm.email_writing import is_bulk, mark_of, written
from arqlight_jobs.crm.people import Contact, contact_of, tenant_of
from arqlight_jobs.crm.recipients import campaign_state, mail_effect, put_back, settled
from arqlight_jobs.crm.records import Records, records
from arqlight_jobs.crm.requests import EmailAsked
from arqlight_jobs.crm.suppression import suppress, suppressed
from arqlight_jobs.outbound.client import provider_client
from arqlight_jobs.outbound.effects import Outbox, State, outbox
from arqlight_jobs.outbound.outbox import Policy, once
from arqlight_jobs.providers import sendgrid, smtp
from arqlight_jobs.providers.headers import address_of
from arqlight_jobs.providers.mail import Mail, mime_of

TIMEOUT = MINUTE
RETRY = Backoff(5, first=5 * SECOND, cap=15 * MINUTE)

_WITHIN_S = 45.0
"""For one mail over SMTP, seconds: less than the timeout, after which nobody could say how far it came."""

Post = Callable[[Run, Settings, Mail], Awaitable[str]]
"""Hands a mail over; answers what the other side calls it. Raises signals."""


class Unwanted(Exception):
    """Nothing is to be sent, and nothing is wrong; the message says why and names no person."""


# ------------------------------------------------------------------ who carries it


async def by_smtp(_: Run, settings: Settings, mail: Mail) -> str:
    """Hand it to the mail server; answers the Message-ID."""
    message = mime_of(mail, now())
    await smtp.send(settings, message, [address_of(mail.to, "the address")], within=_WITHIN_S)
    return str(message["Message-ID"])


async def by_sendgrid(run: Run, settings: Settings, mail: Mail) -> str:
    """Hand it to SendGrid; answers the X-Message-Id."""
    return await sendgrid.send(await run.open(provider_client), settings, mail, run.correlation_id)


# ------------------------------------------------------------------ one mail


def effect_of(asked: EmailAsked) -> str:
    """What can happen only once: a campaign's mail to a contact, or this content for this entity."""
    if asked.campaign:
        return mail_effect(asked.campaign, asked.contact)
    return f"email:{asked.tenant}:{asked.content}:{asked.entity}"


async def deliver(run: Run, asked: EmailAsked, post: Post) -> dict[str, Any]:
    """Send the mail, unless it was sent already or is not wanted. Raises signals that say whether to try again."""
    run.progress(0, 100, "looking up")
    opened, box = await run.open(records), await run.open(outbox)
    try:
        async with accounted(opened, run, asked):
            provider_id = await _Letter(run, opened, box, asked).sent(post)
    except Unwanted as reason:
        return {"sent": False, "reason": str(reason)}
    await settled(opened.engine, asked.campaign, asked.contact, RecipientState.SENT)
    run.progress(100, 100, "sent")
    return {"sent": True, "id": provider_id}


@dataclass(frozen=True, slots=True)
class _Letter:
    """A mail in the hands of a run."""

    run: Run
    opened: Records
    box: Outbox
    asked: EmailAsked

    async def sent(self, post: Post) -> str | None:
        """What the one who carries it calls it."""
        asked, key = self.asked, effect_of(self.asked)
        before = await self.box.find(key)
        if before and before.state is State.SENT:
            return before.provider_id
        if asked.campaign and before and before.state in (State.SENDING, State.UNKNOWN):  # whatever has come in between
            return (await once(self.box, self.run, key, Policy.AT_MOST_ONCE, _looked_first)).provider_id
        await _check_campaign(self.opened, asked)
        async with self.opened.engine.connect() as connection:
            tenant = await tenant_of(connection, asked.tenant)
            contact = await contact_of(connection, asked.tenant, asked.contact)
            content = await content_of(connection, asked.tenant, asked.content)
            await self._check_wanted(connection, contact, content)
        mail = written(tenant, contact, content, self.opened.settings, mark_of(key))
        self.run.progress(20, 100, "rendered")
        policy = Policy.AT_MOST_ONCE if asked.campaign else Policy.AT_LEAST_ONCE
        try:
            return (await once(self.box, self.run, key, policy, partial(self._handed_over, post, mail))).provider_id
        except smtp.Bounced as bounced:
            reason = f"hard bounce {bounced.status}"
            await suppress(self.opened.engine, asked.tenant, "email", mail.to, reason)
            raise

    async def _handed_over(self, post: Post, mail: Mail) -> str:
        self.run.progress(60, 100, "handing over")
        return await post(self.run, self.opened.settings, mail)

    async def _check_wanted(self, connection: AsyncConnection, contact: Contact, content: Content) -> None:
        if not contact.email:
            raise Unwanted("the contact has no mail address")
        if (self.asked.campaign or is_bulk(content)) and not contact.consent:
            raise Unwanted("the contact has not agreed to it")
        if reason := await suppressed(connection, self.asked.tenant, "email", contact.email):
            raise Unwanted(f"suppressed: {reason}")


async def _looked_first() -> str:
    """A mail in doubt has turned out to be unsent: the next run looks whether it is still wanted."""
    raise Snooze(SECOND, "it was not sent after all")


# ------------------------------------------------------------------ its campaign


async def _check_campaign(opened: Records, asked: EmailAsked) -> None:
    """Raises Unwanted while the campaign rests, and Cancel when it is over."""
    if not asked.campaign:
        return
    async with opened.engine.connect() as connection:
        state = await campaign_state(connection, asked.campaign)
    if state is CampaignState.RUNNING:
        return
    if state in (CampaignState.PAUSED, CampaignState.STOPPED):
        await put_back(opened.engine, asked.campaign, asked.contact)
        raise _Resting(f"the campaign is {state}")
    raise Cancel("the campaign is over")


class _Resting(Unwanted):
    """The recipient waits for the campaign to go on."""


@asynccontextmanager
async def accounted(opened: Records, run: Run, asked: EmailAsked) -> AsyncGenerator[None]:
    """Tell the campaign how it ended where it was not sent."""
    try:
        yield
    except Exception as problem:
        state = _recipient_state(problem, run.attempt)
        if state:
            await settled(opened.engine, asked.campaign, asked.contact, state, _reason(problem))
        raise


def _recipient_state(problem: Exception, attempt: int) -> RecipientState | None:
    """What the end of this attempt is to the recipient; None when another follows."""
    match problem:
        case _Resting() | LeaseLost() | Misconfigured() | RateLimited() | Snooze():
            return None
        case Unwanted():
            return RecipientState.SKIPPED
        case Cancel():
            return RecipientState.CANCELLED
        case UnknownOutcome():
            return RecipientState.UNKNOWN
        case Discard():
            return RecipientState.FAILED
        case _:
            return RecipientState.FAILED if gives_up(RETRY, attempt, problem) else None


def _reason(problem: Exception) -> str:
    known = isinstance(problem, Unwanted | Cancel | UnknownOutcome | Discard)
    return str(problem) if known else f"gave up: {type(problem).__name__}"  # another's words may quote an address
