"""Policies as values with pure decisions; each is stated once, on the queue or job type that it belongs to."""

from arqlight_core.policy.breaker import Breaker, Dependency
from arqlight_core.policy.durations import DAY, HOUR, MINUTE, SECOND, milliseconds, span, spoken
from arqlight_core.policy.priority import Place, Priority
from arqlight_core.policy.rate import Limit, Rate
from arqlight_core.policy.retention import Keep, Retention
from arqlight_core.policy.retry import (
    STANDARD_WEBHOOKS,
    Backoff,
    RetryPolicy,
    Steps,
    gives_up,
    lasts,
    outlasting,
    with_attempts,
)
from arqlight_core.policy.schedule import CatchUp, Schedule
from arqlight_core.policy.unique import Mode, Unique

__all__ = [
    "DAY",
    "HOUR",
    "MINUTE",
    "SECOND",
    "STANDARD_WEBHOOKS",
    "Backoff",
    "Breaker",
    "CatchUp",
    "Dependency",
    "Keep",
    "Limit",
    "Mode",
    "Place",
    "Priority",
    "Rate",
    "Retention",
    "RetryPolicy",
    "Schedule",
    "Steps",
    "Unique",
    "gives_up",
    "lasts",
    "milliseconds",
    "outlasting",
    "span",
    "spoken",
    "with_attempts",
]
