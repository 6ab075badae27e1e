"""Incidents, health checks and data retention: what is asked for is put on record, then its job is queued."""

from typing import Annotated, Any

import msgspec
from litestar import Request
from litestar.enums import HttpMethod
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from arqlight.http.problems import Conflict, sought
from arqlight.http.routes import TheOpened, TheSettings, TheStore, routed
from arqlight.orders import healer
from arqlight_core.clock import now
from arqlight_core.enqueue import Enqueued
from arqlight_core.errors import UsageError
from arqlight_core.incidents import Urgency
from arqlight_core.operations.enqueueing import submit_on_record
from arqlight_core.rights import Role
from arqlight_core.setting_kinds import FEWEST_DAYS, MOST_DAYS
from arqlight_jobs.expiry import discovered
from arqlight_jobs.healer import health_checks
from arqlight_jobs.healer.data_retention import PurgeAsked, purge_expired
from arqlight_jobs.healer.health.hosts import Hosts
from arqlight_jobs.healer.health.samples import slot_of
from arqlight_jobs.healer.health_checks import CheckAsked
from arqlight_jobs.healer.incidents import Opening
from arqlight_jobs.healer.records import records
from arqlight_jobs.healer.sites import Sites
from arqlight_jobs.healer.words import Symptom, SymptomId

Words = Annotated[str, Meta(max_length=100)]


class IncidentWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A site to be looked at and healed."""

    site: Annotated[str, Meta(min_length=1, max_length=100, description="Its id or name.")]
    symptom: SymptomId | None = None
    component: Words = ""
    priority: Urgency = "high"


class PurgeWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which rows are to go: of a category, or of all, that are older than so many days."""

    category: Words = ""
    days: Annotated[int, Meta(ge=FEWEST_DAYS, le=MOST_DAYS)] | None = None
    dry_run: bool = False


class IncidentOpened(msgspec.Struct, frozen=True, rename="camel"):
    """The incident, whose diagnosis is queued."""

    incident_id: str
    site_id: str
    correlation_id: str
    status: str = "queued"


class Queued(msgspec.Struct, frozen=True, rename="camel"):
    """The job; one that waits or runs already is the same, and is not queued twice."""

    job_id: str
    new: bool
    """Whether it was queued by this request."""
    status: str = "queued"


@routed(HttpMethod.POST, "/jobs/incidents", Role.OPERATOR, tag="familiar", status=202)
async def open_incident(
    data: JSONBody[IncidentWanted], store: TheStore, opened: TheOpened, request: Request[Any, Any, Any]
) -> IncidentOpened:
    """Have a site looked at and healed now."""
    held, actor = await opened.records(records), request.user.name
    with sought():
        site = await Sites(held.engine).find(data.site)
    fingerprint = Symptom(data.symptom, data.component).fingerprint if data.symptom else ""
    wish = Opening(site.id, fingerprint, actor, data.priority, forced=True)
    told, new = await healer.opened(store, held, wish, actor)
    if not new:
        raise Conflict(f"Incident {told.id} is open on {site.id} already.")
    return IncidentOpened(told.id, site.id, told.correlation_id)


@routed(HttpMethod.POST, "/jobs/data-retention/purge", Role.ADMIN, tag="familiar", status=202)
async def purge_data(
    store: TheStore, settings: TheSettings, request: Request[Any, Any, Any], data: JSONBody[PurgeWanted | None] = None
) -> Queued:
    """Forget what is older than so many days."""
    wanted, known = data or PurgeWanted(), [one.name for one in discovered().categories]
    if wanted.category and wanted.category not in known:
        raise UsageError(f"There is no category {wanted.category}; they are: {', '.join(known)}.")
    actor = request.user.name
    asked = PurgeAsked(wanted.category, wanted.days, wanted.dry_run, actor)
    return _told(await submit_on_record(store, purge_expired, asked, settings, actor=actor))


@routed(HttpMethod.POST, "/jobs/health-checks/sites/{site_id:str}", Role.OPERATOR, tag="familiar", status=202)
async def check_site(
    site_id: FromPath[str], store: TheStore, opened: TheOpened, settings: TheSettings, request: Request[Any, Any, Any]
) -> Queued:
    """Look at a site now."""
    with sought():
        found = await Sites((await opened.records(records)).engine).find(site_id)
    return await _checked(store, settings, request, health_checks.site, found.id)


@routed(HttpMethod.POST, "/jobs/health-checks/servers/{server_id:str}", Role.OPERATOR, tag="familiar", status=202)
async def check_server(
    server_id: FromPath[str], store: TheStore, opened: TheOpened, settings: TheSettings, request: Request[Any, Any, Any]
) -> Queued:
    """Look at a server now."""
    with sought():
        found = await Hosts((await opened.records(records)).engine).find(server_id)
    return await _checked(store, settings, request, health_checks.server, found.id)


@routed(HttpMethod.POST, "/jobs/health-checks/system", Role.OPERATOR, tag="familiar", status=202)
async def check_system(store: TheStore, settings: TheSettings, request: Request[Any, Any, Any]) -> Queued:
    """Look at the fleet itself now."""
    return await _checked(store, settings, request, health_checks.system, health_checks.FLEET)


async def _checked(
    store: TheStore, settings: TheSettings, request: Request[Any, Any, Any], job: Any, target: str
) -> Queued:
    asked = CheckAsked(target, slot_of(now()))
    return _told(await submit_on_record(store, job, asked, settings, actor=request.user.name))


def _told(queued: Enqueued) -> Queued:
    return Queued(queued.job_id, queued.new)


HEALING = [open_incident, purge_data, check_site, check_server, check_system]
