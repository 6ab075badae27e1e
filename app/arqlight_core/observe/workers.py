"""The worker processes that live, as each last told of itself, and what they are asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from arqlight_core.observe.chores import ChoreView, late
from arqlight_core.store.declarations import fingerprint
from arqlight_core.store.scripts import Orders, Request


@dataclass(frozen=True, slots=True)
class Running:
    """A job that a worker runs, and since when (ms)."""

    id: str
    queue: str
    job_type: str
    since_ms: int


SILENT_MS = 8_000
"""A worker that has not told of itself for so long has missed its turn twice; it counts as gone after 15 s."""


@dataclass(frozen=True, slots=True)
class WorkerView:
    """One living worker process, as it last told (`beat_ms`, the server's clock)."""

    id: str
    host: str
    pid: int
    state: str
    """running, quiet (claims nothing new) or draining."""
    started_ms: int
    beat_ms: int
    queues: dict[str, dict[str, int]]
    """Queue -> running, concurrency."""
    jobs: dict[str, int]
    """completed, failed, retried since it started."""
    chores: tuple[ChoreView, ...]
    """Its loops."""
    python: str = ""
    version: str = ""
    declarations: dict[str, str] = field(default_factory=dict[str, str])
    """Queue -> fingerprint of the declaration that it goes by."""
    functions: tuple[str, ...] = ()
    """Names of the job types that it can run."""
    capacity: int = 0
    running: int = 0
    longest: tuple[Running, ...] = ()
    """The ten jobs that have been running longest."""
    rss: int = 0
    """Memory in bytes."""
    cpu: float = 0.0
    """Percent of one core since the heartbeat before."""
    open_files: int = 0
    """Files and connections."""
    lag_ms: float = 0.0
    """The longest that its event loop was late since the heartbeat before."""
    round_trip_ms: float = 0.0
    """How long the server took to answer it."""
    request: Request | None = None
    """The newest that it is, or was, asked for."""
    stage: str = ""
    """How far the request is: requested, acknowledged or done."""
    drift: tuple[str, ...] = ()
    """The queues that it declares otherwise than they are published: another version of the code."""

    def silent(self, at_ms: int) -> bool:
        """Whether it should have told of itself since, at a moment of the server's clock."""
        return at_ms - self.beat_ms > SILENT_MS

    def trouble(self, chore: ChoreView) -> str:
        """What is wrong with one of its chores: fails, is late, or nothing."""
        return "fails" if chore.failed else "is late" if late(chore, self.chores, self.started_ms) else ""


def prints_of(published: Mapping[str, dict[str, Any]]) -> dict[str, str]:
    """The fingerprint of each queue's published declaration."""
    return {name: fingerprint(declaration) for name, declaration in published.items()}


def workers_of(told: list[dict[str, Any]], orders: Orders, prints: Mapping[str, str]) -> tuple[WorkerView, ...]:
    """The views of heartbeats, beside what was ordered and what is published."""
    return tuple(_view(one, orders.requests.get(one["id"]), prints) for one in told)


def _view(told: dict[str, Any], asked: Request | None, prints: Mapping[str, str]) -> WorkerView:
    view = msgspec.convert(told, WorkerView)
    drift = tuple(queue for queue, own in view.declarations.items() if prints.get(queue, own) != own)
    pending = asked is not None and asked != view.request
    stage = "requested" if pending else _stage(view)
    return replace(view, request=asked if pending else view.request, stage=stage, drift=drift)


def _stage(view: WorkerView) -> str:
    if view.request is None:
        return ""
    done = view.request.what == "resume" or (view.request.what == "quiet" and not view.running)
    return "done" if done else "acknowledged"
