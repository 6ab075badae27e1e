"""What tenants are told of by webhooks: which events there are, and what stands in each: ids, states and counts.

An event's id is of what has happened, so whoever dies before its deliveries are queued tells it again.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, RowMapping, exists, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from arqlight_core.clock import now
from arqlight_core.run import Run
from arqlight_jobs.crm.campaigns import Campaign, CampaignState, counted
from arqlight_jobs.crm.deliveries import publish
from arqlight_jobs.crm.events import Event
from arqlight_jobs.crm.message_records import Status
from arqlight_jobs.crm.tables.messaging import campaign_moves, messages
from arqlight_jobs.crm.tables.webhooks import endpoints

DELIVER = "crm.webhook.deliver"

RECEIVED, IMPORTED = "message.received", "import.completed"

TOLD = (CampaignState.DONE, CampaignState.STOPPED)
"""The states of a campaign that tenants are told of."""


async def tell(run: Run, engine: AsyncEngine, event: Event) -> None:
    """Write it down for the endpoints that want it, and queue its deliveries. The job names DELIVER as a follow-up."""
    for asked in await publish(engine, event):
        await run.enqueue(DELIVER, asked)


# ------------------------------------------------------------------ messages


async def tell_end(run: Run, engine: AsyncEngine, key: str) -> None:
    """Tell what a job came to with its message, if it was sent or has failed, and anybody wants to know."""
    wanted = exists().where(endpoints.c.tenant == messages.c.tenant, endpoints.c.disabled_at.is_(None))
    async with engine.connect() as connection:
        row = (await connection.execute(select(messages).where(messages.c.key == key, wanted))).first()
    if row is not None and row.wamid is not None:
        await tell(run, engine, message_event(row, Status.SENT, row.sent_at))
    elif row is not None and row.status == Status.FAILED:
        await tell(run, engine, message_event(row, Status.FAILED, row.ended_at))


def message_event(row: Row[Any], status: Status, at: datetime) -> Event:
    """A message, by its row, has come so far."""
    names = ("job_id", "contact", "sender", "content", "campaign")
    data = {"message": row.key, **{name: getattr(row, name) for name in names}}
    if status is Status.FAILED:
        data["reason"] = row.reason
    return Event(tenant=row.tenant, id=row.key, type=f"message.{status}", at=at, data=data)


def received_event(tenant: str, turn: str, at: datetime, told: Mapping[str, Any]) -> Event:
    """A contact has written; `told` is who, to whom, and in which conversation."""
    return Event(tenant=tenant, id=turn, type=RECEIVED, at=at, data={"message": turn, **told})


# ------------------------------------------------------------------ campaigns and files


async def tell_campaign(run: Run, engine: AsyncEngine, campaign: Campaign, within: timedelta) -> None:
    """Tell that a campaign is done or has stopped itself, if it was within this time: once for each such move."""
    own = campaign_moves.c.campaign == campaign.id
    last = select(func.max(campaign_moves.c.number)).where(own).scalar_subquery()
    async with engine.connect() as connection:
        move = (await connection.execute(select(campaign_moves).where(own, campaign_moves.c.number == last))).one()
        if move.target not in TOLD or move.at < now() - within:
            return
        counts = {state: many for state, many in (await counted(connection, campaign.id)).items() if many}
    data = {"campaign": campaign.id, "state": move.target, "reason": move.reason, "recipients": counts}
    name = f"campaign.{move.target}"
    event = Event(tenant=campaign.tenant, id=f"{campaign.id}:{move.number}", type=name, at=move.at, data=data)
    await tell(run, engine, event)


def import_event(row: RowMapping, counts: Mapping[str, int]) -> Event:
    """An import is through; taken in once more later, it is another one."""
    at: datetime = row["finished_at"]
    data = {"import": row["id"], **counts}
    return Event(tenant=row["tenant"], id=f"{row['id']}:{at.isoformat()}", type=IMPORTED, at=at, data=data)
