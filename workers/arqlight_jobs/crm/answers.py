"""What a screen is told of campaigns: the questions of `arqlight_core.campaigns`, answered from the records."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from arqlight_core.campaigns import OVER, QUEUE, CampaignRow, CampaignView, Move, Reason, Recipients
from arqlight_core.clock import monotonic
from arqlight_core.settings import Settings
from arqlight_jobs.crm.campaign_pace import past_hour, rates, tallies
from arqlight_jobs.crm.campaigns import Campaign, Campaigns, CampaignState
from arqlight_jobs.crm.campaigns import Move as Moved
from arqlight_jobs.crm.records import Records, records
from arqlight_jobs.crm.tables.messaging import campaigns as campaign_table

MOST_READ, MOST_OVER = 1000, 200
MOST_REASONS = 100
_REMEMBERED_S = 60.0
"""How long the tally of a campaign that is over is taken for true: only what was unknown can still change in it."""


@dataclass(frozen=True, slots=True)
class Known(Records):
    """The records, and what was counted of campaigns that are over: they may have millions of recipients."""

    counted: dict[str, tuple[float, Recipients]] = field(default_factory=dict[str, tuple[float, Recipients]])


@asynccontextmanager
async def opened(settings: Settings) -> AsyncGenerator[Known]:
    """What has to be open for an answer."""
    async with records(settings) as told:
        yield Known(told.engine, told.settings)


async def campaigns(known: Known, *, correlation_id: str = "") -> tuple[CampaignRow, ...]:
    """Those that are not over, then the newest of the others; or those of one flow, newest first."""
    told = Campaigns(known.engine)
    if correlation_id:
        return await rows(known, await told.listed(MOST_READ, campaign_table.c.correlation_id == correlation_id))
    standing = await told.listed(MOST_READ, campaign_table.c.state.not_in(OVER))
    return await rows(known, [*standing, *await told.listed(MOST_OVER, campaign_table.c.state.in_(OVER))])


async def campaign(known: Known, *, campaign_id: str) -> CampaignView:
    """One campaign, whole. Raises UsageError for an unknown one."""
    told = Campaigns(known.engine)
    found = await told.find(campaign_id)
    known.counted.pop(found.id, None)  # whoever looks at this one may have settled what was unknown
    [row] = await rows(known, [found])
    reasons = await told.failures(found.id, MOST_REASONS)
    return CampaignView(
        campaign=row,
        reasons=tuple(Reason(text or "nobody said why", many) for text, many in reasons),
        moves=tuple(_move(one) for one in await told.moves(found.id)),
        past_hour=await past_hour(known.engine, found.id),
    )


ANSWERS: Mapping[str, Callable[..., Awaitable[Any]]] = {one.__name__: one for one in (campaigns, campaign)}


async def rows(known: Known, found: Sequence[Campaign]) -> tuple[CampaignRow, ...]:
    """These campaigns with how far they are, in their order."""
    counted = await _counted(known, found)
    running = [one.id for one in found if one.state is CampaignState.RUNNING]
    speeds = await rates(known.engine, running) if running else {}
    return tuple(_row(one, counted[one.id], speeds.get(one.id, 0.0)) for one in found)


async def _counted(known: Known, found: Sequence[Campaign]) -> dict[str, Recipients]:
    """What was counted a moment ago of those that are over, and all others counted now."""
    late = monotonic() - _REMEMBERED_S
    over = {one.id for one in found if one.state in OVER}
    recent = {one: told for one, (at, told) in known.counted.items() if one in over and at > late}
    fresh = await tallies(known.engine, [one.id for one in found if one.id not in recent])
    known.counted.update({one: (monotonic(), told) for one, told in fresh.items() if one in over})
    return recent | fresh


def _row(one: Campaign, counted: Recipients, per_minute: float) -> CampaignRow:
    return CampaignRow(
        id=one.id,
        tenant=one.tenant,
        name=one.name,
        channel=one.channel,
        sender=one.sender,
        content=one.content,
        state=one.state.value,
        reason=one.reason,
        recipients=counted,
        total=one.total,
        per_minute=per_minute,
        created_ms=_ms(one.created_at),
        started_ms=_ms(one.started_at),
        ended_ms=_ms(one.ended_at),
        correlation_id=one.correlation_id,
        job_id=f"{{{QUEUE}}}:{one.id}",
    )


def _move(one: Moved) -> Move:
    return Move(at_ms=_ms(one.at), source=one.source.value, target=one.target.value, reason=one.reason)


def _ms(at: datetime | None) -> int:
    return round(at.timestamp() * 1000) if at else 0
