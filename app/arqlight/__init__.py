"""What a program that uses arqlight imports; each name is loaded when it is first asked for.

from arqlight import Backoff, Queue, Run, Snooze
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arqlight_core.catalogue import Catalogue
    from arqlight_core.declaration import JobType, Queue
    from arqlight_core.enqueue import enqueue, enqueue_many
    from arqlight_core.errors import (
        AwaitChildren,
        Cancel,
        Discard,
        Misconfigured,
        RateLimited,
        Retry,
        Snooze,
        Unavailable,
        UnknownOutcome,
    )
    from arqlight_core.flow import OnFailure, Tally
    from arqlight_core.hook import Hook, Post
    from arqlight_core.policy import (
        STANDARD_WEBHOOKS,
        Backoff,
        Breaker,
        CatchUp,
        Dependency,
        Keep,
        Limit,
        Mode,
        Priority,
        Rate,
        Retention,
        Schedule,
        Steps,
        Unique,
    )
    from arqlight_core.run import Run
    from arqlight_core.store.gateway import Store, open_store
    from arqlight_fleet.worker import FleetWorker

__all__ = [
    "STANDARD_WEBHOOKS",
    "AwaitChildren",
    "Backoff",
    "Breaker",
    "Cancel",
    "Catalogue",
    "CatchUp",
    "Dependency",
    "Discard",
    "FleetWorker",
    "Hook",
    "JobType",
    "Keep",
    "Limit",
    "Misconfigured",
    "Mode",
    "OnFailure",
    "Post",
    "Priority",
    "Queue",
    "Rate",
    "RateLimited",
    "Retention",
    "Retry",
    "Run",
    "Schedule",
    "Snooze",
    "Steps",
    "Store",
    "Tally",
    "Unavailable",
    "Unique",
    "UnknownOutcome",
    "enqueue",
    "enqueue_many",
    "open_store",
]

_POLICIES = (
    "STANDARD_WEBHOOKS",
    "Backoff",
    "Breaker",
    "CatchUp",
    "Dependency",
    "Keep",
    "Limit",
    "Mode",
    "Priority",
    "Rate",
    "Retention",
    "Schedule",
    "Steps",
    "Unique",
)

_SIGNALS = (
    "AwaitChildren",
    "Cancel",
    "Discard",
    "Misconfigured",
    "RateLimited",
    "Retry",
    "Snooze",
    "Unavailable",
    "UnknownOutcome",
)

_HOMES = {
    "arqlight_core.catalogue": ("Catalogue",),
    "arqlight_core.declaration": ("JobType", "Queue"),
    "arqlight_core.enqueue": ("enqueue", "enqueue_many"),
    "arqlight_core.errors": _SIGNALS,
    "arqlight_core.flow": ("OnFailure", "Tally"),
    "arqlight_core.hook": ("Hook", "Post"),
    "arqlight_core.policy": _POLICIES,
    "arqlight_core.run": ("Run",),
    "arqlight_core.store.gateway": ("Store", "open_store"),
    "arqlight_fleet.worker": ("FleetWorker",),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(home), name)
    raise AttributeError(f"module 'arqlight' has no attribute {name!r}")
