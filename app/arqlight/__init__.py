"""What a program that uses arqlight imports; each name is loaded when it is first asked for.

from arqlight import Backoff, Queue, Run, Snooze
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arqlight_core.catalogue import Catalogue, JobType, Queue, Run
    from arqlight_core.enqueue import enqueue, enqueue_many
    from arqlight_core.errors import Cancel, Discard, Retry, Snooze
    from arqlight_core.policy import Backoff, Keep, Retention
    from arqlight_core.store.gateway import Store, open_store
    from arqlight_fleet.worker import FleetWorker

__all__ = [
    "Backoff",
    "Cancel",
    "Catalogue",
    "Discard",
    "FleetWorker",
    "JobType",
    "Keep",
    "Queue",
    "Retention",
    "Retry",
    "Run",
    "Snooze",
    "Store",
    "enqueue",
    "enqueue_many",
    "open_store",
]

_HOMES = {
    "arqlight_core.catalogue": ("Catalogue", "JobType", "Queue", "Run"),
    "arqlight_core.enqueue": ("enqueue", "enqueue_many"),
    "arqlight_core.errors": ("Cancel", "Discard", "Retry", "Snooze"),
    "arqlight_core.policy": ("Backoff", "Keep", "Retention"),
    "arqlight_core.store.gateway": ("Store", "open_store"),
    "arqlight_fleet.worker": ("FleetWorker",),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(home), name)
    raise AttributeError(f"module 'arqlight' has no attribute {name!r}")
