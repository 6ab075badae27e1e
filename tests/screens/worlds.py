"""The conditions in which every view is pictured: each a whole fleet, made of data."""

from arqlight_core.errors import NotAllowed
from arqlight_core.observe import AlarmsView, AuditView, FlowsView, History, JobView
from arqlight_core.observe.history import Happening
from tests.screens import canned_overflow, canned_quiet
from tests.screens.canned import NOW, CannedFleet, few_rows, fleet_view, job
from tests.screens.canned_alerts import at_their_worst
from tests.screens.canned_campaigns import FRESH, HALTED
from tests.screens.canned_campaigns import LISTED as CAMPAIGNS
from tests.screens.canned_care import FINDINGS, schedules, server_that, troubled_fleet
from tests.screens.canned_charts import an_hour, nothing, told
from tests.screens.canned_events import EVENTS, JOB, EventfulFleet
from tests.screens.canned_failures import LATE, TARIFF, THROTTLED
from tests.screens.canned_flows import FLOWS
from tests.screens.canned_incidents import ESCALATED, LISTED, NEW
from tests.screens.canned_jobs import State
from tests.screens.canned_letters import LETTERS, page
from tests.screens.canned_limits import breakers, limits
from tests.screens.canned_trails import a_trail, a_trash, some_bulks

IDLE = "{crm:message}:hello"
HISTORY = History(NOW, JOB, (Happening(NOW - 300_000, "queued", "queued"),), NOW - 290_000)


def _just_queued() -> JobView:
    told = {"failures": (), "log": (), "attempt": 0, "ended_ms": 0, "reason": "", "done": 0, "total": 0, "stage": ""}
    return job(IDLE, State.WAITING, queue="crm:message", correlation_id="", payload={"args": [], "kwargs": {}}, **told)


def empty() -> CannedFleet:
    """A server at which nothing has been declared, and a login that may not ask it about itself."""
    fleet = EventfulFleet()
    fleet.seen = fleet_view(workers=0)
    fleet.jobs = {IDLE: _just_queued()}
    refused = NotAllowed("Your login may not ask the server about itself (INFO).")
    nowhere = dict.fromkeys(
        ("failures", "schedules", "breakers", "limits", "bulks", "trash", "incidents", "campaigns", "events_of"), ()
    )
    fleet.answers["dead_letters"], fleet.answers["alarms"] = page(), AlarmsView(NOW)
    fleet.answers |= {**nowhere, "flows": FlowsView(NOW, (), 0, 0), "metrics": nothing(), "audit": AuditView(NOW, ())}
    fleet.answers |= {"server": refused, "doctor": refused, "incident": NEW, "campaign": FRESH, "history": HISTORY}
    return fleet


def normal() -> CannedFleet:
    """A day on which all is well."""
    fleet = EventfulFleet(*canned_quiet.EVENTS)
    fleet.seen, fleet.rows = canned_quiet.fleet(), canned_quiet.rows
    fleet.jobs = {canned_quiet.RUNNING: canned_quiet.running()}
    fleet.answers |= canned_quiet.answers()
    return fleet


def worst() -> CannedFleet:
    """A day on which everything is wrong at once."""
    fleet = EventfulFleet(*EVENTS)
    fleet.seen, fleet.rows, fleet.jobs = troubled_fleet(), few_rows, {JOB: job(JOB)}
    server = server_that(used_memory=1_990 * 2**20, maxmemory_policy="allkeys-lru", aof_enabled=0, evicted_keys=40_212)
    fleet.answers |= told(an_hour())
    fleet.answers |= {"failures": (TARIFF, THROTTLED, LATE), "schedules": schedules(), "flows": FLOWS}
    fleet.answers |= {"breakers": breakers(NOW), "limits": limits(NOW), "server": server, "doctor": FINDINGS}
    fleet.answers |= {"bulks": some_bulks(), "audit": a_trail(), "trash": a_trash(), "history": HISTORY}
    fleet.answers["dead_letters"] = page(*LETTERS, total=40_212, cursor="more")
    fleet.answers["alarms"] = at_their_worst(NOW)
    fleet.answers |= {"incidents": LISTED, "incident": ESCALATED, "campaigns": CAMPAIGNS, "campaign": HALTED}
    return fleet


def overflow() -> CannedFleet:
    """More of everything than there is room for."""
    fleet = EventfulFleet(*canned_overflow.events())
    fleet.seen, fleet.rows = canned_overflow.fleet(), canned_overflow.rows
    fleet.jobs = {canned_overflow.LONGEST: canned_overflow.one_job()}
    fleet.answers |= {**canned_overflow.answers(), "history": HISTORY}
    return fleet
