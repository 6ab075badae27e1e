"""A day on which all is well: what every view shows then."""

from typing import Any

from arqlight_core.jobs import State
from arqlight_core.observe import (
    AuditView,
    BulkView,
    FleetView,
    FlowsView,
    History,
    JobRow,
    JobView,
    Metrics,
    Percentiles,
    Point,
    ScheduleView,
    TrashView,
)
from arqlight_core.observe.doctor import Finding
from arqlight_core.observe.history import Happening
from tests.screens.canned import NOW, bulk, counts, job, queue, row
from tests.screens.canned_campaigns import DONE, SENDING, UNDER_WAY
from tests.screens.canned_care import schedule, server, worker
from tests.screens.canned_charts import MINUTE
from tests.screens.canned_events import event
from tests.screens.canned_failures import HOUR, LATE
from tests.screens.canned_flows import flow_row
from tests.screens.canned_incidents import LISTED, VERIFIED
from tests.screens.canned_letters import LETTERS, page
from tests.screens.canned_limits import breaker, limit
from tests.screens.canned_overview import PastHour
from tests.screens.canned_trails import a_trail, a_trash

RUNNING = "{billing:validation}:claims-0512"
PACE: dict[str, Any] = {"wait_p95_ms": 400, "run_p95_ms": 1850, "failed_share": 0.0}
EVENTS = (
    event("retry", 3 * HOUR, job=RUNNING, error="TimeoutError: no answer within 30 s", until=str(NOW - 2 * HOUR)),
    event("pause", 2 * HOUR, by="anna", reason="release"),
    event("resume", HOUR, by="anna"),
)


def rows(queue_name: str, state: State) -> list[JobRow]:
    """Some jobs that run, and one that waits its turn."""
    told = {"worker": "berta-1", "total": 200, "stage": "checking rules"}
    own = f"{{{queue_name}}}:claims-0"
    if state is State.ACTIVE:
        return [row(f"{own}{512 + n}", state, done=160 - n * 70, claimed_ms=NOW - 65_000, **told) for n in range(3)]
    return []


def fleet() -> FleetView:
    """Queues that keep up with what comes, and workers that have room."""
    queues = (
        queue("billing:validation", counts=counts(active=3, waiting=2, completed=998), oldest_ms=900, **PACE),
        queue("crm:campaign", counts=counts(completed=12)),
        queue("crm:message", counts=counts(active=4, completed=8_120), in_per_s=3.4, out_per_s=3.4, **PACE),
        queue("site:publish", counts=counts(scheduled=2, completed=40)),
    )
    return FleetView(NOW, queues, (worker("berta-1"), worker("carl-1", host="carl", running=1)))


def running() -> JobView:
    """A job at its work."""
    told: dict[str, Any] = {"attempt": 1, "worker": "berta-1", "failures": (), "ended_ms": 0, "reason": "", "done": 900}
    return job(RUNNING, State.ACTIVE, claimed_ms=NOW - 65_000, started_ms=NOW - 65_000, **told)


def steady() -> Metrics:
    """An hour in which the same was done every minute."""
    waits, runs = Percentiles(20.0, 80.0, 200.0), Percentiles(300.0, 700.0, 1200.0)
    done = {"completed": 240, "enqueued": 240}
    points = tuple(Point(NOW - (59 - n) * MINUTE, done, waits, runs, waiting=2.0, active=9.0) for n in range(60))
    whole = Point(points[0].at_ms, {name: 60 * each for name, each in done.items()}, waits, runs)
    return Metrics(
        NOW + MINUTE, "", "", MINUTE, points, whole, (0, 400, 900, *[0] * 17), (0, 0, 30, 800, 200, *[0] * 15)
    )


def schedules() -> tuple[ScheduleView, ...]:
    """Two that tick."""
    return schedule("billing:reminders"), schedule("crm:digest", cron="0 * * * *", spoken="Every hour")


def trails() -> dict[str, Any]:
    """What operators have done: little."""
    done: dict[str, Any] = {"state": "done", "seen": 12, "total": 12, "changed": 12, "left": {}, "ended_ms": NOW - HOUR}
    bulks: tuple[BulkView, ...] = (bulk(asked_ms=NOW - HOUR, begun_ms=NOW - HOUR, **done),)
    trash: tuple[TrashView, ...] = a_trash()[:1]
    return {"bulks": bulks, "trash": trash, "audit": AuditView(NOW, a_trail().rows[1:3])}


def answers() -> dict[str, Any]:
    """By the names of the questions."""
    flows = (flow_row("recall-2026", {State.COMPLETED: 400}, ended_ms=NOW - 4_000),)
    even = tuple(200 for _ in range(60))
    return {
        **trails(),
        "past_hour": PastHour(NOW, even, even, tuple(0 for _ in even)),
        "failures": (LATE,),
        "dead_letters": page(LETTERS[-1]),
        "schedules": schedules(),
        "breakers": (breaker(NOW, "site:publish"),),
        "limits": (limit(NOW, "per tenant"),),
        "flows": FlowsView(NOW, flows, 310, 310),
        "metrics": steady(),
        "events_of": (),
        "server": server(),
        "doctor": (Finding("server", "Valkey 9.1.2"), Finding("eviction policy", "noeviction")),
        "incidents": (LISTED[0], LISTED[-1]),
        "incident": VERIFIED,
        "campaigns": (SENDING, DONE),
        "campaign": UNDER_WAY,
        "history": History(NOW, RUNNING, (Happening(NOW - 65_000, "began", "attempt 1 began", "berta-1"),), NOW),
    }
