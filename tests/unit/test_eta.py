"""When a queue will be empty: what binds it, how long it takes, and when nobody can tell."""

from typing import Any

import pytest

from arqlight_core.jobs import State
from arqlight_core.observe import Binding, BreakerState, Eta, Horizon, Pause, SettingView, estimate
from arqlight_core.observe.minutes import Minute
from arqlight_core.observe.moments import clock
from arqlight_core.observe.pace import Pace, pace_of
from tests.screens.canned import NOW, counts, queue

SOON = NOW + 12_000
FLEET_BOUND = SettingView("fleet_concurrency", "none", "5")
QUICK = Pace(60, in_per_s=2.0, claimed_per_s=12.0, out_per_s=12.0, run_ms=20.0)
SLOW = Pace(300, out_per_s=1.0, run_ms=2_000.0)


def told(horizon: Horizon | None = None, /, **changes: Any) -> Eta:
    plain = {"counts": counts(waiting=100), "pace": QUICK}
    return estimate(queue("crm:mail", **{**plain, **changes}), NOW, horizon or Horizon())


CASES: dict[str, tuple[dict[str, Any], Binding, str, float | None]] = {
    "nothing waits": ({"counts": counts(active=3)}, Binding.NOTHING, "nothing waits", 0.0),
    "measured": ({}, Binding.RATE, "at the rate of the last minute", 10.0),
    "held and retrying jobs wait too": (
        {"counts": counts(waiting=50, held=30, retrying=20)}, Binding.RATE, "at the rate of the last minute", 10.0,
    ),
    "paused": ({"paused": Pause("ada", "deploy", NOW)}, Binding.PAUSED, "paused by ada", None),
    "no worker": ({"workers": 0}, Binding.NO_WORKER, "no worker takes its jobs", None),
    "forced open": ({"breaker": BreakerState("open")}, Binding.BREAKER, "its breaker is open", None),
    "open": (  # 12 s in which 24 come, then 124 at 10 a second more than come
        {"breaker": BreakerState("open", SOON)}, Binding.BREAKER,
        f"its breaker is open until {clock(SOON, NOW)}, 12 s from now", 24.4,
    ),
    "limit": (
        {"limited": "limit sending: 4 per s"}, Binding.LIMIT, "limit sending, 4 per s", 50.0,
    ),
    "limit of a tenant": (
        {"limited": "limit tenant: 4 per s, for acme"}, Binding.LIMIT, "limit tenant, 4 per s, for acme", 10.0,
    ),
    "limit that lets less through than comes": (
        {"limited": "limit sending: 20 per min"}, Binding.ARRIVALS,
        "more come than go; limit sending, 20 per min", None,
    ),
    "limit where nothing has ended yet": (
        {"limited": "limit sending: 4 per s", "pace": Pace(300)}, Binding.LIMIT, "limit sending, 4 per s", 25.0,
    ),
    "held": ({"limited": "breaker api is open"}, Binding.HELD, "held: breaker api is open", 10.0),
    "fleet concurrency": (
        {"counts": counts(waiting=100, active=5), "settings": (FLEET_BOUND,), "pace": SLOW},
        Binding.FLEET_CONCURRENCY, "fleet concurrency 5, 2 s each", 40.0,
    ),
    "workers' concurrency": (
        {"counts": counts(waiting=100, active=20), "pace": SLOW}, Binding.CONCURRENCY,
        "its 2 workers run 20 at a time, 2 s each", 10.0,
    ),
    "one worker that is full, of quick jobs": (
        {"counts": counts(waiting=100, active=20), "workers": 1}, Binding.CONCURRENCY,
        "its only worker runs 20 at a time", 10.0,
    ),
    "arrivals": ({"pace": Pace(60, 12.0, 12.0, 12.0, 20.0)}, Binding.ARRIVALS, "more come than go", None),
    "stuck": ({"pace": Pace(300)}, Binding.RATE, "nothing ended in the last 5 minutes", None),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_binds_a_queue_and_when_it_is_empty(name: str):
    changes, binding, bound, seconds = CASES[name]
    found = told(**changes)
    assert (found.binding, found.bound) == (binding, bound)
    assert found.seconds == (None if seconds is None else pytest.approx(seconds))  # pyright: ignore[reportUnknownMemberType]


def test_every_binding_is_among_the_cases():
    assert {binding for _, binding, _, _ in CASES.values()} | {Binding.RETRIES} == set(Binding)


def test_the_last_retry_may_be_later_than_all_work_is_done():
    retrying = Horizon(retrying_ms=NOW + 3_600_000)
    late = told(retrying)
    assert (late.seconds, late.binding) == (3_600.0, Binding.RETRIES)
    assert told(retrying, pace=Pace(300)).seconds is None
    alone = told(retrying, counts=counts(retrying=1), pace=Pace(300))
    assert (alone.seconds, alone.binding) == (3_600.0, Binding.RETRIES)
    assert told(retrying, paused=Pause("ada", "", NOW)).seconds is None


def test_what_is_there_alone_is_foretold_also_while_more_come_than_go():
    found = told(pace=Pace(60, 24.0, 12.0, 12.0, 20.0), counts=counts(waiting=1_440))
    assert (found.seconds, found.work_off_s) == (None, 120.0)
    assert found.line == (
        "crm:mail has no end in sight: more come than go; 1,440 wait, 12.0/s go"
        " and 24.0/s come in the last minute; what is there would take about 2 min"
    )


def test_the_capacity_is_the_least_of_what_is_known():
    assert told(pace=SLOW).capacity_per_s == 10.0
    assert told(pace=SLOW, limited="limit sending: 4 per s").capacity_per_s == 4.0
    assert told(pace=Pace(300)).capacity_per_s is None
    assert told(pace=SLOW, workers=0).capacity_per_s is None


def test_the_line_says_when_by_which_figures_and_what_follows():
    assert told().line == ("crm:mail is empty in about 10 s: 100 wait, 12.0/s go and 2.0/s come in the last minute")
    last = NOW + 60_000
    later = told(Horizon(scheduled_ms=last), counts=counts(scheduled=12, active=1))
    assert later.line == f"crm:mail is empty, 1 running; then 12 scheduled until {clock(last, NOW)}"
    assert told(counts=counts(scheduled=1)).line == "crm:mail is empty; then 1 scheduled"


def minutes(*each: dict[str, int]) -> list[Minute]:
    return [Minute(each[place] if place < len(each) else {}) for place in range(6)]


def test_the_pace_is_that_of_the_last_minute():
    half = NOW // 60_000 * 60_000 + 30_000
    pace = pace_of(minutes({"completed": 30, "enqueued": 6}, {"completed": 60, "dead": 60, "w5": 60, "r7": 60}), half)
    assert (pace.out_per_s, pace.in_per_s, pace.claimed_per_s, pace.basis) == (1.5, 0.1, 0.5, "the last minute")
    assert pace.run_ms == 75.0  # the middle of 50 to 100


def test_where_nothing_ended_in_the_last_minute_it_is_that_of_the_last_five():
    half = NOW // 60_000 * 60_000 + 30_000
    pace = pace_of(minutes({"enqueued": 3}, {}, {}, {"cancelled": 150}, {}, {"completed": 300}), half)
    assert (pace.out_per_s, pace.in_per_s, pace.basis) == (1.0, 0.01, "the last 5 minutes")
    assert pace.run_ms is None


def test_claims_are_counted_over_the_last_minute_also_where_none_of_them_has_ended():
    half = NOW // 60_000 * 60_000 + 30_000
    pace = pace_of(minutes({"w5": 120}, {}, {}, {"completed": 300}), half)
    assert (pace.claimed_per_s, pace.out_per_s) == (2.0, 1.0)


def test_running_jobs_are_not_waited_for():
    assert told(counts=counts(active=3)).running == 3
    assert told(counts=dict.fromkeys(State, 1)).waiting == 3
