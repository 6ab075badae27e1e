"""Campaigns and incidents as the records have them: what the control room's views of them show."""

from typing import Annotated

from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter

from arqlight.http.answers import Cursor, Limit, paged
from arqlight.http.problems import sought
from arqlight.http.routes import TheOpened, seen
from arqlight.http.told import Page
from arqlight_core.campaigns import CampaignRow, CampaignView
from arqlight_core.incidents import IncidentRow, IncidentView
from arqlight_jobs.crm import answers as crm
from arqlight_jobs.healer import answers as healer

StillOpen = Annotated[bool, QueryParameter(name="open", description="Only those that are not over.")]
Tenant = Annotated[str, QueryParameter(max_length=200, description="Only of this tenant; without it of all.")]
Site = Annotated[str, QueryParameter(max_length=200, description="Only of the site with this id; without it of all.")]


@seen("/api/v1/campaigns")
async def list_campaigns(
    opened: TheOpened, *, tenant: Tenant = "", still_open: StillOpen = False, cursor: Cursor = "", limit: Limit = 100
) -> Page[CampaignRow]:
    """Messages to many: how far each campaign is, those that are not over first."""
    told = await crm.campaigns(await opened.records(crm.opened))
    found = [one for one in told if tenant in ("", one.tenant) and not (still_open and one.is_over)]
    return paged(found, cursor, limit)


@seen("/api/v1/campaigns/{campaign_id:str}")
async def get_campaign(opened: TheOpened, campaign_id: FromPath[str]) -> CampaignView:
    """One campaign: its recipients by state, why some did not get it, and how it came where it is."""
    with sought():
        return await crm.campaign(await opened.records(crm.opened), campaign_id=campaign_id)


@seen("/api/v1/incidents")
async def list_incidents(
    opened: TheOpened, *, site: Site = "", still_open: StillOpen = False, cursor: Cursor = "", limit: Limit = 100
) -> Page[IncidentRow]:
    """What is being healed and how far it is, the open ones first."""
    told = await healer.incidents(await opened.records(healer.opened))
    found = [one for one in told if site in ("", one.site) and not (still_open and one.is_over)]
    return paged(found, cursor, limit)


@seen("/api/v1/incidents/{incident_id:str}")
async def get_incident(opened: TheOpened, incident_id: FromPath[str]) -> IncidentView:
    """One incident: how it came where it is, what was found, what was tried, and what is left."""
    with sought():
        return await healer.incident(await opened.records(healer.opened), incident_id=incident_id)


RECORDS: list[HTTPRouteHandler] = [list_campaigns, get_campaign, list_incidents, get_incident]
