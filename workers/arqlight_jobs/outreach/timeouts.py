"""The queue of looks at what has not happened, and its one job type: nobody opened, nobody clicked."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_core.clock import now
from arqlight_core.declaration import Queue
from arqlight_core.errors import Snooze
from arqlight_core.policy import SECOND, Priority
from arqlight_core.run import Run
from arqlight_jobs.outreach.journeys import Place, follow, note, send_on, standing
from arqlight_jobs.outreach.people import campaign_of, contact_of, node_of
from arqlight_jobs.outreach.records import records
from arqlight_jobs.outreach.requests import Silence, TimeoutAsked
from arqlight_jobs.outreach.sends import KEPT, RETRY
from arqlight_jobs.outreach.states import CampaignState
from arqlight_jobs.outreach.suppression import suppressed
from arqlight_jobs.outreach.tables import events

BREAKS: dict[Silence, tuple[str, ...]] = {"no_open": ("open", "click"), "no_click": ("click",)}
"""What breaks a silence: a click implies an open."""

LEAVES = ("bounce", "dropped", "spamreport", "unsubscribe", "group_unsubscribe")
"""After these nobody is waited for."""

timeouts = Queue(
    name="outreach:timeout",
    purpose="Notes who has not opened or clicked, and leads them on.",
    concurrency=2,
    retention=KEPT,
)


def key_of(asked: TimeoutAsked) -> str:
    """The job's id, and within the events the synthetic one's: each is noted once."""
    return f"{asked.campaign}:{asked.contact}:{asked.node}:{asked.event}"


@timeouts.job(
    "outreach.timeout",
    TimeoutAsked,
    timeout=30 * SECOND,
    retry=RETRY,
    priority=Priority.LOW,
    id_of=key_of,
    follow_ups=("outreach.send",),
)
async def look(run: Run, asked: TimeoutAsked) -> dict[str, Any]:
    """Note that nobody opened or clicked, if nobody has, and go where that leads."""
    opened = await run.open(records)
    run.progress(25, 100, "found")
    if now() < asked.scheduled_at:
        raise Snooze(asked.scheduled_at, "it is not time yet")
    place, key = Place(asked.tenant, asked.campaign, asked.contact, asked.node), f"timeout:{key_of(asked)}"
    async with opened.engine.begin() as connection:
        at = await standing(connection, place)
        moot = await _moot(connection, place, asked.event, at)
        run.progress(50, 100, moot or "nothing has happened")
        new = not moot and await note(connection, place, key, asked.event, now())
        if new:
            await follow(connection, place, [asked.event], key)
    run.progress(75, 100, "noted")
    triggered = await send_on(run, opened, [key])
    run.progress(100, 100, "done")
    return {"success": True, "events_created": int(new), "transitions_triggered": triggered, "moot": moot}


async def _moot(connection: AsyncConnection, place: Place, event: Silence, at: str | None) -> str:
    """Why there is nothing to note; '' when there is. Raises Discard when the campaign or the node is gone."""
    campaign = await campaign_of(connection, place.tenant, place.campaign)
    await node_of(connection, place.campaign, place.node)
    if campaign.state == CampaignState.CANCELLED:
        return "the campaign is cancelled"
    if at != place.node:
        return "the contact has left the node"
    c = events.c
    own = c.campaign == place.campaign, c.contact == place.contact, c.machine.is_(False)
    seen = await connection.execute(select(c.kind, c.node).where(*own))
    kinds = {kind for kind, node in seen if node == place.node or kind in LEAVES}
    if found := kinds.intersection(BREAKS[event]):
        return f"there was an event: {min(found)}"
    if found := kinds.intersection(LEAVES):
        return f"the contact cannot be reached: {min(found)}"
    contact = await contact_of(connection, place.tenant, place.contact)
    why = await suppressed(connection, place.tenant, "email", contact.email)
    return f"suppressed: {why}" if why else ""
