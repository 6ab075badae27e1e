"""Scheduled actions: what is to be sent to whom and when, in the hands of one run at a time."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_core.errors import LeaseLost
from arqlight_jobs.outbound.rows import the_one
from arqlight_jobs.outreach.journeys import Place
from arqlight_jobs.outreach.requests import Channel, SendAsked
from arqlight_jobs.outreach.states import OVER, ActionState
from arqlight_jobs.outreach.tables import LONGEST_KEY, LONGEST_WORD, scheduled_actions


@dataclass(frozen=True, slots=True)
class Action:
    """One of them as it was read."""

    id: str
    tenant: str
    campaign: str
    contact: str
    node: str
    channel: Channel
    sender: str
    due_at: datetime
    state: str
    reason: str
    fence: int
    taken_at: datetime | None
    sent_at: datetime | None
    provider_id: str | None

    @property
    def place(self) -> Place:
        """Whose it is, and where."""
        return Place(self.tenant, self.campaign, self.contact, self.node)

    @property
    def asked(self) -> SendAsked:
        """The job that sends it."""
        return SendAsked(self.tenant, self.id, self.campaign, self.contact, self.node, self.channel, self.sender)

    @property
    def effect_key(self) -> str:
        """What the outbox knows its sending by."""
        return f"outreach:send:{self.id}"

    @property
    def sent_key(self) -> str:
        """The event that it was sent."""
        return f"sent:{self.id}"


async def action_of(connection: AsyncConnection, tenant: str, action: str) -> Action:
    """The tenant's action of that id. Raises Discard."""
    return await the_one(connection, Action, scheduled_actions, "scheduled action", id=action, tenant=tenant)


async def take(connection: AsyncConnection, action: Action, fence: int, taken_at: datetime | None) -> bool:
    """Put it into the hands of the run with this fence, first taken then; whether there is still something to do.

    A run that was there before is over, or will learn that it is. Raises LeaseLost for one that is over itself.
    """
    c = scheduled_actions.c
    own = c.id == action.id, c.state.not_in(OVER), c.fence <= fence
    taken = {"state": ActionState.SENDING, "fence": fence, "taken_at": taken_at}
    if (await connection.execute(update(scheduled_actions).where(*own).values(**taken))).rowcount == 1:
        return True
    seen = await action_of(connection, action.tenant, action.id)
    if seen.state not in OVER:
        raise LeaseLost(f"a later run has {action.id} in hand")
    return False


async def close(connection: AsyncConnection, action: Action, fence: int, state: ActionState, reason: str = "") -> None:
    """Write how the run with this fence left it. Raises LeaseLost when another has it in hand."""
    await _write(connection, action, fence, state=state, reason=reason[:LONGEST_WORD])


async def close_sent(
    connection: AsyncConnection, action: Action, fence: int, provider_id: str | None, at: datetime
) -> None:
    """Write that it was sent. Raises LeaseLost when another has it in hand."""
    told = {"provider_id": (provider_id or "")[:LONGEST_KEY] or None, "sent_at": at}
    await _write(connection, action, fence, state=ActionState.SENT, reason="", **told)


async def _write(connection: AsyncConnection, action: Action, fence: int, **values: object) -> None:
    own = scheduled_actions.c.id == action.id, scheduled_actions.c.fence == fence
    if (await connection.execute(update(scheduled_actions).where(*own).values(**values))).rowcount != 1:
        raise LeaseLost(f"another run has {action.id} in hand")
