"""Facts about a job of `crm:mail` for decisions on why it is not running: each with what a test is about."""

from typing import Any

from arqlight_core.jobs import State
from arqlight_core.observe import BreakerView, Facts, JobView, LimitView, QueueView, SettingView, WorkerView
from arqlight_core.observe.moments import clock
from arqlight_core.observe.pace import Pace
from arqlight_core.observe.protection import LimitedKey, Turn
from arqlight_core.store.scripts import Standpoint
from tests.screens.canned import NOW, counts, job, queue

QUEUE, ID = "crm:mail", "{crm:mail}:1"
SOON = NOW + 12_000
AT = f"{clock(SOON, NOW)}, 12 s from now"


def a_job(state: State = State.WAITING, **told: Any) -> JobView:
    plain: dict[str, Any] = {
        "queue": QUEUE, "job_type": "crm.mail", "failures": (), "reason": "", "done": 0, "total": 0, "stage": "",
        "due_ms": SOON, "ended_ms": 0, "attempt": 1,
    }  # fmt: skip
    return job(ID, state, **(plain | told))


def a_worker(state: str = "running", **told: Any) -> WorkerView:
    plain: dict[str, Any] = {
        "id": "w1", "host": "here", "pid": 1, "started_ms": NOW, "beat_ms": NOW, "jobs": {}, "chores": (),
        "queues": {QUEUE: {"running": 0, "concurrency": 2}}, "functions": ("crm.mail",),
    }  # fmt: skip
    return WorkerView(**(plain | told), state=state)


def a_queue(**told: Any) -> QueueView:
    return queue(QUEUE, **{"counts": counts(waiting=5), "pace": Pace(60, 1.0, 7.0, 7.0, 500.0), **told})


def a_breaker(name: str = "api", **told: Any) -> BreakerView:
    plain: dict[str, Any] = {
        "at_ms": NOW, "name": name, "kind": "dependency", "queues": (QUEUE,), "rules": "", "state": "closed",
        "forced": None, "blocked_until_ms": 0, "half_open_in_ms": None, "generation": 1, "in_a_row": 0, "calls": 0,
        "faults": 0, "probes": 0, "trips": 0, "denied": 0, "last": Turn(NOW - 60_000, "5 jobs in a row failed", "j9"),
    }  # fmt: skip
    return BreakerView(**(plain | told))


def a_limit(key: str) -> LimitView:
    return LimitView(
        NOW, "sending", (QUEUE,), ("20 per min",), {}, exact=True, denials=9, limited=1, keys=(LimitedKey(key, SOON),)
    )


def setting(name: str, effective: str, by: str = "") -> SettingView:
    return SettingView(name, "none", effective, by, "rush" if by else "", NOW if by else 0)


def facts(own: JobView | None = None, /, **told: Any) -> Facts:
    """A due job with three ahead, on a queue that one worker serves."""
    plain: dict[str, Any] = {"queue": a_queue(), "workers": (a_worker(),), "standpoint": Standpoint(NOW - 3_000, 3)}
    return Facts(own or a_job(), **(plain | told))


def held(because: str, by: str = "admission", **told: Any) -> JobView:
    return a_job(State.HELD, because=because, by=by, until_ms=SOON, **told)
