"""What a job that sends a campaign's message or mail asks of the campaign, and tells it.

A recipient is queued once for each round; whatever the round, its effect has one key, so it is sent once. What has
ended stays so, but for one thing: that it was sent after all.
"""

import hashlib

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from arqlight_core.clock import now
from arqlight_jobs.crm.campaigns import OPEN, CampaignState, RecipientState
from arqlight_jobs.crm.tables.messaging import campaigns, recipients
from arqlight_jobs.crm.tables.metadata import LONGEST_WORD

_ENTITY_DIGITS = 32


async def campaign_state(connection: AsyncConnection, campaign: str) -> CampaignState | None:
    """Where the campaign stands; None when there is none. Ask before anything is sent.

    RUNNING: send. PAUSED or STOPPED: `put_back` and end. Else: `settled` as cancelled, and Cancel.
    """
    state = (await connection.execute(select(campaigns.c.state).where(campaigns.c.id == campaign))).scalar()
    return None if state is None else CampaignState(state)


async def settled(engine: AsyncEngine, campaign: str, contact: str, state: RecipientState, reason: str = "") -> None:
    """Write down how it ended for a recipient. A reason names no person; without a campaign nothing happens."""
    if not campaign:
        return
    async with engine.begin() as connection:
        await settle(connection, campaign, contact, state, reason)


async def settle(
    connection: AsyncConnection, campaign: str, contact: str, state: RecipientState, reason: str = ""
) -> None:
    """As `settled`, in a transaction that is under way."""
    before = (*OPEN, RecipientState.UNKNOWN) if state is not RecipientState.SENT else _ALL_BUT_SENT
    chosen = update(recipients).where(
        recipients.c.campaign == campaign, recipients.c.contact == contact, recipients.c.state.in_(before)
    )
    await connection.execute(chosen.values(state=state, reason=reason[:LONGEST_WORD], at=now()))


_ALL_BUT_SENT = tuple(state for state in RecipientState if state is not RecipientState.SENT)


async def put_back(engine: AsyncEngine, campaign: str, contact: str) -> None:
    """Let the recipient be queued again when the campaign goes on: nothing was sent in this round."""
    chosen = update(recipients).where(
        recipients.c.campaign == campaign, recipients.c.contact == contact, recipients.c.state.in_(OPEN)
    )
    async with engine.begin() as connection:
        await connection.execute(chosen.values(state=RecipientState.PENDING, round=recipients.c.round + 1, at=now()))


def mail_entity(campaign: str, contact: str, round: int) -> str:  # noqa: A002 - as the record has it
    """The `entity` of a campaign's mail in this round: what makes its job another one than the last round's.

    Its effect must be `mail_effect`, which is the same in all rounds.
    """
    told = hashlib.sha256(f"{campaign}:{contact}".encode()).hexdigest()[:_ENTITY_DIGITS]
    return f"{told}.{round}"


def mail_effect(campaign: str, contact: str) -> str:
    """The effect key of a campaign's mail to a contact."""
    return f"email:{campaign}:{contact}"


def message_effect(campaign: str, contact: str) -> str:
    """The effect key of a campaign's WhatsApp message to a contact."""
    return f"message:{campaign}:{contact}"
