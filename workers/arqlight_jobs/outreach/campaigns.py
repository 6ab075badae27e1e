"""Every read and write of campaigns: taken in from a document, started, cancelled, and counted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from operator import itemgetter
from typing import Any, TypeVar

import msgspec
from sqlalchemy import RowMapping, Table, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from arqlight_core.clock import now
from arqlight_core.errors import UsageError
from arqlight_jobs.outbound.rows import put_if_new, put_in_place, put_new
from arqlight_jobs.outreach.document import Document, NodeForm, seconds
from arqlight_jobs.outreach.journeys import Place, asked_of, fresh_action
from arqlight_jobs.outreach.people import Campaign, Node
from arqlight_jobs.outreach.requests import SendAsked
from arqlight_jobs.outreach.states import ActionState, CampaignState
from arqlight_jobs.outreach.tables import (
    campaigns,
    contacts,
    events,
    journeys,
    nodes,
    scheduled_actions,
    senders,
    transitions,
)

T = TypeVar("T")

PAGE = 500
"""Rows of one statement, and contacts of one transaction when a campaign is started."""

MOST_LISTED = 1000


class CampaignUnknown(UsageError):
    """There is no campaign of that id."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How far a campaign is: how many of what."""

    contacts: int
    actions: dict[str, int]
    """By state."""
    reasons: dict[str, int]
    """Why actions were skipped, or have failed."""
    deliveries: dict[str, int]
    """The furthest that the provider has told of each."""
    events: dict[str, int]
    """By kind; late ones are in it."""


@dataclass(frozen=True, slots=True)
class Campaigns:
    """The campaigns of a database."""

    engine: AsyncEngine

    # ------------------------------------------------------------------ reading

    async def find(self, campaign_id: str) -> Campaign:
        """The campaign. Raises CampaignUnknown."""
        async with self.engine.connect() as connection:
            return await _read(connection, campaign_id)

    async def listed(self, limit: int = 50) -> list[Campaign]:
        """Campaigns, newest first."""
        chosen = (
            select(campaigns).order_by(campaigns.c.created_at.desc(), campaigns.c.id).limit(min(limit, MOST_LISTED))
        )
        async with self.engine.connect() as connection:
            return [_campaign(row) for row in (await connection.execute(chosen)).mappings()]

    async def nodes(self, campaign_id: str) -> list[Node]:
        """What it sends, by id."""
        columns = [nodes.c[one.name] for one in fields(Node)]
        chosen = select(*columns).where(nodes.c.campaign == campaign_id).order_by(nodes.c.id)
        async with self.engine.connect() as connection:
            return [Node(**row) for row in (await connection.execute(chosen)).mappings()]

    async def counts(self, campaign_id: str) -> Counts:
        """How far it is."""
        action = scheduled_actions.c
        async with self.engine.connect() as connection:
            own = select(func.count()).select_from(journeys).where(journeys.c.campaign == campaign_id)
            return Counts(
                contacts=(await connection.execute(own)).scalar_one(),
                actions=await _grouped(connection, scheduled_actions, action.state, campaign_id),
                reasons=await _grouped(connection, scheduled_actions, action.reason, campaign_id),
                deliveries=await _grouped(connection, scheduled_actions, action.delivery, campaign_id),
                events=await _grouped(connection, events, events.c.kind, campaign_id),
            )

    # ------------------------------------------------------------------ writing

    async def load(self, document: Document) -> Campaign:
        """Take a campaign in, in place of a draft of the same id. Raises UsageError when it was started already."""
        own, form = _columns(document), document.campaign
        async with self.engine.begin() as connection:
            draft = campaigns.c.id == form.id, campaigns.c.tenant == own["tenant"]
            await connection.execute(delete(campaigns).where(*draft, campaigns.c.state == CampaignState.DRAFT))
            if not await put_if_new(connection, campaigns, own):
                raise UsageError(f"There is a campaign {form.id} already, and it is no draft of {own['tenant']}'s.")
            await _replace(connection, senders, own["tenant"], [msgspec.structs.asdict(s) for s in document.senders])
            await _replace(connection, contacts, own["tenant"], [msgspec.structs.asdict(c) for c in document.contacts])
            await _insert(connection, nodes, [_node(form.id, node) for node in document.nodes])
            await _insert(connection, transitions, list(_ways(document)))
            await _insert(connection, journeys, list(_journeys(document)))
            return await _read(connection, form.id)

    async def begin(self, campaign_id: str) -> Campaign:
        """Let it run; one that runs already goes on. Raises CampaignUnknown, and UsageError when it is over."""
        begun = {"state": CampaignState.RUNNING, "started_at": now()}
        async with self.engine.begin() as connection:
            await _move(connection, campaign_id, CampaignState.DRAFT, begun)
            found = await _read(connection, campaign_id)
        if found.state != CampaignState.RUNNING:
            raise UsageError(f"Campaign {campaign_id} is {found.state}; it cannot be started.")
        return found

    async def first_actions(self, campaign: Campaign, after: str = "") -> tuple[list[SendAsked], str]:
        """The first actions of the next contacts that nobody has begun, and the last contact; '' at the end."""
        own = journeys.c.campaign == campaign.id, journeys.c.contact > after
        chosen = select(journeys.c.contact).where(*own).order_by(journeys.c.contact).limit(PAGE)
        node = {one.id: one for one in await self.nodes(campaign.id)}[campaign.entry]
        c = scheduled_actions.c
        async with self.engine.begin() as connection:
            found = list((await connection.execute(chosen)).scalars())
            places = [Place(campaign.tenant, campaign.id, contact, node.id) for contact in found]
            rows = [fresh_action(place, node.channel, node.sender, now(), "") for place in places]
            await put_new(connection, scheduled_actions, rows)
            ids = [place.action for place in places]
            pending = select(scheduled_actions).where(c.id.in_(ids), c.state == ActionState.PENDING).order_by(c.id)
            asked = [asked_of(row) for row in (await connection.execute(pending)).mappings()]
        return asked, found[-1] if len(found) == PAGE else ""

    async def left_behind(self, campaign: Campaign, after: str = "") -> tuple[list[SendAsked], str]:
        """Actions of later nodes that are due and that nobody has begun, and the last of them; '' at the end.

        Each has its job already, unless that was purged.
        """
        c = scheduled_actions.c
        due = c.campaign == campaign.id, c.state == ActionState.PENDING, c.cause != "", c.due_at <= now(), c.id > after
        chosen = select(scheduled_actions).where(*due).order_by(c.id).limit(PAGE)
        async with self.engine.connect() as connection:
            asked = [asked_of(row) for row in (await connection.execute(chosen)).mappings()]
        return asked, asked[-1].action if len(asked) == PAGE else ""

    async def cancel(self, campaign_id: str) -> int:
        """Send nothing more of it; answers how many actions that ends. Raises CampaignUnknown."""
        over = {"state": CampaignState.CANCELLED, "ended_at": now()}
        c = scheduled_actions.c
        async with self.engine.begin() as connection:
            for state in (CampaignState.DRAFT, CampaignState.RUNNING):
                await _move(connection, campaign_id, state, over)
            await _read(connection, campaign_id)
            waiting = update(scheduled_actions).where(c.campaign == campaign_id, c.state == ActionState.PENDING)
            ended = {"state": ActionState.CANCELLED, "reason": "the campaign is cancelled"}
            return (await connection.execute(waiting.values(**ended))).rowcount


async def _read(connection: AsyncConnection, campaign_id: str) -> Campaign:
    row = (await connection.execute(select(campaigns).where(campaigns.c.id == campaign_id))).mappings().one_or_none()
    if row is None:
        raise CampaignUnknown(
            f"There is no campaign {campaign_id}; `arqlight outreach list` shows those that there are."
        )
    return _campaign(row)


def _campaign(row: RowMapping) -> Campaign:
    told: dict[str, Any] = {**row, "state": CampaignState(row["state"])}
    return Campaign(**told)


async def _move(connection: AsyncConnection, campaign_id: str, state: CampaignState, values: dict[str, Any]) -> None:
    own = campaigns.c.id == campaign_id, campaigns.c.state == state
    await connection.execute(update(campaigns).where(*own).values(**values))


async def _grouped(connection: AsyncConnection, table: Table, column: Any, campaign_id: str) -> dict[str, int]:
    chosen = select(column, func.count()).where(table.c.campaign == campaign_id, column != "").group_by(column)
    return {str(name): count for name, count in (await connection.execute(chosen.order_by(column)))}


async def _replace(connection: AsyncConnection, table: Table, tenant: str, rows: list[dict[str, Any]]) -> None:
    """Write the tenant's rows in place of those with the same ids."""
    for page in _pages(sorted(rows, key=itemgetter("id"))):
        await put_in_place(connection, table, [{"tenant": tenant, **row} for row in page])


async def _insert(connection: AsyncConnection, table: Table, rows: list[dict[str, Any]]) -> None:
    for page in _pages(rows):
        await connection.execute(insert(table), page)


def _pages(rows: Sequence[T]) -> Iterator[list[T]]:
    return (list(rows[at : at + PAGE]) for at in range(0, len(rows), PAGE))


# ------------------------------------------------------------------ from forms to rows


def _columns(document: Document) -> dict[str, Any]:
    form, quiet = document.campaign, document.campaign.quiet
    return {
        "id": form.id,
        "tenant": document.tenant,
        "name": form.name or form.id,
        "state": CampaignState.DRAFT,
        "entry": form.entry,
        "quiet_from": quiet.begins if quiet else "",
        "quiet_to": quiet.ends if quiet else "",
        "timezone": form.timezone,
        "correlation_id": f"outreach-{form.id}"[:64],
        "created_at": now(),
        "started_at": None,
        "ended_at": None,
    }


def _node(campaign: str, form: NodeForm) -> dict[str, Any]:
    silences = {"no_open": seconds(form.no_open), "no_click": seconds(form.no_click)}
    return {"campaign": campaign, **msgspec.structs.asdict(form), **silences}


def _ways(document: Document) -> Iterator[dict[str, Any]]:
    for one in document.transitions:
        way = {"node": one.node, "event": one.event, "target": one.next, "delay": seconds(one.delay) or 0}
        yield {"campaign": document.campaign.id, **way}


def _journeys(document: Document) -> Iterator[dict[str, Any]]:
    for contact in document.contacts:
        place = {"tenant": document.tenant, "contact": contact.id, "node": document.campaign.entry}
        yield {"campaign": document.campaign.id, **place, "steps": 0}
