"""What can be seen of a fleet: frozen views, at a cost that depends on the number of queues and not of jobs."""

from arqlight_core.observe.events import KINDS, Event, events, follow
from arqlight_core.observe.fleet import BreakerState, FleetView, Pause, QueueView, fleet
from arqlight_core.observe.flow import FlowStep, FlowView, flow
from arqlight_core.observe.job import JobView, job
from arqlight_core.observe.live import SettingView
from arqlight_core.observe.metrics import Metrics, Percentiles, Point, metrics
from arqlight_core.observe.protection import BreakerView, LimitView, breaker, breakers, limits
from arqlight_core.observe.schedule import ScheduleView, schedules
from arqlight_core.observe.window import JobRow, Window, window
from arqlight_core.observe.workers import Running, WorkerView

__all__ = [
    "KINDS",
    "BreakerState",
    "BreakerView",
    "Event",
    "FleetView",
    "FlowStep",
    "FlowView",
    "JobRow",
    "JobView",
    "LimitView",
    "Metrics",
    "Pause",
    "Percentiles",
    "Point",
    "QueueView",
    "Running",
    "ScheduleView",
    "SettingView",
    "Window",
    "WorkerView",
    "breaker",
    "breakers",
    "events",
    "fleet",
    "flow",
    "follow",
    "job",
    "limits",
    "metrics",
    "schedules",
    "window",
]
