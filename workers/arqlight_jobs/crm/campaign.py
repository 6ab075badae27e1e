"""The queue of campaigns and its job type: one coordinator for each campaign, which holds no slot while it waits.

Each run takes a step and snoozes until the next: the audience is frozen, a page is queued while few are on their way,
else it only looks. Whatever it wrote down is true after a crash, and what it queues twice is refused by its id.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import InterfaceError, OperationalError

from arqlight_core.clock import monotonic
from arqlight_core.declaration import Queue
from arqlight_core.errors import Discard, Snooze, UsageError
from arqlight_core.jobs import State as JobState
from arqlight_core.policy import DAY, HOUR, MINUTE, SECOND, Backoff, Keep, Retention
from arqlight_core.run import Run
from arqlight_jobs.crm.campaign_audience import freeze_page
from arqlight_jobs.crm.campaign_jobs import states_of
from arqlight_jobs.crm.campaign_pages import (
    MAIL,
    MESSAGE,
    PAGE,
    Room,
    Tally,
    account,
    asked_for,
    cancel_pending,
    mark_queued,
    next_page,
    overdue,
    room_of,
    settle_overdue,
    tallied,
)
from arqlight_jobs.crm.campaigns import Campaign, Campaigns, CampaignState, RecipientState
from arqlight_jobs.crm.contents import Content, Kind, content_of
from arqlight_jobs.crm.happenings import DELIVER, tell_campaign
from arqlight_jobs.crm.people import sender_of
from arqlight_jobs.crm.records import Records, records
from arqlight_jobs.crm.requests import CampaignAsked
from arqlight_jobs.outbound.effects import outbox

TIMEOUT = 300 * SECOND

FREEZES_FOR = 60.0
"""Seconds that one run takes in an audience, at most; then it lets others have its slot."""

LOOK = SECOND
"""How long a coordinator waits between two looks, at the least: it looks no more than a twentieth of the time."""

SLOW_LOOK = 5 * SECOND
"""As above, while nothing goes on."""

TELLS_FOR = HOUR
"""How long after it a campaign's end or stop may still be told, if nobody did when it came."""

LOST_AFTER = 2 * MINUTE
"""When a recipient's job is looked for of which nothing was heard."""

MOST_FAILED, AT_LEAST = 0.2, 50
"""The failure threshold: this share of at least so many."""

AT_ONCE = 50
"""Jobs that are being queued at a time."""

campaigns = Queue(
    name="crm:campaign",
    purpose="Campaigns: to whom, how far, and the next page of messages or mails.",
    concurrency=2,
    retention=Retention(completed=Keep(100, DAY), dead=Keep(500, 7 * DAY)),
    poison_after=4,  # short steps between long rests: a worker lost under one says little about it
)


@campaigns.job(
    "crm.campaign.run",
    CampaignAsked,
    timeout=TIMEOUT,
    retry=Backoff(3, first=5 * SECOND),
    deadline=90 * DAY,
    id_of=lambda asked: asked.campaign,
    follow_ups=(MESSAGE, MAIL, DELIVER),
)
async def run_campaign(run: Run, asked: CampaignAsked) -> dict[str, Any]:
    """Carry a campaign on until everybody it is for is through with it."""
    try:
        opened = await run.open(records)
        await run.open(outbox)  # its table is looked into
        return await _Coordinator(run, opened, await _found(opened, asked)).step()
    except (OperationalError, InterfaceError, OSError) as problem:  # a campaign may last longer than a database is up
        raise Snooze(15 * SECOND, f"the database is away: {type(problem).__name__}") from problem


async def _found(opened: Records, asked: CampaignAsked) -> Campaign:
    try:
        return await Campaigns(opened.engine).find(asked.campaign)
    except UsageError as problem:
        raise Discard(str(problem)) from None


@dataclass(slots=True)
class _Coordinator:
    """One run's hold of a campaign."""

    run: Run
    opened: Records
    campaign: Campaign

    async def step(self) -> dict[str, Any]:
        """The counts once it is over. Raises Snooze until the next step, Discard for what cannot be sent."""
        match self.campaign.state:
            case CampaignState.DRAFT:
                await self._move(CampaignState.DRAFT, CampaignState.RUNNING)
                raise Snooze(0 * SECOND, "started")
            case CampaignState.RUNNING:
                return await self._carry_on()
            case CampaignState.PAUSED | CampaignState.STOPPED:
                await self._tell()
                return await self._look_on()
            case CampaignState.CANCELLED:
                await cancel_pending(self.opened.engine, self.campaign.id)
                return await self._look_on()
            case CampaignState.DONE:
                await self._tell()
                return _told(await self._tally(), self.campaign.state)

    async def _move(self, source: CampaignState, state: CampaignState, reason: str = "") -> None:
        await Campaigns(self.opened.engine).move(self.campaign.id, (source,), state, reason)

    async def _stop(self, reason: str) -> None:
        await self._move(CampaignState.RUNNING, CampaignState.STOPPED, reason)
        await self._tell()

    async def _tell(self) -> None:
        """Tell its tenant that it is done or has stopped, once; a run that died may have left that to this one."""
        await tell_campaign(self.run, self.opened.engine, self.campaign, TELLS_FOR)

    # ------------------------------------------------------------------ while it is running

    async def _carry_on(self) -> dict[str, Any]:
        content = await self._content()
        if not self.campaign.is_frozen:
            await self._freeze(content)
        began = monotonic()
        tally = await self._looked()
        if tally.fails(self.campaign, MOST_FAILED, AT_LEAST):
            await self._stop(f"{tally.counts[RecipientState.FAILED]} have failed of {tally.ended} that ended")
            raise Snooze(SLOW_LOOK, "stopped")
        if tally.ended == tally.total:
            return await self._over(tally)
        room = await self._room()
        wait = max(LOOK, 20 * (monotonic() - began) * SECOND)
        if room.left:
            await self._queue(tally, room)
        raise Snooze(room.again_at or wait, "sending" if room.left else "the sender's tier is used up")

    async def _content(self) -> Content:
        """What is sent. Raises Discard when it is not there, or not for this channel."""
        try:
            async with self.opened.engine.connect() as connection:
                content = await content_of(connection, self.campaign.tenant, self.campaign.content)
        except Discard:
            await self._stop("its content is not there")
            raise
        if (content.kind is Kind.EMAIL) != (self.campaign.channel == "email"):
            await self._stop(f"a content of the kind {content.kind} cannot be sent by {self.campaign.channel}")
            raise Discard(f"the content of campaign {self.campaign.id} is of the kind {content.kind}")
        return content

    async def _freeze(self, content: Content) -> None:
        until, total, campaign = monotonic() + FREEZES_FOR, self.campaign.total, self.campaign
        while not await freeze_page(self.opened.engine, campaign, content):
            campaign = await Campaigns(self.opened.engine).find(campaign.id)
            self.run.progress(min(9, campaign.total // 10_000), 100, f"audience: {campaign.total} by now")
            if monotonic() > until or campaign.state is not CampaignState.RUNNING:
                raise Snooze(0 * SECOND, f"taking in its audience, from {total} to {campaign.total} by now")
        self.campaign = await Campaigns(self.opened.engine).find(campaign.id)
        if not (await self._tally()).counts[RecipientState.PENDING]:
            await self._stop("nobody in its audience can be written to")
            raise Discard("the audience is empty")

    async def _queue(self, tally: Tally, room: Room) -> None:
        """Queue pages until enough are on their way."""
        on_the_way, left = tally.counts[RecipientState.QUEUED], room.left
        while on_the_way <= PAGE and left:
            page = await next_page(self.opened.engine, self.campaign.id, min(PAGE, left))
            if page is None:
                return
            for at in range(0, len(page.contacts), AT_ONCE):
                jobs = [asked_for(self.campaign, one, page.round) for one in page.contacts[at : at + AT_ONCE]]
                await asyncio.gather(*(self.run.enqueue(name, payload) for name, payload in jobs))
            await mark_queued(self.opened.engine, self.campaign.id, page)
            on_the_way, left = on_the_way + len(page.contacts), left - len(page.contacts)
            await self._tally()

    async def _room(self) -> Room:
        if self.campaign.channel == "email":
            return Room(PAGE * 2)
        async with self.opened.engine.connect() as connection:
            sender = await sender_of(connection, self.campaign.tenant, self.campaign.sender)
            return await room_of(connection, sender.id, sender.tier) if sender.tier else Room(PAGE * 2)

    async def _over(self, tally: Tally) -> dict[str, Any]:
        await self._move(CampaignState.RUNNING, CampaignState.DONE)
        await self._tell()
        return _told(tally, CampaignState.DONE)

    # ------------------------------------------------------------------ in any state

    async def _look_on(self) -> dict[str, Any]:
        """What is on its way comes to its end. Raises Snooze while it may be resumed, or something is on its way."""
        tally = await self._looked()
        if self.campaign.state is CampaignState.CANCELLED and tally.ended == tally.total:
            return _told(tally, self.campaign.state)
        raise Snooze(SLOW_LOOK, f"the campaign is {self.campaign.state}")

    async def _looked(self) -> Tally:
        lost = await self._find_lost()
        tally = await self._tally()
        if lost:
            self.run.log(f"{lost} jobs had ended without a word")
        return tally

    async def _tally(self) -> Tally:
        tally = await tallied(self.opened.engine, self.campaign.id)
        counts = tally.counts
        told = {
            "sent": counts[RecipientState.SENT],
            "failed": counts[RecipientState.FAILED],
            "on their way": counts[RecipientState.QUEUED],
            "of": tally.total,
        }
        self.run.progress(tally.percent, 100, ", ".join(f"{name} {count}" for name, count in told.items()))
        return tally

    async def _find_lost(self) -> int:
        """Recipients whose jobs nobody has any more are accounted for, or queued again; how many those are."""
        found = await overdue(self.opened.engine, self.campaign, LOST_AFTER)
        if not found:
            return 0
        asked = [asked_for(self.campaign, one.contact, one.round) for one in found]
        states: Sequence[JobState | None] | None = await states_of(self.run, campaigns, asked)
        if states is None:
            return 0
        told = [(one, account(one, state)) for one, state in zip(found, states, strict=True)]
        await settle_overdue(self.opened.engine, self.campaign.id, told)
        return sum(what is not None for _, what in told)


def _told(tally: Tally, state: CampaignState) -> dict[str, Any]:
    return {"state": state, **{name: count for name, count in tally.counts.items() if count}}
