"""How far campaigns are and how fast: counted in the records, of many campaigns at a time."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import extract, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from arqlight_core.campaigns import PAST_MINUTES, RATE_MINUTES, Recipients
from arqlight_core.clock import now
from arqlight_core.policy import HOUR, MINUTE, SECOND
from arqlight_jobs.crm.campaigns import JUDGED, CampaignState
from arqlight_jobs.crm.tables.messaging import campaign_moves, recipients

_LEAST = 10 * SECOND
"""A rate over less than this is that of chance."""


async def tallies(engine: AsyncEngine, campaigns: Collection[str]) -> dict[str, Recipients]:
    """How many recipients of each campaign are in each state."""
    mine = recipients.c
    chosen = select(mine.campaign, mine.state, func.count()).where(mine.campaign.in_(campaigns))
    told: dict[str, dict[str, int]] = {one: {} for one in campaigns}
    async with engine.connect() as connection:
        for campaign, state, many in await connection.execute(chosen.group_by(mine.campaign, mine.state)):
            told[campaign][state] = many
    return {campaign: Recipients(**states) for campaign, states in told.items()}


async def rates(engine: AsyncEngine, running: Collection[str]) -> dict[str, float]:
    """How many recipients a minute each of the running campaigns has tried of late, since it was started or resumed."""
    at, since = now(), await _running_since(engine, running)
    early = at - RATE_MINUTES * MINUTE
    mine, many = recipients.c, func.count()
    tried = (mine.campaign.in_(running), mine.at >= early, mine.state.in_(JUDGED))
    async with engine.connect() as connection:
        rows = (await connection.execute(select(mine.campaign, many).where(*tried).group_by(mine.campaign))).all()
    return {campaign: count * MINUTE / _over(at, max(early, since.get(campaign, early))) for campaign, count in rows}


def _over(at: datetime, since: datetime) -> timedelta:
    return max(at - since, _LEAST)


async def _running_since(engine: AsyncEngine, running: Collection[str]) -> Mapping[str, datetime]:
    mine = campaign_moves.c
    of_these = (mine.campaign.in_(running), mine.target == CampaignState.RUNNING)
    chosen = select(mine.campaign, func.max(mine.at).label("since")).where(*of_these).group_by(mine.campaign)
    async with engine.connect() as connection:
        return {row.campaign: row.since for row in await connection.execute(chosen)}


async def past_hour(engine: AsyncEngine, campaign: str) -> tuple[int, ...]:
    """How many of its recipients were tried in each of the last minutes, the running one last."""
    mine, newest = recipients.c, now().replace(second=0, microsecond=0)
    first = newest - HOUR + MINUTE
    by_minute = (extract("hour", mine.at), extract("minute", mine.at))  # an hour has each of them once
    tried = (mine.campaign == campaign, mine.at >= first, mine.state.in_(JUDGED))
    chosen = select(func.min(mine.at), func.count()).where(*tried).group_by(*by_minute)
    async with engine.connect() as connection:
        told = {(at - first) // MINUTE: many for at, many in await connection.execute(chosen)}
    return tuple(told.get(minute, 0) for minute in range(PAST_MINUTES))
