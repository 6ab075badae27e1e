"""Who sends, to whom, and what, as jobs look them up. What is not there cannot be served: Discard."""

import html
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_jobs.outbound.placeholders import filled
from arqlight_jobs.outbound.rows import the_one
from arqlight_jobs.outreach.requests import Channel
from arqlight_jobs.outreach.states import CampaignState
from arqlight_jobs.outreach.tables import campaigns, contacts, nodes, senders


@dataclass(frozen=True, slots=True)
class Campaign:
    """A graph of nodes that contacts are led through."""

    id: str
    tenant: str
    name: str
    state: CampaignState
    entry: str
    quiet_from: str
    quiet_to: str
    timezone: str
    correlation_id: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Sender:
    """An address or number that a tenant sends from."""

    id: str
    tenant: str
    channel: Channel
    address: str
    name: str


@dataclass(frozen=True, slots=True)
class Node:
    """What is sent at one place of a campaign, and after how many seconds nobody has opened or clicked it."""

    campaign: str
    id: str
    channel: Channel
    sender: str
    subject: str
    text: str
    html: str
    no_open: int | None
    no_click: int | None


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody to write to."""

    id: str
    tenant: str
    email: str
    phone: str
    name: str
    consent: bool
    timezone: str
    fields: dict[str, Any]

    def address(self, channel: Channel) -> str:
        """Where a channel reaches them; '' for nowhere."""
        return self.email if channel == "email" else self.phone

    def words(self, text: str, *, as_html: bool = False) -> str:
        """The text with this contact's own words in its placeholders."""
        return filled(text, lambda name: html.escape(self._word(name)) if as_html else self._word(name))

    def _word(self, name: str) -> str:
        if name.startswith("fields."):
            return str(self.fields.get(name.removeprefix("fields."), ""))
        return str(getattr(self, name)) if name in ("name", "email", "phone") else ""


async def campaign_of(connection: AsyncConnection, tenant: str, campaign: str) -> Campaign:
    """The campaign of that id, if it is the tenant's. Raises Discard."""
    found = await the_one(connection, Campaign, campaigns, "campaign", id=campaign, tenant=tenant)
    return replace(found, state=CampaignState(found.state))


async def node_of(connection: AsyncConnection, campaign: str, node: str) -> Node:
    """The node of that campaign. Raises Discard."""
    return await the_one(connection, Node, nodes, "node", id=node, campaign=campaign)


async def sender_of(connection: AsyncConnection, tenant: str, sender: str) -> Sender:
    """The tenant's sender. Raises Discard."""
    return await the_one(connection, Sender, senders, "sender", id=sender, tenant=tenant)


async def contact_of(connection: AsyncConnection, tenant: str, contact: str) -> Contact:
    """The tenant's contact. Raises Discard."""
    return await the_one(connection, Contact, contacts, "contact", id=contact, tenant=tenant)
