"""Campaigns on record: what each is, where it stands, and how its recipients are doing."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import ColumnElement, Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from arqlight_core.clock import now
from arqlight_core.errors import UsageError
from arqlight_jobs.crm.contents import Kind
from arqlight_jobs.crm.people import check_tenant
from arqlight_jobs.crm.tables.contents import contents
from arqlight_jobs.crm.tables.messaging import campaign_moves, campaigns, recipients
from arqlight_jobs.crm.tables.metadata import LONGEST_WORD
from arqlight_jobs.crm.tables.people import senders

Channel = Literal["whatsapp", "email"]


class CampaignState(StrEnum):
    """Where a campaign stands."""

    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    """By the failure threshold, or because it cannot be sent; a person may resume it."""
    CANCELLED = "cancelled"
    DONE = "done"


class RecipientState(StrEnum):
    """Where one of a campaign's recipients stands."""

    PENDING = "pending"
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


OPEN = (RecipientState.PENDING, RecipientState.QUEUED)
"""Those that something is still to happen to."""

JUDGED = (RecipientState.SENT, RecipientState.FAILED, RecipientState.UNKNOWN)
"""Those that something was tried for: of them the failure threshold is a share."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """One campaign. Its coordinator is one job of `crm.campaign.run` with its id and `correlation_id`."""

    id: str
    tenant: str
    name: str
    channel: Channel
    sender: str
    """'' by email."""
    content: str
    state: CampaignState
    reason: str
    """Why it is stopped, paused or cancelled; '' where nobody said."""
    total: int
    """How many recipients it has; it grows until the audience is frozen."""
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    correlation_id: str
    audience: Mapping[str, Any]
    is_frozen: bool
    frozen_to: str
    pardoned: int
    """Judged recipients that the failure threshold overlooks, for somebody has resumed it since."""
    pardoned_failed: int


@dataclass(frozen=True, slots=True)
class Move:
    """From one state to the next."""

    at: datetime
    source: CampaignState
    target: CampaignState
    reason: str


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody that a campaign is for; `at` is when that last changed."""

    contact: str
    state: RecipientState
    reason: str
    round: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Campaigns:
    """The campaigns of a database."""

    engine: AsyncEngine

    async def create(
        self,
        *,
        id: str,  # noqa: A002 - as the record has it
        tenant: str,
        name: str,
        channel: Channel,
        sender: str,
        content: str,
        audience: Mapping[str, Any],
    ) -> Campaign:
        """A new draft. `audience` is {"everyone": True}, {"tags": [any of these]} or {"contacts": [ids]}.

        Raises UsageError for a wrong audience, an id that is taken, a tenant, sender or content that is not there, and
        a content that the channel does not carry.
        """
        _check(channel, sender, audience)
        row = {"id": id, "tenant": tenant, "name": name, "channel": channel, "sender": sender, "content": content}
        row |= {"audience": dict(audience), "state": CampaignState.DRAFT, "reason": "", "total": 0, "frozen_to": ""}
        row |= {"is_frozen": False, "pardoned": 0, "pardoned_failed": 0, "created_at": now()}
        try:
            async with self.engine.begin() as connection:
                await _check_parts(connection, tenant, sender)
                await _check_content(connection, tenant, channel, content)
                await connection.execute(insert(campaigns), {**row, "correlation_id": uuid4().hex})
        except IntegrityError:
            raise UsageError(f"There is a campaign {id} already; choose another id.") from None
        return await self.find(id)

    async def find(self, id: str) -> Campaign:  # noqa: A002 - as above
        """The campaign of that id. Raises UsageError."""
        async with self.engine.connect() as connection:
            row = (await connection.execute(select(campaigns).where(campaigns.c.id == id))).one_or_none()
        if row is None:
            raise UsageError(f"There is no campaign {id}; `arqlight campaign list` shows them.")
        return _campaign(row)

    async def listed(self, limit: int, *where: ColumnElement[bool]) -> list[Campaign]:
        """The newest ones, of those that are so, the newest first."""
        newest = select(campaigns).order_by(campaigns.c.created_at.desc(), campaigns.c.id)
        chosen = newest.where(*where).limit(limit)
        async with self.engine.connect() as connection:
            return [_campaign(row) for row in await connection.execute(chosen)]

    async def move(
        self,
        id: str,  # noqa: A002 - as above
        expected: Collection[CampaignState],
        state: CampaignState,
        reason: str = "",
    ) -> bool:
        """Put the campaign into a state if it is in one of the expected ones; whether it was.

        Its coordinator sees it within seconds. A start or a resumption has to queue the coordinator as well, in either
        order: it is queued once. Who resumes overlooks what has failed by then.
        """
        async with self.engine.begin() as connection:
            return await moved(connection, id, expected, state, reason)

    async def moves(self, id: str) -> list[Move]:  # noqa: A002 - as above
        """How it came where it is, the oldest first."""
        chosen = select(campaign_moves).where(campaign_moves.c.campaign == id).order_by(campaign_moves.c.number)
        async with self.engine.connect() as connection:
            rows = (await connection.execute(chosen)).all()
        return [Move(row.at, CampaignState(row.source), CampaignState(row.target), row.reason) for row in rows]

    async def counts(self, id: str) -> dict[RecipientState, int]:  # noqa: A002 - as above
        """How many recipients are in each state; a state without any is 0."""
        async with self.engine.connect() as connection:
            return await counted(connection, id)

    async def failures(self, id: str, limit: int) -> list[tuple[str, int]]:  # noqa: A002 - as above
        """Why recipients did not get it, and how many for each reason, the most frequent first."""
        mine, many = recipients.c, func.count()
        chosen = (
            select(mine.reason, many)
            .where(mine.campaign == id, mine.state.not_in((*OPEN, RecipientState.SENT)))
            .group_by(mine.reason)
            .order_by(many.desc(), mine.reason)
            .limit(limit)
        )
        async with self.engine.connect() as connection:
            return [(reason, count) for reason, count in await connection.execute(chosen)]

    async def recipients(self, id: str, state: RecipientState | None, limit: int) -> list[Recipient]:  # noqa: A002 - as above
        """Some of its recipients, in that state if one is named."""
        chosen = select(recipients).where(recipients.c.campaign == id).order_by(recipients.c.contact).limit(limit)
        async with self.engine.connect() as connection:
            rows = await connection.execute(chosen if state is None else chosen.where(recipients.c.state == state))
            return [Recipient(row.contact, RecipientState(row.state), row.reason, row.round, row.at) for row in rows]


async def moved(
    connection: AsyncConnection,
    campaign: str,
    expected: Collection[CampaignState],
    state: CampaignState,
    reason: str = "",
) -> bool:
    """As `Campaigns.move`, in a transaction that is under way."""
    source = (await connection.execute(select(campaigns.c.state).where(campaigns.c.id == campaign))).scalar()
    if source not in expected:
        return False
    at, told = now(), reason[:LONGEST_WORD]
    values: dict[str, Any] = {"state": state, "reason": told}
    if state is CampaignState.RUNNING:
        values |= {"started_at": func.coalesce(campaigns.c.started_at, at), "ended_at": None}
        values |= await _pardon(connection, campaign)
    if state in (CampaignState.CANCELLED, CampaignState.DONE):
        values["ended_at"] = at
    chosen = update(campaigns).where(campaigns.c.id == campaign, campaigns.c.state == source)
    if (await connection.execute(chosen.values(**values))).rowcount != 1:
        return False
    number = select(func.count()).where(campaign_moves.c.campaign == campaign)
    row = {"campaign": campaign, "number": (await connection.execute(number)).scalar_one() + 1, "at": at}
    await connection.execute(insert(campaign_moves), {**row, "source": source, "target": state, "reason": told})
    return True


async def counted(connection: AsyncConnection, campaign: str) -> dict[RecipientState, int]:
    """As `Campaigns.counts`, on a connection at hand."""
    mine = recipients.c
    chosen = select(mine.state, func.count()).where(mine.campaign == campaign).group_by(mine.state)
    told: dict[str, int] = {row[0]: row[1] for row in await connection.execute(chosen)}
    return {state: told.get(state, 0) for state in RecipientState}


async def _pardon(connection: AsyncConnection, campaign: str) -> dict[str, int]:
    counts = await counted(connection, campaign)
    return {
        "pardoned": sum(counts[state] for state in JUDGED),
        "pardoned_failed": counts[RecipientState.FAILED],
    }


def _check(channel: str, sender: str, audience: Mapping[str, Any]) -> None:
    if channel not in ("whatsapp", "email"):
        raise UsageError(f"{channel!r} is no channel of a campaign; they are: whatsapp, email.")
    if channel == "whatsapp" and not sender:
        raise UsageError("A campaign over WhatsApp needs a sender.")
    if not _is_audience(audience):
        raise UsageError(
            'That is no audience; write one like {"everyone": true}, {"tags": ["vip"]} or {"contacts": ["c1"]}.'
        )


def _is_audience(audience: Mapping[str, Any]) -> bool:
    match dict(audience):
        case {"everyone": True, **rest} if not rest:
            return True
        case {"tags": [*names], **rest} | {"contacts": [*names], **rest} if names and not rest:
            return all(isinstance(name, str) and name for name in names)
        case _:
            return False


async def _check_parts(connection: AsyncConnection, tenant: str, sender: str) -> None:
    await check_tenant(connection, tenant)
    chosen = select(senders.c.id).where(senders.c.id == sender, senders.c.tenant == tenant)
    if sender and (await connection.execute(chosen)).scalar() is None:
        raise UsageError(f"There is no sender {sender} of tenant {tenant}.")


async def _check_content(connection: AsyncConnection, tenant: str, channel: Channel, content: str) -> None:
    chosen = select(contents.c.kind).where(contents.c.id == content, contents.c.tenant == tenant)
    kind = (await connection.execute(chosen)).scalar()
    if kind is None:
        raise UsageError(f"There is no content {content} of tenant {tenant}.")
    if (kind == Kind.EMAIL) is not (channel == "email"):
        raise UsageError(f"The content {content} is of kind {kind}, which is not sent over {channel}; choose another.")


def _campaign(row: Row[Any]) -> Campaign:
    told: dict[str, Any] = {one.name: getattr(row, one.name) for one in fields(Campaign)}
    told["state"] = CampaignState(row.state)
    return Campaign(**told)
