"""The healer's records: sites and servers, how they were, what is being healed, who was told, what is forgotten."""

from collections.abc import Sequence

from arqlight.http.records.declared import STILL_OPEN, UNREAD, Kept, asked
from arqlight_core.incidents import IncidentRow, IncidentView
from arqlight_jobs.healer import answers
from arqlight_jobs.healer.health.hosts import Host, Hosts, shown
from arqlight_jobs.healer.health.samples import LookView, Samples
from arqlight_jobs.healer.notices import MOST_LISTED as MOST_NOTICES
from arqlight_jobs.healer.notices import Notice, Notices
from arqlight_jobs.healer.records import Records, records
from arqlight_jobs.healer.retention.holds import Holds, LegalHold
from arqlight_jobs.healer.retention.trail import MOST_LISTED as MOST_ENTRIES
from arqlight_jobs.healer.retention.trail import AuditEntry, Trail
from arqlight_jobs.healer.telling import SiteView, seen_site, seen_sites

SITE = asked("site", str, "", "Only of the site with this id; without it of all.")


async def incidents(held: Records, site: str, *, still_open: bool) -> Sequence[IncidentRow]:
    """The open ones, then the newest of the others."""
    told = await answers.incidents(held)
    return [one for one in told if site in ("", one.site) and not (still_open and one.is_over)]


async def hosts(held: Records) -> Sequence[Host]:
    """The servers, without credentials."""
    return [shown(one) for one in await Hosts(held.engine).listed()]


async def looks(held: Records, target: str = "") -> Sequence[LookView]:
    """The last look at each target, or all at one. Raises UsageError for what was not looked at."""
    samples = Samples(held.engine)
    return [LookView.of(one) for one in await (samples.of_target(target) if target else samples.newest())]


async def notices(held: Records, *, unread: bool) -> Sequence[Notice]:
    """The notices."""
    return await Notices(held.engine).listed(open_only=unread, limit=MOST_NOTICES)


async def forgotten(held: Records) -> Sequence[AuditEntry]:
    """The entries of retention's log."""
    return await Trail(held.engine).entries(MOST_ENTRIES)


async def legal_holds(held: Records) -> Sequence[LegalHold]:
    """The legal holds."""
    return await Holds(held.engine).listed()


KEPT = (
    Kept(
        "incidents",
        "What is being healed and how far it is, the open ones first.",
        IncidentRow,
        records,
        incidents,
        (SITE, STILL_OPEN),
    ),
    Kept(
        "incidents/{incident_id:str}",
        "One incident: how it came where it is, what was found, what was tried, and what is left.",
        IncidentView,
        records,
        answers.incident,
        is_list=False,
    ),
    Kept(
        "sites",
        "The sites that heal, how far we may go with each, and the incident that is open on it.",
        SiteView,
        records,
        seen_sites,
    ),
    Kept(
        "sites/{site:str}",
        "One site, by its id or name, without credentials.",
        SiteView,
        records,
        seen_site,
        is_list=False,
    ),
    Kept("hosts", "The servers that are looked at.", Host, records, hosts),
    Kept("health", "The last look at each site, server and the fleet.", LookView, records, looks),
    Kept(
        "health/{target:str}",
        "The looks at a site, a server, or the fleet as `fleet`, newest first.",
        LookView,
        records,
        looks,
    ),
    Kept(
        "notices",
        "What people were told: alerts, escalations and reports, newest first.",
        Notice,
        records,
        notices,
        (UNREAD,),
    ),
    Kept("retention/log", "What was forgotten, newest first.", AuditEntry, records, forgotten),
    Kept("retention/holds", "What is kept whatever its age, and who wants it so.", LegalHold, records, legal_holds),
)
