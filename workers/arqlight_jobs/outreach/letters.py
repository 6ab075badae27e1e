"""What goes to the providers: a mail by SendGrid, an SMS by Twilio."""

from collections.abc import Sequence
from dataclasses import dataclass

import httpx
from sqlalchemy import func, select

from arqlight_core.clock import now
from arqlight_jobs.outbound.client import provider_client
from arqlight_jobs.outreach.case import Case
from arqlight_jobs.outreach.tables import scheduled_actions
from arqlight_jobs.providers import sendgrid, twilio

ARGUMENT = "outreach_action"
"""The custom argument by which SendGrid's events are found again: it brings back the action's id."""


@dataclass(frozen=True, slots=True)
class MailLetter:
    """What is sent by mail."""

    case: Case
    client: httpx.AsyncClient

    async def send(self) -> str:
        """Hand it over; answers the X-Message-Id."""
        case, node, sender = self.case, self.case.node, self.case.sender
        mail = sendgrid.Mail(
            to=case.address,
            to_name=case.contact.name,
            sender=sender.address,
            sender_name=sender.name,
            subject=case.contact.words(node.subject),
            text=case.contact.words(node.text),
            html=case.contact.words(node.html, as_html=True),
            custom_args={ARGUMENT: case.action.id},
            tracked=True,
        )
        return await sendgrid.send(self.client, case.records.settings, mail, case.run.correlation_id)

    async def look_up(self) -> str | None:
        """The X-Message-Id, if events tell of the mail already: SendGrid itself cannot be asked for one.

        Our own id where they tell of the mail without it.
        """
        c = scheduled_actions.c
        chosen = select(func.coalesce(c.provider_id, c.id)).where(c.id == self.case.action.id, c.delivery != "")
        async with self.case.records.engine.connect() as connection:
            return (await connection.execute(chosen)).scalar()


@dataclass(frozen=True, slots=True)
class TextLetter:
    """What is sent by SMS."""

    case: Case
    client: httpx.AsyncClient

    @property
    def sms(self) -> twilio.Sms:
        """The message with the contact's own words in it."""
        body = self.case.contact.words(self.case.node.text)
        return twilio.Sms(to=self.case.address, sender=self.case.sender.address, body=body)

    async def send(self) -> str:
        """Hand it over; answers the sid."""
        case = self.case
        return await twilio.send(self.client, case.records.settings, self.sms, case.run.correlation_id)

    async def look_up(self) -> str | None:
        """The message with this text that no other action has sent."""
        since = self.case.action.taken_at or now()
        found = await twilio.look_up(self.client, self.case.records.settings, self.sms, since)
        theirs = await self._of_others(found)
        return next((sid for sid in found if sid not in theirs), None)

    async def _of_others(self, found: Sequence[str]) -> set[str]:
        c = scheduled_actions.c
        chosen = select(c.provider_id).where(c.provider_id.in_(found), c.id != self.case.action.id)
        async with self.case.records.engine.connect() as connection:
            return set((await connection.execute(chosen)).scalars())


async def letter_of(case: Case) -> MailLetter | TextLetter:
    """What is sent for the case, over its channel."""
    client = await case.run.open(provider_client)
    return MailLetter(case, client) if case.action.channel == "email" else TextLetter(case, client)
