"""Everything an operator can do, one function each; command line, screen, help and docs are derived from OPERATIONS."""

from arqlight_core.operations.alerting import acknowledge_alerts, lift_alerts, silence_alerts
from arqlight_core.operations.bulks import abort_bulk, pause_bulk, resume_bulk
from arqlight_core.operations.editing import edit
from arqlight_core.operations.emptying import empty_trash
from arqlight_core.operations.enqueueing import enqueue
from arqlight_core.operations.jobs import purge, retry
from arqlight_core.operations.moving import cancel, delay, hold, prioritize, promote, release
from arqlight_core.operations.protection import close_breaker, half_open_breaker, reset_breaker, trip_breaker
from arqlight_core.operations.queues import pause, resume
from arqlight_core.operations.registry import OPERATIONS, Danger, Operation, Report, Target
from arqlight_core.operations.requeueing import requeue
from arqlight_core.operations.revealing import reveal
from arqlight_core.operations.schedules import pause_schedule, resume_schedule, run_schedule
from arqlight_core.operations.settings import (
    reset_setting,
    set_breaker,
    set_catch_up,
    set_concurrency,
    set_cron,
    set_deadline,
    set_fleet_concurrency,
    set_poison_after,
    set_priority,
    set_rate,
    set_retention,
    set_retry,
    set_timeout,
    set_unique,
    set_weight,
)
from arqlight_core.operations.standing_holds import lift_hold, set_hold
from arqlight_core.operations.trash import undo
from arqlight_core.operations.workers import quiet_worker, resume_worker, stop_worker
from arqlight_core.selection import Selection

__all__ = [
    "OPERATIONS",
    "Danger",
    "Operation",
    "Report",
    "Selection",
    "Target",
    "abort_bulk",
    "acknowledge_alerts",
    "cancel",
    "close_breaker",
    "delay",
    "edit",
    "empty_trash",
    "enqueue",
    "half_open_breaker",
    "hold",
    "lift_alerts",
    "lift_hold",
    "pause",
    "pause_bulk",
    "pause_schedule",
    "prioritize",
    "promote",
    "purge",
    "quiet_worker",
    "release",
    "requeue",
    "reset_breaker",
    "reset_setting",
    "resume",
    "resume_bulk",
    "resume_schedule",
    "resume_worker",
    "retry",
    "reveal",
    "run_schedule",
    "set_breaker",
    "set_catch_up",
    "set_concurrency",
    "set_cron",
    "set_deadline",
    "set_fleet_concurrency",
    "set_hold",
    "set_poison_after",
    "set_priority",
    "set_rate",
    "set_retention",
    "set_retry",
    "set_timeout",
    "set_unique",
    "set_weight",
    "silence_alerts",
    "stop_worker",
    "trip_breaker",
    "undo",
]
