"""What can be seen of a fleet: frozen views, at a cost that depends on the number of queues and not of jobs."""

from arqlight_core.observe.alarms import Acknowledgement, AlarmsView, Silence, Standing, alarms, standing
from arqlight_core.observe.alerts import Alert, Rule, Severity, Since, alerts
from arqlight_core.observe.audit import AuditRow, AuditView, Verification, Wanted, audit, verify_audit
from arqlight_core.observe.bounds import Binding
from arqlight_core.observe.bulks import BulkView, bulk, bulks
from arqlight_core.observe.chores import ChoreView
from arqlight_core.observe.dead_letters import DeadLetter, DeadLetters, dead_letters
from arqlight_core.observe.doctor import Finding, doctor
from arqlight_core.observe.eta import Eta, Horizon, estimate, eta, etas, horizons
from arqlight_core.observe.events import KINDS, Event, Tail, events, events_of, follow, tail
from arqlight_core.observe.facts import Facts, Kind, Reason
from arqlight_core.observe.failed import FailedJob, FailedJobs, failed_jobs
from arqlight_core.observe.failures import FailureGroup, failure, failures
from arqlight_core.observe.family import Family, Kin, family
from arqlight_core.observe.fleet import BreakerState, FleetView, Pause, QueueView, fleet
from arqlight_core.observe.flow import FlowStep, FlowView, flow
from arqlight_core.observe.flows import FlowRow, FlowsView, flows
from arqlight_core.observe.history import Happening, History, history
from arqlight_core.observe.holds import HoldView, holds
from arqlight_core.observe.job import JobView, job
from arqlight_core.observe.live import SettingView
from arqlight_core.observe.looking import looking
from arqlight_core.observe.lookout import Lookout
from arqlight_core.observe.metrics import Metrics, Percentiles, Point, metrics
from arqlight_core.observe.past_hour import PastHour, past_hour
from arqlight_core.observe.protection import BreakerView, LimitView, breaker, breakers, limits
from arqlight_core.observe.schedule import ScheduleView, schedules
from arqlight_core.observe.search import Found, rows, search
from arqlight_core.observe.server import ServerView, server
from arqlight_core.observe.surroundings import Surroundings, surroundings
from arqlight_core.observe.trash import TrashView, trash
from arqlight_core.observe.usage import Use
from arqlight_core.observe.why import Why, why
from arqlight_core.observe.window import JobRow, Window, window
from arqlight_core.observe.workers import Running, WorkerView

__all__ = [
    "KINDS",
    "Acknowledgement",
    "AlarmsView",
    "Alert",
    "AuditRow",
    "AuditView",
    "Binding",
    "BreakerState",
    "BreakerView",
    "BulkView",
    "ChoreView",
    "DeadLetter",
    "DeadLetters",
    "Eta",
    "Event",
    "Facts",
    "FailedJob",
    "FailedJobs",
    "FailureGroup",
    "Family",
    "Finding",
    "FleetView",
    "FlowRow",
    "FlowStep",
    "FlowView",
    "FlowsView",
    "Found",
    "Happening",
    "History",
    "HoldView",
    "Horizon",
    "JobRow",
    "JobView",
    "Kin",
    "Kind",
    "LimitView",
    "Lookout",
    "Metrics",
    "PastHour",
    "Pause",
    "Percentiles",
    "Point",
    "QueueView",
    "Reason",
    "Rule",
    "Running",
    "ScheduleView",
    "ServerView",
    "SettingView",
    "Severity",
    "Silence",
    "Since",
    "Standing",
    "Surroundings",
    "Tail",
    "TrashView",
    "Use",
    "Verification",
    "Wanted",
    "Why",
    "Window",
    "WorkerView",
    "alarms",
    "alerts",
    "audit",
    "breaker",
    "breakers",
    "bulk",
    "bulks",
    "dead_letters",
    "doctor",
    "estimate",
    "eta",
    "etas",
    "events",
    "events_of",
    "failed_jobs",
    "failure",
    "failures",
    "family",
    "fleet",
    "flow",
    "flows",
    "follow",
    "history",
    "holds",
    "horizons",
    "job",
    "limits",
    "looking",
    "metrics",
    "past_hour",
    "rows",
    "schedules",
    "search",
    "server",
    "standing",
    "surroundings",
    "tail",
    "trash",
    "verify_audit",
    "why",
    "window",
]
