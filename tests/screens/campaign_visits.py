"""How tests come to campaigns."""

from msgspec import structs

from arqlight_core.campaigns import CampaignRow, CampaignView
from arqlight_screens.campaign_detail import SECTIONS, CampaignDetail
from arqlight_screens.campaigns import Campaigns
from tests.screens.canned_campaigns import UNDER_WAY
from tests.screens.conftest import Visit


async def to_list(guest: Visit) -> None:
    await guest.press("colon", *"campaigns", "enter")
    await guest.until(lambda: isinstance(guest.room.screen, Campaigns))


async def to_one(guest: Visit, view: CampaignView = UNDER_WAY) -> None:
    guest.room.open(CampaignDetail(view.campaign.id))
    await guest.until_shown(view.campaign.name)


async def turn_to(guest: Visit, section: str) -> None:
    await guest.press(*["right"] * SECTIONS.index(section))


def seen_as(row: CampaignRow) -> CampaignView:
    return structs.replace(UNDER_WAY, campaign=row)


def settled(guest: Visit) -> bool:
    screen = guest.room.screen
    return isinstance(screen, Campaigns) and screen.table.settled
