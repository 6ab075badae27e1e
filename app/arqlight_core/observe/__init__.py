"""What can be seen of a fleet: frozen views, at a cost that depends on the number of queues and not of jobs."""

from arqlight_core.observe.fleet import FleetView, Pause, QueueView, WorkerView, fleet
from arqlight_core.observe.job import JobView, job
from arqlight_core.observe.window import JobRow, Window, window

__all__ = [
    "FleetView",
    "JobRow",
    "JobView",
    "Pause",
    "QueueView",
    "Window",
    "WorkerView",
    "fleet",
    "job",
    "window",
]
