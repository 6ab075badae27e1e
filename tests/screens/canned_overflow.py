"""More of everything than any screen has room for: long names, long texts, large numbers, many rows."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from msgspec import structs

from arqlight_core.campaigns import CampaignRow, CampaignView, Reason, Recipients
from arqlight_core.incidents import IncidentRow, IncidentView
from arqlight_core.jobs import State
from arqlight_core.observe import (
    AuditView,
    DeadLetter,
    FleetView,
    FlowsView,
    JobRow,
    JobView,
    Metrics,
    Percentiles,
    Point,
)
from arqlight_core.observe.doctor import Finding
from arqlight_core.observe.fleet import Pause
from tests.screens.canned import NOW, bulk, counts, job, queue, row
from tests.screens.canned_campaigns import UNDER_WAY, campaign
from tests.screens.canned_care import INFO, schedule, server_that, worker
from tests.screens.canned_charts import MINUTE
from tests.screens.canned_events import event
from tests.screens.canned_failures import group
from tests.screens.canned_flows import flow_row
from tests.screens.canned_incidents import FIXING, VERIFIED, incident, moves
from tests.screens.canned_jobs import failed
from tests.screens.canned_letters import letter, page
from tests.screens.canned_limits import breaker, limit
from tests.screens.canned_overview import PastHour
from tests.screens.canned_trails import a_trash, entry

T = TypeVar("T")
MANY, JOBS = 60, 12_345_678
LONG = "europe-west-1:billing-and-validation-of-quarterly-claims"
WORDS = "an explanation that somebody has written at great length, as people do when much is at stake and nobody waits"
LONGEST = f"{{{LONG}-00}}:{'8f14e45f-ceea-467f-a9d5-' * 4}0000"


def named(place: int) -> str:
    return f"{LONG}-{place:02}"


class Endless(Sequence[JobRow]):
    """Dead jobs without end, each of a long name and with a long error."""

    def __len__(self) -> int:
        return JOBS

    def __getitem__(self, part: Any) -> Any:
        told: dict[str, Any] = {"error": f"TariffMissing: {WORDS}", "attempt": 100, "job_type": LONG, "reason": WORDS}
        return [row(f"{LONGEST}{place:012}", **told) for place in range(*part.indices(JOBS))]


def rows(_queue: str, state: State) -> Sequence[JobRow]:
    """Dead ones."""
    return Endless() if state is State.DEAD else []


def fleet() -> FleetView:
    """Sixty queues of long names, each with millions of jobs."""
    much = counts(**dict.fromkeys(State, JOBS))
    rates: dict[str, Any] = {
        "in_per_s": 98_765.4,
        "out_per_s": 12_345.6,
        "failed_share": 0.999,
        "oldest_ms": 9_999_999_999,
    }
    lasting: dict[str, Any] = {"wait_p95_ms": 999_999_999, "run_p95_ms": 999_999_999, "history": (10**6,) * 6}
    paused = Pause("annabel-from-operations", WORDS, NOW - 99_999_999)
    queues = (queue(named(n), counts=much, paused=None if n % 3 else paused, **rates, **lasting) for n in range(MANY))
    many = {named(n): {"running": 5_000, "concurrency": 5_000} for n in range(MANY)}
    told = {
        "host": LONG,
        "queues": many,
        "running": 300_000,
        "capacity": 300_000,
        "cpu": 800.0,
        "rss": 2**42,
        "lag_ms": 86_400_000.0,
    }
    workers = (worker(f"{LONG}-{n}", **told, jobs={"completed": JOBS, "failed": JOBS}) for n in range(MANY))
    return FleetView(NOW, tuple(queues), tuple(workers))


def one_job() -> JobView:
    """Forty attempts, five hundred lines of log, and a payload of two hundred fields."""
    payload: dict[str, Any] = {"args": [{f"field-{n}-{LONG}": WORDS for n in range(200)}], "kwargs": {}}
    failures = tuple(failed(n, message=WORDS, worker=named(n)) for n in range(1, 41))
    log = tuple((NOW - n, f"{n}: {WORDS}") for n in range(500, 0, -1))
    told: dict[str, Any] = {"attempt": 40, "total": 10**12, "done": 10**9, "stage": WORDS, "correlation_id": LONG}
    more: dict[str, Any] = {"queue": named(0), "job_type": LONG, "reason": WORDS, "parent": LONGEST}
    return job(LONGEST, payload=payload, failures=failures, log=log, **told, **more)


def charted() -> Metrics:
    """Sixteen thousand jobs a second that wait for days."""
    slow = Percentiles(10.0**8, 10.0**9, 10.0**10)
    done = {"completed": 10**6, "dead": 10**5, "retried": 10**6, "enqueued": 10**7}
    points = tuple(Point(NOW - (59 - n) * MINUTE, done, slow, slow, waiting=1e9, active=1e6) for n in range(60))
    whole = Point(points[0].at_ms, {name: 60 * each for name, each in done.items()}, slow, slow)
    return Metrics(NOW + MINUTE, "", "", MINUTE, points, whole, (10**7,) * 20, (10**7,) * 20)


def incidents() -> tuple[IncidentRow, ...]:
    told: dict[str, Any] = {"attempts": 15, "priority": "critical", "fingerprint": f"plugin_fatal:{LONG}", "flap": True}
    return tuple(incident(id=f"4be1c09a7d{n:02}", site=f"{named(n)}.example.com", **told) for n in range(MANY))


def an_incident() -> IncidentView:
    """One that went round and round."""
    long = tuple((*way[:3], WORDS) for way in FIXING * 8)
    return structs.replace(VERIFIED, incident=incidents()[0], moves=moves(*long))


def campaigns() -> tuple[CampaignRow, ...]:
    whom = Recipients(**dict.fromkeys(("pending", "queued", "sent", "failed", "skipped", "unknown", "cancelled"), JOBS))
    told: dict[str, Any] = {"recipients": whom, "total": 7 * JOBS, "per_minute": 98_765.4, "reason": WORDS}
    return tuple(campaign(named(n), tenant=LONG, content=LONG, **told) for n in range(MANY))


def a_campaign() -> CampaignView:
    """One that has failed in many ways."""
    reasons = tuple(Reason(f"{named(n)}: {WORDS}", JOBS) for n in range(MANY))
    moves = tuple(structs.replace(one, reason=WORDS) for one in UNDER_WAY.moves * MANY)
    return CampaignView(campaign=campaigns()[0], reasons=reasons, moves=moves, past_hour=(JOBS,) * 60)


def letters() -> list[DeadLetter]:
    """Dead ones of every queue."""
    told: dict[str, Any] = {"job_type": LONG, "tenant": LONG, "reason": WORDS, "attempt": 100, "replays": 1000}
    return [letter(LONGEST, named(n), n, f"TariffMissing: {WORDS}", **told) for n in range(MANY)]


def trails() -> dict[str, Any]:
    """What operators have done: too much."""
    many: dict[str, Any] = {"total": JOBS, "seen": JOBS // 3, "reason": WORDS, "left": {WORDS: JOBS}, "note": WORDS}
    bulks = tuple(bulk(id=f"b{n}", selection=f"dead jobs of {named(n)}", by=LONG, **many) for n in range(MANY))
    audit = tuple(entry(n, actor=LONG, target=named(n), reason=WORDS, outcome=WORDS, changed=JOBS) for n in range(MANY))
    thrown = (
        replace(a_trash()[0], queue=named(n), operation=f"b{n}", jobs=JOBS, by=LONG, reason=WORDS) for n in range(MANY)
    )
    return {"bulks": bulks, "audit": AuditView(NOW, audit), "trash": tuple(thrown)}


def answers() -> dict[str, Any]:
    """By the names of the questions."""
    states = dict.fromkeys(State, JOBS)
    flows = tuple(flow_row(f"{named(n)}-{WORDS}", states, root_type=LONG) for n in range(MANY))
    queues = dict.fromkeys(map(named, range(MANY)), JOBS)
    told: dict[str, Any] = {"count": JOBS, "dead": JOBS, "queues": queues, "trend": (JOBS,) * 48}
    hour = (10**6,) * 60
    bursting = {
        "used_memory": 2**45,
        "maxmemory": 2**45,
        "connected_clients": 10_000,
        "instantaneous_ops_per_sec": 10**7,
    }
    return {
        **trails(),
        "past_hour": PastHour(NOW, hour, hour, hour),
        "failures": tuple(group(f"Error{n}", WORDS, **told) for n in range(MANY)),
        "dead_letters": page(*letters(), total=JOBS, cursor="more"),
        "schedules": tuple(
            schedule(named(n), spoken=WORDS, cron="* " * 40, missed=JOBS, runs=JOBS) for n in range(MANY)
        ),
        "breakers": tuple(breaker(NOW, named(n), calls=JOBS, faults=JOBS, trips=JOBS) for n in range(MANY)),
        "limits": tuple(limit(NOW, named(n), denials=JOBS, limited=JOBS) for n in range(MANY)),
        "flows": FlowsView(NOW, flows, 400, JOBS),
        "metrics": charted(),
        "events_of": (),
        "server": server_that(**bursting, **{f"db{n}": INFO["db0"] for n in range(1, 4)}),
        "doctor": tuple(
            Finding("queue", f"{named(n)} {WORDS}", wrong=True, remedy=WORDS, about=named(n)) for n in range(MANY)
        ),
        "incidents": incidents(),
        "incident": an_incident(),
        "campaigns": campaigns(),
        "campaign": a_campaign(),
    }


def events() -> list[Any]:
    return [event("dead", 1000 * n, named(n), job=LONGEST, reason=WORDS, error=WORDS) for n in range(MANY, 0, -1)]
