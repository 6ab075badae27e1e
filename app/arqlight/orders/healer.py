"""Open an incident, or give one up: noted in the records, then a job is queued that heeds it."""

from collections.abc import Awaitable, Callable, Mapping

from arqlight_core import rights
from arqlight_core.errors import UsageError
from arqlight_core.incidents import GIVE_UP, OPEN, Urgency
from arqlight_core.operations import OPERATIONS
from arqlight_core.operations.enqueueing import submit_on_record
from arqlight_core.settings import Settings
from arqlight_core.store.gateway import Store
from arqlight_jobs.healer.incident import Incident, limits_of
from arqlight_jobs.healer.incident_processing import process
from arqlight_jobs.healer.incidents import Incidents, Opening
from arqlight_jobs.healer.records import Records
from arqlight_jobs.healer.request import IncidentAsked
from arqlight_jobs.healer.sites import Sites
from arqlight_jobs.healer.words import Symptom, SymptomId


async def open_on(
    store: Store,
    records: Records,
    actor: str,
    *,
    site: str,
    symptom: str = "",
    component: str = "",
    priority: Urgency = "high",
) -> str:
    """Have a site looked at and healed now. Raises UsageError for an unknown site or symptom, or an open incident."""
    fingerprint = Symptom(_symptom(symptom), component).fingerprint if symptom else ""
    found = await Sites(records.engine).find(site)
    wish = Opening(found.id, fingerprint, actor, priority, forced=True)
    told, new = await opened(store, records, wish, actor)
    if not new:
        raise UsageError(f"Incident {told.id} is open on {found.id} already.")
    return f"Incident {told.id} is open on {found.id}."


async def give_up(store: Store, records: Records, actor: str, *, incident_id: str, reason: str = "") -> str:
    """End an incident once its phase has ended. Raises UsageError when it is over already."""
    told = await given_up(store, records, incident_id, reason, actor)
    return f"Incident {told.id} ends after {told.phase.value}."


ORDERS: Mapping[str, Callable[..., Awaitable[str]]] = {one.__name__: one for one in (open_on, give_up)}


async def opened(store: Store, records: Records, wish: Opening, actor: str) -> tuple[Incident, bool]:
    """The incident and True, or the one that is open on the site and False; either is set going. Raises NotAllowed."""
    await rights.refuse(store, OPERATIONS[OPEN.needs])
    told, new = await Incidents(records.engine).open(wish, limits_of(records.settings))
    await _process(store, told, records.settings, actor)
    return told, new


async def given_up(store: Store, records: Records, incident_id: str, reason: str, actor: str) -> Incident:
    """Note that the incident is to end, and have its phase's job heed it. Raises NotAllowed."""
    await rights.refuse(store, OPERATIONS[GIVE_UP.needs])
    why = reason.strip().rstrip(".") or "no reason was given"
    told = await Incidents(records.engine).give_up(incident_id, f"{actor} gave it up: {why}.")
    await _process(store, told, records.settings, actor)
    return told


async def _process(store: Store, told: Incident, settings: Settings, actor: str) -> None:
    """Queue what sets the incident going, unless that waits already."""
    asked = IncidentAsked(told.site_id, told.id)
    await submit_on_record(store, process, asked, settings, actor=actor, correlation_id=told.correlation_id)


def _symptom(told: str) -> SymptomId:
    try:
        return SymptomId(told)
    except ValueError:
        raise UsageError(f"{told!r} is no symptom; one is {', '.join(SymptomId)}.") from None
