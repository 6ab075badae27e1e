"""Everything an operator can do, one function each; command line, screen, help and docs are derived from OPERATIONS."""

from arqlight_core.operations.jobs import purge, retry, undo
from arqlight_core.operations.protection import close_breaker, half_open_breaker, reset_breaker, trip_breaker
from arqlight_core.operations.queues import pause, resume
from arqlight_core.operations.registry import OPERATIONS, Danger, Operation, Report, Selection, Target
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
from arqlight_core.operations.workers import quiet_worker, resume_worker, stop_worker

__all__ = [
    "OPERATIONS",
    "Danger",
    "Operation",
    "Report",
    "Selection",
    "Target",
    "close_breaker",
    "half_open_breaker",
    "pause",
    "pause_schedule",
    "purge",
    "quiet_worker",
    "reset_breaker",
    "reset_setting",
    "resume",
    "resume_schedule",
    "resume_worker",
    "retry",
    "run_schedule",
    "set_breaker",
    "set_catch_up",
    "set_concurrency",
    "set_cron",
    "set_deadline",
    "set_fleet_concurrency",
    "set_poison_after",
    "set_priority",
    "set_rate",
    "set_retention",
    "set_retry",
    "set_timeout",
    "set_unique",
    "set_weight",
    "stop_worker",
    "trip_breaker",
    "undo",
]
