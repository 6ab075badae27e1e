"""Whom a campaign is for, written down once: contact by contact, those left out with the reason.

It is taken in pages, each one transaction that also says how far it is: whoever is killed in the middle loses nothing,
and of two who do it at a time one gives way.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from arqlight_core.clock import now
from arqlight_core.errors import LeaseLost
from arqlight_jobs.crm.campaigns import Campaign, RecipientState
from arqlight_jobs.crm.contents import Content, Kind
from arqlight_jobs.crm.suppression import digest_of
from arqlight_jobs.crm.tables.messaging import campaigns, recipients
from arqlight_jobs.crm.tables.people import contacts, suppressions
from arqlight_jobs.providers.whatsapp import is_number

PAGE = 500
"""Contacts that are looked at in one transaction."""

_MAIL = re.compile(r"[^@\s]+@[^@\s]+")

Found = tuple[str, Row[Any] | None]
"""A contact's id, and the contact if it is there."""


@dataclass(frozen=True, slots=True)
class _Page:
    """The next contacts, in the order of their ids."""

    found: Sequence[Found]
    last: str
    is_last: bool


async def freeze_page(engine: AsyncEngine, campaign: Campaign, content: Content) -> bool:
    """Write down the next of its recipients; whether all are now. Raises LeaseLost when another run does it."""
    async with engine.begin() as connection:
        page = await _next(connection, campaign)
        rows = await _rows(connection, campaign, content, page.found)
        values = {"frozen_to": page.last, "is_frozen": page.is_last, "total": campaigns.c.total + len(rows)}
        mine = campaigns.c.id == campaign.id, campaigns.c.frozen_to == campaign.frozen_to
        chosen = update(campaigns).where(*mine, campaigns.c.is_frozen.is_(False))
        if (await connection.execute(chosen.values(**values))).rowcount != 1:
            raise LeaseLost(f"another run takes in the audience of campaign {campaign.id}")
        if rows:
            await connection.execute(insert(recipients), rows)
    return page.is_last


# ------------------------------------------------------------------ who is meant


async def _next(connection: AsyncConnection, campaign: Campaign) -> _Page:
    if "contacts" in campaign.audience:
        return await _named(connection, campaign)
    chosen = _contacts(campaign).where(contacts.c.id > campaign.frozen_to)
    found = (await connection.execute(chosen.order_by(contacts.c.id).limit(PAGE))).all()
    wanted = set(campaign.audience.get("tags", ()))
    meant = [(row.id, row) for row in found if not wanted or wanted & set(row.tags)]
    last = found[-1].id if found else campaign.frozen_to
    return _Page(meant, last, len(found) < PAGE)


async def _named(connection: AsyncConnection, campaign: Campaign) -> _Page:
    left = sorted(one for one in set(campaign.audience["contacts"]) if one > campaign.frozen_to)
    ids = left[:PAGE]
    chosen = _contacts(campaign).where(contacts.c.id.in_(ids))
    there = {row.id: row for row in await connection.execute(chosen)}
    last = ids[-1] if ids else campaign.frozen_to
    return _Page([(one, there.get(one)) for one in ids], last, len(left) <= PAGE)


def _contacts(campaign: Campaign) -> Any:
    mine = contacts.c
    columns = (mine.id, mine.phone, mine.email, mine.consent, mine.tags, mine.no_marketing_before)
    return select(*columns).where(mine.tenant == campaign.tenant, mine.created_at <= (campaign.started_at or now()))


# ------------------------------------------------------------------ who gets it


async def _rows(
    connection: AsyncConnection, campaign: Campaign, content: Content, found: Sequence[Found]
) -> list[dict[str, Any]]:
    addresses = {id_: digest_of(address) for id_, row in found if row and (address := _address(campaign, row))}
    blocked = await _suppressed(connection, campaign, addresses.values())
    taken = await _taken(connection, campaign, addresses.values())
    at = now()
    rows: list[dict[str, Any]] = []
    for id_, contact in found:
        address = addresses.get(id_, "")
        reason = _left_out(campaign, content, contact, at) or _repeated(address, blocked, taken)
        taken.add(address)
        state = RecipientState.SKIPPED if reason else RecipientState.PENDING
        row = {"campaign": campaign.id, "contact": id_, "state": state, "reason": reason, "round": 0, "at": at}
        rows.append({**row, "address": None if reason else address})
    return rows


def _address(campaign: Campaign, contact: Row[Any]) -> str:
    return (contact.email if campaign.channel == "email" else contact.phone) or ""


def _left_out(campaign: Campaign, content: Content, contact: Row[Any] | None, at: datetime) -> str:
    """Why a contact does not get it, as far as that depends on nobody else; '' when it does."""
    if contact is None:
        return "no such contact"
    address = _address(campaign, contact)
    is_mail = campaign.channel == "email"
    marketing = content.kind is Kind.TEMPLATE and content.body.get("marketing") is True
    reasons = {
        "no address" if is_mail else "no number": not address,
        "invalid address" if is_mail else "invalid number": not _is_valid(address, is_mail=is_mail),
        "no consent": not contact.consent,
        "marketing cap": marketing and contact.no_marketing_before is not None and contact.no_marketing_before > at,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _is_valid(address: str, *, is_mail: bool) -> bool:
    return _MAIL.fullmatch(address) is not None if is_mail else is_number(address)


def _repeated(address: str, blocked: set[str], taken: set[str]) -> str:
    if address in blocked:
        return "suppressed"
    return "duplicate address" if address in taken else ""


async def _suppressed(connection: AsyncConnection, campaign: Campaign, addresses: Iterable[str]) -> set[str]:
    mine = suppressions.c
    chosen = select(mine.address).where(mine.tenant == campaign.tenant, mine.channel == campaign.channel)
    return set((await connection.execute(chosen.where(mine.address.in_(list(addresses))))).scalars())


async def _taken(connection: AsyncConnection, campaign: Campaign, addresses: Iterable[str]) -> set[str]:
    mine = recipients.c
    chosen = select(mine.address).where(mine.campaign == campaign.id, mine.address.in_(list(addresses)))
    return set((await connection.execute(chosen)).scalars())
