"""Where each contact stands in a campaign, and where an event leads.

A contact stands at one node at a time. Who notes an event holds the journey's row until the transaction ends, so of
two events that lead on the first one counts. What follows is named after what it is, and so comes about once.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, Select, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_core.clock import now
from arqlight_core.policy import SECOND
from arqlight_core.run import Run
from arqlight_jobs.outbound.rows import put_if_new
from arqlight_jobs.outreach.records import Records
from arqlight_jobs.outreach.requests import SendAsked
from arqlight_jobs.outreach.states import ActionState
from arqlight_jobs.outreach.tables import events, journeys, nodes, scheduled_actions, transitions

_HEX_DIGITS = 32


@dataclass(frozen=True, slots=True)
class Place:
    """A contact at a node of a campaign."""

    tenant: str
    campaign: str
    contact: str
    node: str

    @property
    def columns(self) -> dict[str, str]:
        """As tables name them."""
        return {"tenant": self.tenant, "campaign": self.campaign, "contact": self.contact, "node": self.node}

    @property
    def action(self) -> str:
        """The id of the scheduled action of this place: a node is reached once."""
        told = f"{self.campaign}:{self.contact}:{self.node}"
        return hashlib.sha256(told.encode()).hexdigest()[:_HEX_DIGITS]


async def standing(connection: AsyncConnection, place: Place) -> str | None:
    """The node at which the contact stands, whose row is ours now; None where there is no journey.

    It has to be the first statement of its transaction: as a write it waits for its turn, on SQLite too.
    """
    own = journeys.c.campaign == place.campaign, journeys.c.contact == place.contact
    held = update(journeys).where(*own).values(steps=journeys.c.steps).returning(journeys.c.node)
    return (await connection.execute(held)).scalar()


async def note(connection: AsyncConnection, place: Place, key: str, kind: str, at: datetime, **more: Any) -> bool:
    """Write an event down; whether it is new."""
    plain = {"machine": False, "late": False, "webhook": "", "detail": ""}
    return await put_if_new(connection, events, {"key": key, **place.columns, "kind": kind, "at": at, **plain, **more})


async def follow(connection: AsyncConnection, place: Place, kinds: Sequence[str], cause: str) -> bool:
    """Go where the first of these events leads that leads anywhere; whether one does.

    The contact must stand at the place, and the journey must be held.
    """
    own = transitions.c.campaign == place.campaign, transitions.c.node == place.node
    rows = (await connection.execute(select(transitions).where(*own, transitions.c.event.in_(kinds)))).mappings()
    found = {row["event"]: row for row in rows}
    way = next((found[kind] for kind in kinds if kind in found), None)
    if way is None:
        return False
    await _go(connection, place, way, cause)
    return True


async def _go(connection: AsyncConnection, place: Place, way: RowMapping, cause: str) -> None:
    goal = Place(place.tenant, place.campaign, place.contact, way["target"])
    own = journeys.c.campaign == place.campaign, journeys.c.contact == place.contact
    await connection.execute(update(journeys).where(*own).values(node=goal.node, steps=journeys.c.steps + 1))
    await schedule(connection, goal, now() + way["delay"] * SECOND, cause)


async def schedule(connection: AsyncConnection, goal: Place, due_at: datetime, cause: str) -> None:
    """Have what stands at the node sent to the contact, unless that is scheduled already."""
    chosen = select(nodes.c.channel, nodes.c.sender).where(nodes.c.campaign == goal.campaign, nodes.c.id == goal.node)
    node = (await connection.execute(chosen)).mappings().one()
    row = fresh_action(goal, node["channel"], node["sender"], due_at, cause)
    await put_if_new(connection, scheduled_actions, row)


def fresh_action(goal: Place, channel: str, sender: str, due_at: datetime, cause: str) -> dict[str, Any]:
    """An action that nobody has begun, as a row."""
    own = {"id": goal.action, **goal.columns, "channel": channel, "sender": sender, "cause": cause, "due_at": due_at}
    return {**own, "state": ActionState.PENDING, "reason": "", "fence": 0, "delivery": "", "rank": 0}


async def send_on(run: Run, records: Records, causes: Sequence[str] | Select[str]) -> int:
    """Queue what these events have scheduled and nobody has begun; answers how many. To do again does no harm."""
    c = scheduled_actions.c
    chosen = select(scheduled_actions).where(c.cause.in_(causes), c.state == ActionState.PENDING).order_by(c.id)
    async with records.engine.connect() as connection:
        rows = (await connection.execute(chosen)).mappings().all()
    for row in rows:
        await run.enqueue("outreach.send", asked_of(row), delay=left_until(row["due_at"]))
    return len(rows)


def asked_of(row: RowMapping) -> SendAsked:
    """The job that sends a scheduled action."""
    return SendAsked(
        row["tenant"], row["id"], row["campaign"], row["contact"], row["node"], row["channel"], row["sender"]
    )


def left_until(moment: datetime) -> timedelta:
    """How long it is until then, never negative."""
    return max(moment - now(), timedelta(0))
