"""The recipients of a campaign on their way: counted, queued in pages, and accounted for when their job is lost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, distinct, func, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from arqlight_core.clock import now
from arqlight_core.jobs import State as JobState
from arqlight_core.policy import DAY
from arqlight_jobs.crm.campaigns import JUDGED, OPEN, Campaign, RecipientState
from arqlight_jobs.crm.recipients import mail_effect, mail_entity, message_effect
from arqlight_jobs.crm.requests import EmailAsked, MessageAsked
from arqlight_jobs.crm.tables.messaging import campaigns, messages, recipients
from arqlight_jobs.crm.tables.metadata import LONGEST_WORD
from arqlight_jobs.outbound.effects import State as EffectState
from arqlight_jobs.outbound.effects import effects

PAGE = 500
"""Recipients that are queued at a time; the next page waits until no more than this are on their way."""

MOST_LOST = 3
"""How often a recipient is queued again whose job was lost without a trace."""

MESSAGE, MAIL = "crm.message.send", "crm.email.send"


@dataclass(frozen=True, slots=True)
class Tally:
    """How a campaign's recipients are doing."""

    counts: Mapping[RecipientState, int]
    waiting: int
    """Pending ones that were never queued."""

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())

    @property
    def ended(self) -> int:
        """Those for whom it is over."""
        return self.total - sum(self.counts[state] for state in OPEN)

    @property
    def percent(self) -> int:
        """How far it is: ten for the audience, twenty for who was ever queued, seventy for who is through with it."""
        if not self.total:
            return 10
        return int(10 + 20 * (self.total - self.waiting) / self.total + 70 * self.ended / self.total)

    def fails(self, campaign: Campaign, share: float, at_least: int) -> bool:
        """Whether too many have failed of those that were tried since somebody last let it run."""
        judged = sum(self.counts[state] for state in JUDGED) - campaign.pardoned
        failed = self.counts[RecipientState.FAILED] - campaign.pardoned_failed
        return judged >= at_least and failed >= share * judged


async def tallied(engine: AsyncEngine, campaign: str) -> Tally:
    """The recipients counted."""
    mine = recipients.c
    fresh = mine.round == literal_column("0")  # the same text where it is chosen and where it is grouped by
    chosen = select(mine.state, fresh, func.count()).where(mine.campaign == campaign).group_by(mine.state, fresh)
    async with engine.connect() as connection:
        rows = [(RecipientState(state), bool(new), int(many)) for state, new, many in await connection.execute(chosen)]
    counts = {state: sum(many for own, _, many in rows if own is state) for state in RecipientState}
    waiting = sum(many for own, new, many in rows if new and own is RecipientState.PENDING)
    return Tally(counts, waiting)


# ------------------------------------------------------------------ queueing


@dataclass(frozen=True, slots=True)
class Page:
    """Recipients to be queued, all of one round."""

    round: int
    contacts: Sequence[str]


async def next_page(engine: AsyncEngine, campaign: str, most: int) -> Page | None:
    """The next recipients to be queued, those first that never were; None when there are none."""
    mine = recipients.c
    chosen = select(mine.contact, mine.round).where(mine.campaign == campaign, mine.state == RecipientState.PENDING)
    async with engine.connect() as connection:
        rows = (await connection.execute(chosen.order_by(mine.round, mine.contact).limit(most))).all()
    if not rows:
        return None
    first = rows[0].round
    return Page(first, [row.contact for row in rows if row.round == first])


async def mark_queued(engine: AsyncEngine, campaign: str, page: Page) -> None:
    """Note that they are queued, but for those whose jobs were faster than this."""
    mine = recipients.c
    those = mine.campaign == campaign, mine.contact.in_(page.contacts), mine.round == page.round
    chosen = update(recipients).where(*those, mine.state == RecipientState.PENDING)
    async with engine.begin() as connection:
        await connection.execute(chosen.values(state=RecipientState.QUEUED, at=now()))


def asked_for(campaign: Campaign, contact: str, round: int) -> tuple[str, Any]:  # noqa: A002 - as the record has it
    """The job type and payload that send it to a contact; another round is another job with the same effect."""
    if campaign.channel == "email":
        entity = mail_entity(campaign.id, contact, round)
        return MAIL, EmailAsked(campaign.tenant, contact, campaign.content, entity, campaign.id)
    ref = f"{campaign.id}:{contact}:{round}"
    return MESSAGE, MessageAsked(campaign.tenant, campaign.sender, contact, campaign.content, ref, campaign.id)


# ------------------------------------------------------------------ the sender's tier


@dataclass(frozen=True, slots=True)
class Room:
    """How many more people a sender may write to; with none left, from when on there is some again."""

    left: int
    again_at: datetime | None = None


async def room_of(connection: AsyncConnection, sender: str, tier: int) -> Room:
    """What WhatsApp's tier leaves: unique recipients in 24 h, those counted in whose message is on its way."""
    since = now() - DAY
    mine = messages.c
    lately = mine.sender == sender, mine.sent_at > since
    told = select(func.count(distinct(mine.contact)), func.min(mine.sent_at)).where(*lately)
    used, first = (await connection.execute(told)).one()
    others = recipients.join(campaigns, campaigns.c.id == recipients.c.campaign)
    queued = and_(campaigns.c.sender == sender, recipients.c.state == RecipientState.QUEUED)
    on_the_way = await connection.execute(select(func.count()).select_from(others).where(queued))
    left = tier - used - on_the_way.scalar_one()
    return Room(max(0, left), first + DAY if first and left <= 0 else None)


# ------------------------------------------------------------------ lost jobs


@dataclass(frozen=True, slots=True)
class Overdue:
    """A recipient that was queued long ago, and what the outbox knows of it."""

    contact: str
    round: int
    effect: EffectState | None


async def overdue(engine: AsyncEngine, campaign: Campaign, after: timedelta) -> list[Overdue]:
    """A page of those of whose job nothing was heard for so long, the longest first."""
    mine = recipients.c
    quiet = mine.state == RecipientState.QUEUED, mine.at < now() - after
    chosen = select(mine.contact, mine.round).where(mine.campaign == campaign.id, *quiet)
    async with engine.connect() as connection:
        rows = (await connection.execute(chosen.order_by(mine.at).limit(PAGE))).all()
        key_of = mail_effect if campaign.channel == "email" else message_effect
        keys = {row.contact: key_of(campaign.id, row.contact) for row in rows}
        told = select(effects.c.effect_key, effects.c.state).where(effects.c.effect_key.in_(keys.values()))
        known = {key: EffectState(state) for key, state in await connection.execute(told)} if rows else {}
    return [Overdue(row.contact, row.round, known.get(keys[row.contact])) for row in rows]


LIVING = frozenset({JobState.WAITING, JobState.SCHEDULED, JobState.ACTIVE, JobState.RETRYING, JobState.HELD})

SENT_OR_NOT: Mapping[EffectState | None, tuple[RecipientState, str]] = {
    EffectState.SENT: (RecipientState.SENT, ""),
    EffectState.SENDING: (RecipientState.UNKNOWN, "its job ended while it was sending"),
    EffectState.UNKNOWN: (RecipientState.UNKNOWN, "nobody knows whether it was sent"),
}
"""What the outbox says decides; the others were certainly not sent."""

ENDED: Mapping[JobState | None, tuple[RecipientState, str]] = {
    JobState.DEAD: (RecipientState.FAILED, "its job is dead"),
    JobState.CANCELLED: (RecipientState.CANCELLED, "its job was cancelled"),
}


def account(one: Overdue, job: JobState | None) -> tuple[RecipientState, str] | None:
    """What becomes of a recipient by its job's state, None for one that is gone; None while the job lives."""
    if job in LIVING:
        return None
    told = SENT_OR_NOT.get(one.effect) or ENDED.get(job)
    if told:
        return told
    if one.round >= MOST_LOST:
        return RecipientState.FAILED, "its job was lost again and again"
    return RecipientState.PENDING, "its job was lost"


async def settle_overdue(
    engine: AsyncEngine, campaign: str, found: Sequence[tuple[Overdue, tuple[RecipientState, str] | None]]
) -> None:
    """Write that down, but for those whose jobs have done so meanwhile; who lives is heard of again later."""
    mine = recipients.c
    async with engine.begin() as connection:
        for one, told in found:
            state, reason = told or (RecipientState.QUEUED, "")
            where = mine.campaign == campaign, mine.contact == one.contact, mine.round == one.round
            again = one.round + (state is RecipientState.PENDING)
            values = {"state": state, "reason": reason[:LONGEST_WORD], "round": again, "at": now()}
            chosen = update(recipients).where(*where, mine.state == RecipientState.QUEUED)
            await connection.execute(chosen.values(**values))


async def cancel_pending(engine: AsyncEngine, campaign: str) -> None:
    """Nobody who was not queued gets it any more."""
    mine = recipients.c
    chosen = update(recipients).where(mine.campaign == campaign, mine.state == RecipientState.PENDING)
    told = {"state": RecipientState.CANCELLED, "reason": "the campaign was cancelled", "at": now()}
    async with engine.begin() as connection:
        await connection.execute(chosen.values(**told))
