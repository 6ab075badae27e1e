"""Outreach's records, and the effects of all domains: what was sent, and what may not have arrived."""

from collections.abc import Sequence

from arqlight.http.records.declared import Kept, asked
from arqlight_jobs.outbound.effects import MOST_LISTED as MOST_EFFECTS
from arqlight_jobs.outbound.effects import EffectView, Outbox, State, outbox
from arqlight_jobs.outreach.campaigns import MOST_LISTED, Campaigns
from arqlight_jobs.outreach.people import Campaign
from arqlight_jobs.outreach.records import Records, records
from arqlight_jobs.outreach.telling import OutreachView, seen_campaign

STATE = asked("which", State, State.UNKNOWN, "In which state.", called="state")


async def campaigns(held: Records) -> Sequence[Campaign]:
    """The campaigns."""
    return await Campaigns(held.engine).listed(MOST_LISTED)


async def campaign_of(held: Records, campaign: str) -> OutreachView:
    """The campaign of that id. Raises CampaignUnknown."""
    return await seen_campaign(Campaigns(held.engine), campaign)


async def effects(box: Outbox, which: State) -> Sequence[EffectView]:
    """The effects in a state."""
    return [EffectView.of(one) for one in await box.listed(which, MOST_EFFECTS)]


KEPT = (
    Kept("outreach", "Campaigns by mail and SMS, newest first.", Campaign, records, campaigns),
    Kept(
        "outreach/{campaign:str}",
        "How far a campaign is: what was sent, what not and why, and what came of it.",
        OutreachView,
        records,
        campaign_of,
        is_list=False,
    ),
    Kept(
        "effects",
        "What was sent once and may not have arrived, or stands otherwise, the oldest first.",
        EffectView,
        outbox,
        effects,
        (STATE,),
    ),
)
