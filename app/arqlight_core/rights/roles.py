"""The roles, what each may change, and the keys which that touches: rules and probes are made from these tables."""

from collections.abc import Mapping
from enum import StrEnum

from arqlight_core.store.keys import SHARED, QueueKeys

EACH = QueueKeys.declared("*").prefix
"""What our own keys of any queue begin with, as a pattern."""

WIRE = QueueKeys.declared("*").wire
"""The zset of any declared queue, as a pattern."""


class Role(StrEnum):
    """What a login is for."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    WORKER = "worker"
    PRODUCER = "producer"
    ADMIN = "admin"


class Capability(StrEnum):
    """Something a login may change, or may not; most are named for the target of an operation."""

    QUEUE = "queue"
    SCHEDULE = "schedule"
    SETTING = "setting"
    WORKER = "worker"
    BREAKER = "breaker"
    ALERT = "alert"
    BULK = "bulk"
    """Having the fleet do something to jobs."""
    JOBS = "jobs"
    """Doing something to jobs oneself: their payloads are code that workers run."""


WRITTEN: Mapping[Capability, tuple[str, ...]] = {
    Capability.QUEUE: (f"{EACH}paused", f"{EACH}ramp", f"{EACH}holds"),
    Capability.SCHEDULE: (f"{EACH}schedule:*",),
    Capability.SETTING: (f"{SHARED.prefix}overrides",),
    Capability.WORKER: (f"{SHARED.prefix}request:*",),
    Capability.BREAKER: tuple(f"{EACH}breaker{part}:*" for part in ("", ".faults", ".calls", ".probes")),
    Capability.ALERT: (f"{SHARED.prefix}silences", f"{SHARED.prefix}acknowledged"),
    Capability.BULK: (f"{EACH}bulk:*", f"{EACH}bulks", f"{EACH}bulks:open"),
    Capability.JOBS: (WIRE, "arq:job:*", "arq:result:*", "arqlight:job:*", f"{EACH}trash:*"),
}
"""The keys that each capability needs to write."""

OPERATED = frozenset(Capability) - {Capability.JOBS}
"""What an operator may change."""

CAPABILITIES: Mapping[Role, frozenset[Capability]] = {
    Role.VIEWER: frozenset(),
    Role.PRODUCER: frozenset(),
    Role.OPERATOR: OPERATED,
    Role.WORKER: frozenset(Capability),
    Role.ADMIN: frozenset(Capability),
}
