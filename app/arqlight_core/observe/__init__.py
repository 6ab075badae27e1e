"""What can be seen of a fleet: frozen views, at a cost that depends on the number of queues and not of jobs."""

from arqlight_core.observe.audit import AuditRow, AuditView, Verification, Wanted, audit, verify_audit
from arqlight_core.observe.bounds import Binding
from arqlight_core.observe.bulks import BulkView, bulk, bulks
from arqlight_core.observe.eta import Eta, Horizon, estimate, eta, etas
from arqlight_core.observe.events import KINDS, Event, events, follow
from arqlight_core.observe.facts import Facts, Kind, Reason
from arqlight_core.observe.failures import FailureGroup, failure, failures
from arqlight_core.observe.fleet import BreakerState, FleetView, Pause, QueueView, fleet
from arqlight_core.observe.flow import FlowStep, FlowView, flow
from arqlight_core.observe.holds import HoldView, holds
from arqlight_core.observe.job import JobView, job
from arqlight_core.observe.live import SettingView
from arqlight_core.observe.metrics import Metrics, Percentiles, Point, metrics
from arqlight_core.observe.protection import BreakerView, LimitView, breaker, breakers, limits
from arqlight_core.observe.schedule import ScheduleView, schedules
from arqlight_core.observe.trash import TrashView, trash
from arqlight_core.observe.why import Why, why
from arqlight_core.observe.window import JobRow, Window, window
from arqlight_core.observe.workers import Running, WorkerView

__all__ = [
    "KINDS",
    "AuditRow",
    "AuditView",
    "Binding",
    "BreakerState",
    "BreakerView",
    "BulkView",
    "Eta",
    "Event",
    "Facts",
    "FailureGroup",
    "FleetView",
    "FlowStep",
    "FlowView",
    "HoldView",
    "Horizon",
    "JobRow",
    "JobView",
    "Kind",
    "LimitView",
    "Metrics",
    "Pause",
    "Percentiles",
    "Point",
    "QueueView",
    "Reason",
    "Running",
    "ScheduleView",
    "SettingView",
    "TrashView",
    "Verification",
    "Wanted",
    "Why",
    "Window",
    "WorkerView",
    "audit",
    "breaker",
    "breakers",
    "bulk",
    "bulks",
    "estimate",
    "eta",
    "etas",
    "events",
    "failure",
    "failures",
    "fleet",
    "flow",
    "follow",
    "holds",
    "job",
    "limits",
    "metrics",
    "schedules",
    "trash",
    "verify_audit",
    "why",
    "window",
]
