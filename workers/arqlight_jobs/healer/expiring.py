"""What is forgotten of auto-healing. Open incidents and all that belongs to them stay."""

import re

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_jobs.expiry import ArtifactRoot, Category
from arqlight_jobs.healer.artifacts import healer_folder
from arqlight_jobs.healer.baseline import HEALTHY
from arqlight_jobs.healer.request import HEX_DIGITS
from arqlight_jobs.healer.tables import health_samples, incidents, notices, sites


async def _of_incidents(connection: AsyncConnection) -> frozenset[str]:
    chosen = select(incidents.c.site_id, incidents.c.id)
    return frozenset(f"{site}/{incident}" for site, incident in await connection.execute(chosen))


async def _of_sites(connection: AsyncConnection) -> frozenset[str]:
    return frozenset(f"{site}/{HEALTHY}" for (site,) in await connection.execute(select(sites.c.id)))


INCIDENTS = Category("incidents", incidents, incidents.c.closed_at)
SAMPLES = Category("health samples", health_samples, health_samples.c.at)
NOTICES = Category("notices", notices, notices.c.created_at)
INCIDENT_FILES = ArtifactRoot(
    "incident files", healer_folder, 2, re.compile(rf"[^/]+/[0-9a-f]{{{HEX_DIGITS}}}"), incidents, _of_incidents
)
SITE_FILES = ArtifactRoot("site files", healer_folder, 2, re.compile(rf"[^/]+/{HEALTHY}"), sites, _of_sites)
