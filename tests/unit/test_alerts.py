"""What is an alert and what is none, from when on, since when, and what ends it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from arqlight_core.errors import UsageError
from arqlight_core.observe import BreakerState, BreakerView, Rule, SettingView, Severity, Since, Surroundings, alerts
from arqlight_core.observe.fleet import Pause, QueueView
from arqlight_core.observe.protection import Forced, Turn
from arqlight_core.policy import HOUR, MINUTE
from arqlight_core.policy.thresholds import Thresholds, read_thresholds
from tests.screens.canned import NOW, counts, fleet_view, queue
from tests.screens.canned_overview import schedule

BEHIND: dict[str, Any] = {"counts": counts(waiting=1), "oldest_ms": 16 * 60_000}


def rules(*queues: QueueView, thresholds: Thresholds | None = None, around: Surroundings | None = None) -> list[Rule]:
    return [one.rule for one in alerts(fleet_view(*queues), around, thresholds or Thresholds())]


@pytest.mark.parametrize(
    ("told", "rule"),
    [
        ({"counts": counts(waiting=1), "workers": 0}, Rule.NO_WORKER),
        ({"paused": Pause("ada", "", NOW)}, Rule.PAUSED),
        ({"breaker": BreakerState("open")}, Rule.BREAKER),
        ({"limited": "breaker smtp relay is open", "counts": counts(held=3)}, Rule.BREAKER),
        ({"unknown": ("crm.letter",)}, Rule.UNKNOWN),
        ({"failed_share": 0.5}, Rule.FAILING),
        ({"counts": counts(dead=1)}, Rule.DEAD),
        ({"counts": counts(waiting=10_000)}, Rule.DEPTH),
        (BEHIND, Rule.AGE),
        ({"settings": (SettingView("weight", "1", "2", "ada", "", NOW),)}, Rule.CHANGED),
        ({"drift": 1}, Rule.DRIFT),
    ],
)
def test_each_rule_finds_what_it_is_for(told: dict[str, Any], rule: Rule):
    assert rules(queue("a:a", **told)) == [rule]


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"workers": 0},
        {"failed_share": 0.49},
        {"counts": counts(waiting=9_999), "oldest_ms": 15 * 60_000},
        {"breaker": BreakerState("half-open")},
        {"limited": "limit per tenant: 20 per min, for acme"},
        {"settings": (SettingView("weight", "1", "1"),)},
    ],
)
def test_what_stays_within_its_bounds_is_no_alert(told: dict[str, Any]):
    assert rules(queue("a:a", **told)) == []


def test_of_an_open_breaker_the_queue_that_waits_behind_it_tells_and_nobody_else():
    forced = Forced("open", "ada", "maintenance", 0)
    shut = BreakerView(
        NOW,
        "smtp relay",
        "dependency",
        ("a:a",),
        "faults=5",
        "closed",
        forced,
        0,
        None,
        1,
        0,
        0,
        0,
        0,
        1,
        0,
        Turn(0, "", ""),
    )
    waits = queue("a:a", limited="breaker smtp relay is open", counts=counts(held=3))
    around = Surroundings(NOW, dependencies=(shut,))
    assert [one.queue for one in alerts(fleet_view(waits), around)] == ["a:a"]
    assert [one.queue for one in alerts(fleet_view(queue("a:a")), around)] == [""]


def test_the_gravest_come_first_and_then_go_by_queue():
    found = rules(
        queue("a:a", counts=counts(dead=3)),
        queue("b:b", counts=counts(waiting=3), workers=0),
        queue("c:c", counts=counts(dead=3), paused=Pause("ada", "", NOW)),
    )
    assert found == [Rule.NO_WORKER, Rule.PAUSED, Rule.DEAD, Rule.DEAD]


def test_a_queue_that_nothing_works_on_is_not_told_to_be_behind_as_well():
    assert rules(queue("a:a", **BEHIND, paused=Pause("ada", "", NOW))) == [Rule.PAUSED]
    assert rules(queue("a:a", **BEHIND, breaker=BreakerState("open"))) == [Rule.BREAKER]


def test_without_any_worker_one_alert_says_it_for_all():
    idle = [queue(name, counts=counts(waiting=40), workers=0) for name in ("a:a", "b:b")]
    [one] = alerts(fleet_view(*idle, workers=0))
    assert (one.queue, one.text) == ("", "no worker is running: 80 wait in 2 queues")


def test_thresholds_move_the_bounds_and_switch_them_off_for_all_or_for_one_queue():
    told = read_thresholds("age=20m, dead=off, b:b age=10m, b:b dead=2")
    late = queue("a:a", counts=counts(waiting=1, dead=9), oldest_ms=16 * 60_000)
    assert rules(late, thresholds=told) == []
    assert rules(replace(late, name="b:b"), thresholds=told) == [Rule.DEAD, Rule.AGE]


def test_a_schedule_whose_tick_passed_is_told_with_the_tick_as_its_beginning():
    missed = schedule(NOW, next_ms=NOW - 200_000)
    [one] = alerts(fleet_view(queue("crm:campaign")), Surroundings(NOW, (missed,)))
    assert (one.rule, one.queue, one.name, one.since_ms) == (Rule.OVERDUE, "crm:campaign", "nightly", NOW - 200_000)


@pytest.mark.parametrize("told", [{"next_ms": 0}, {"next_ms": NOW - 170_000}, {"paused": Pause("ada", "", NOW)}])
def test_a_schedule_that_is_paused_or_not_due_for_long_is_no_alert(told: dict[str, Any]):
    told = {"next_ms": NOW - 200_000} | told
    assert rules(around=Surroundings(NOW, (schedule(NOW, **told),))) == []


@pytest.mark.parametrize(("used", "limit", "found"), [(85, 100, 1), (84, 100, 0), (85, 0, 0)])
def test_a_server_that_is_nearly_full_is_an_alert(used: int, limit: int, found: int):
    assert rules(around=Surroundings(NOW, (), used, limit)) == [Rule.MEMORY] * found


def test_severity_and_remedy_are_those_of_the_rule():
    view = fleet_view(queue("a:a", paused=Pause("ada", "x", NOW), breaker=BreakerState("open"), drift=1))
    told = [(one.severity, one.remedy) for one in alerts(view)]
    assert told == [
        (Severity.WARNING, "`arqlight resume a:a`"),
        (Severity.CRITICAL, "`arqlight half-open-breaker a:a`"),
        (Severity.NOTICE, "roll the fleet"),
    ]


def test_what_is_seen_tells_the_beginning_where_it_can():
    queues = [
        queue("a:a", paused=Pause("ada", "", NOW - 7)),
        queue("b:b", breaker=BreakerState("open", 0, "", NOW - 8)),
        queue("c:c", **BEHIND),
    ]
    assert [one.since_ms for one in alerts(fleet_view(*queues))] == [NOW - 7, NOW - 8, NOW - 60_000]


def test_other_beginnings_are_kept_by_whoever_goes_on_looking():
    kept, dead, more = Since(), queue("a:a", counts=counts(dead=1)), queue("b:b", counts=counts(dead=1))
    [first] = kept.told(alerts(fleet_view(dead)), NOW)
    assert (first.since_ms, first.before) == (NOW, True)
    told = kept.told(alerts(fleet_view(dead, more)), NOW + 9)
    assert [(one.since_ms, one.before) for one in told] == [(NOW, True), (NOW + 9, False)]
    kept.told((), NOW + 10)
    [again] = kept.told(alerts(fleet_view(dead)), NOW + 11)
    assert (again.since_ms, again.before) == (NOW + 11, False)


def test_thresholds_are_read_over_the_usual_ones():
    assert read_thresholds("") == Thresholds()
    told = read_thresholds(" depth=5 ,failing=20%, memory=off, overdue=1h, crm:mail age=2h")
    assert (told.depth, told.failing, told.memory, told.overdue, told.dead) == (5, 0.2, None, HOUR, 1)
    assert (told.age, told.of_queue("crm:mail").age, told.of_queue("crm:mail").depth) == (15 * MINUTE, 2 * HOUR, 5)
    assert told.of_queue("other").age == timedelta(minutes=15)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("deep=3", "'deep=3' is no threshold, such as age=30m or age=off; they are: depth, age"),
        ("age", "'age' is no threshold"),
        ("age=soon", "'age=soon' does not fit: 'soon' is no span of time"),
        ("failing=1000%", "'1000%' is no share; write one from 1% to 100%"),
        ("failing=²%", "is no share"),
        ("dead=0", "'dead=0' does not fit"),
        ("crm:mail memory=80%", "'crm:mail memory=80%' is no threshold of queue crm:mail"),
    ],
)
def test_a_threshold_that_cannot_be_is_refused_with_what_fits(text: str, sentence: str):
    with pytest.raises(UsageError, match=sentence.replace("(", r"\(")):
        read_thresholds(text)


def test_a_queue_that_waits_for_a_dependency_says_for_which_and_how_to_try_it():
    waiting = queue("crm:message", limited="breaker smtp relay is forced open", counts=counts(held=1200))
    [found] = alerts(fleet_view(waiting))
    assert found.text == "waits for smtp relay, whose breaker is open: 1,200 held"
    assert found.remedy == "`arqlight half-open-breaker 'smtp relay'`"
    assert (waiting.condition, waiting.behind) == ("breaker open", "smtp relay")
    assert not queue("a:a", limited="breaker a:a is open").behind  # its own is told anyway
