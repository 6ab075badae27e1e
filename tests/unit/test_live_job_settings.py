"""Live settings of job types and schedules as text: read back, completed from what is declared, nonsense refused."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arqlight_core import live_settings, live_values
from arqlight_core.declaration import Queue
from arqlight_core.declaration_checks import problems_of
from arqlight_core.errors import UsageError
from arqlight_core.live_settings import PARTS, UNIQUE
from arqlight_core.policy import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    Backoff,
    Breaker,
    CatchUp,
    Dependency,
    Mode,
    Priority,
    RetryPolicy,
    Schedule,
    Steps,
    Unique,
    breaker,
    spelling,
)
from arqlight_core.policy.retry_spelling import print_retry, read_retry
from arqlight_core.run import Run
from arqlight_core.settings import Settings
from arqlight_fleet.served import ServedQueue

API = Dependency("api", Breaker(faults=7))
QUEUE = Queue("test:mill", "to be tested", concurrency=5)


class Grain(msgspec.Struct):
    """Nothing in it."""


async def grind(run: Run, grain: Grain) -> None:
    """Grind it."""


BACKOFF = Backoff(3, first=7 * SECOND, never_on=(ValueError,))
STEPS = Steps((SECOND, MINUTE), never_on=(ValueError,))
TERMS: dict[str, Any] = {"timeout": MINUTE, "deadline": HOUR, "unique": Unique(HOUR), "needs": (API,)}
QUEUE.job("grind", Grain, retry=BACKOFF, **TERMS)(grind)
QUEUE.job("sift", Grain, timeout=MINUTE, retry=STEPS)(grind)
QUEUE.schedule(Schedule("daily", "0 8  * * 1-5", "grind", timezone="Europe/Berlin"))
DECLARED = live_settings.declared_settings(QUEUE)

SPANS = st.integers(1, 400_000_000).map(lambda tenths: timedelta(milliseconds=100 * tenths))
JITTER = st.floats(0, 10)
BACKOFFS = st.builds(Backoff, st.integers(1, 10_000), SPANS, st.floats(0, 1000), SPANS, JITTER)
STEPPED = st.builds(Steps, st.lists(SPANS, max_size=5).map(tuple), JITTER)


def whole(setting: str, text: str) -> str:
    return live_settings.completed(QUEUE.name, setting, text, DECLARED)


def test_every_part_of_a_queue_can_be_set_and_is_declared_in_words():
    assert {name: DECLARED[name] for name in sorted(DECLARED) if ":" in name} == {
        "breaker:api": spelling.print_breaker(API.breaker),
        "catch_up:daily": "one",
        "cron:daily": "0 8 * * 1-5 Europe/Berlin",
        "deadline:grind": "1 h",
        "deadline:sift": "7 days",
        "priority:grind": "medium",
        "priority:sift": "medium",
        "retry:grind": "attempts=3, first=7 s, factor=2, cap=15 min, jitter=0.1",
        "retry:sift": "steps=1 s/1 min, jitter=0.1",
        "timeout:grind": "1 min",
        "timeout:sift": "1 min",
        "unique:grind": "simple 1 h",
    }


@given(st.one_of(BACKOFFS, STEPPED))
def test_a_retry_policy_that_is_printed_is_read_back(policy: RetryPolicy):
    assert read_retry(print_retry(policy), None) == policy


@given(SPANS)
def test_a_span_that_is_printed_is_read_back(span: timedelta):
    assert spelling.read_span(PARTS["timeout:"].spell(span)) == span


@given(st.builds(Unique, SPANS, st.sampled_from(Mode)))
def test_a_unique_key_that_is_printed_is_read_back(unique: Unique):
    assert PARTS[UNIQUE].read(PARTS[UNIQUE].spell(unique), None) == unique


@given(st.sampled_from(Priority))
def test_a_priority_that_is_printed_is_read_back(priority: Priority):
    assert spelling.read_priority(spelling.print_priority(priority)) is priority


@pytest.mark.parametrize(
    ("standing", "text", "expected"),
    [
        (BACKOFF, "5", Backoff(5, first=7 * SECOND, never_on=(ValueError,))),
        (BACKOFF, "factor=1, cap=1h", Backoff(3, 7 * SECOND, 1, HOUR, never_on=(ValueError,))),
        (BACKOFF, "steps=5s/5m", Steps((5 * SECOND, 5 * MINUTE), never_on=(ValueError,))),
        (BACKOFF, "steps=none, jitter=0", Steps((), 0, (ValueError,))),
        (STEPS, "attempts=2", Steps((SECOND,), never_on=(ValueError,))),
        (STEPS, "attempts=4, jitter=0.5", Steps((SECOND, MINUTE, MINUTE), 0.5, (ValueError,))),
        (STEPS, "first=2 s", Backoff(3, never_on=(ValueError,))),
        (STEPS, "jitter=0", Steps((SECOND, MINUTE), 0, (ValueError,))),
    ],
)
def test_rules_of_a_retry_policy_complete_the_one_that_stands(standing: RetryPolicy, text: str, expected: RetryPolicy):
    assert read_retry(text, standing) == expected


@pytest.mark.parametrize(
    ("setting", "text", "expected"),
    [
        ("timeout:grind", "1m30s", "90 s"),
        ("priority:grind", " HIGH ", "high"),
        ("unique:grind", "throttle", "throttle 1 h"),
        ("unique:grind", "10m", "simple 10 min"),
        ("unique:grind", "Debounce 30 s", "debounce 30 s"),
        ("cron:daily", "*/5 * * * *", "*/5 * * * * Europe/Berlin"),
        ("cron:daily", "0  8 * * MON-FRI UTC", "0 8 * * MON-FRI UTC"),
        ("catch_up:daily", "All", "all"),
    ],
)
def test_what_is_given_is_spelled_whole(setting: str, text: str, expected: str):
    assert whole(setting, text) == expected


@pytest.mark.parametrize(
    ("setting", "text", "told"),
    [
        ("retry:grind", "attempts", "is no rule of a retry policy"),
        ("retry:grind", "attempts=0", "whole number from 1"),
        ("retry:grind", "attempts=10001", "whole number from 1 to 10000"),
        ("retry:grind", "never_on=x", "is no rule of a retry policy"),
        ("retry:grind", "factor=nan", "number from 0 to 1000"),
        ("retry:grind", "jitter=-1", "number from 0 to 10"),
        ("retry:grind", "first=20 years", "no span of time"),
        ("retry:grind", "cap=9999d", "at most 3650 days"),
        ("retry:grind", "steps=5s, attempts=3", "there is no attempts"),
        ("retry:grind", "steps=5s, first=1s", "there is no first"),
        ("retry:grind", "steps=", "is no rule of a retry policy"),
        ("retry:grind", "steps=5s//5s", "no span of time"),
        ("timeout:grind", "0s", "above zero"),
        ("deadline:grind", "soon", "no span of time"),
        ("priority:grind", "urgent", "they are: critical, high, medium, low"),
        ("unique:grind", "never 1h", "no span of time"),
        ("unique:grind", "throttle 0s", "above zero"),
        ("breaker:api", "none", "a dependency has a breaker"),
        ("breaker:api", "colour=red", "is no rule of a breaker"),
        ("cron:daily", "0 25 * * *", "which is no cron expression"),
        ("cron:daily", "* * * * * *", "needs five fields"),
        ("cron:daily", "0 0 30 2 *", "which is no cron expression"),
        ("cron:daily", "0 8 * * * Mars/Olympus", "time zone Mars/Olympus, which does not exist"),
        ("cron:daily", "", "needs five fields"),
        ("catch_up:daily", "some", "it is one of: skip, one, all"),
        ("unique:sift", "simple 1h", "no live setting unique:sift"),
    ],
)
def test_nonsense_is_refused_in_a_sentence(setting: str, text: str, told: str):
    with pytest.raises(UsageError, match=r"^['Q].*\.$") as refused:
        whole(setting, text)
    assert told in str(refused.value)


def test_a_list_without_waits_cannot_be_made_longer():
    with pytest.raises(UsageError, match="no wait is listed"):
        read_retry("attempts=2", Steps(()))


@pytest.mark.parametrize(
    ("setting", "text", "problem"),
    [
        ("timeout:grind", "2h", "timeout longer than its deadline"),
        ("deadline:grind", "30s", "timeout longer than its deadline"),
        ("retry:grind", "first=40m, cap=40m", "retry schedule longer than its deadline"),
    ],
)
def test_what_would_last_longer_than_the_deadline_is_refused_as_a_declaration_would_be(
    setting: str, text: str, problem: str
):
    with pytest.raises(UsageError, match=problem):
        live_settings.refuse_contradiction(setting, DECLARED | {setting: whole(setting, text)})
    live_settings.refuse_contradiction(setting, DECLARED)


def test_settings_become_values_of_job_types_and_schedules_and_leave_the_rest():
    served = ServedQueue.declared(QUEUE)
    told = {
        "retry:grind": "attempts=5",
        "timeout:grind": "5 s",
        "deadline:grind": "2 h",
        "priority:grind": "low",
        "unique:grind": "throttle 1 min",
        "breaker:api": "faults=1",
        "cron:daily": "0 9 * * *",
        "catch_up:daily": "skip",
        "timeout:gone": "1 s",
        "deadline:gone": "1 s",
        "cron:gone": "0 9 * * *",
    }
    assert served.override(live_values.values(told, lambda name: getattr(served, name)))
    ground, declared = served.terms["grind"], QUEUE.job_types["grind"]
    assert (ground.retry.attempts, ground.retry.never_on) == (5, (ValueError,))
    assert (ground.timeout, ground.deadline, ground.priority) == (5 * SECOND, HOUR, Priority.LOW)
    assert ground.unique == Unique(MINUTE, Mode.THROTTLE)
    assert ground.needs == (Dependency("api", Breaker(faults=1)),)
    assert served.deadline_shifts == {"grind": 3_600_000}
    daily = Schedule("daily", "0 9 * * *", "grind", timezone="Europe/Berlin", catch_up=CatchUp.SKIP)
    assert served.schedules == {"daily": daily}
    assert served.terms["sift"] is QUEUE.job_types["sift"]
    assert served.override({})
    assert (served.terms["grind"], served.deadline_shifts) == (declared, {})


def test_what_a_breaker_leaves_unsaid_is_the_same_with_and_without_an_environment():
    told = Settings()
    assert (told.breaker_threshold, told.breaker_timeout_ms * SECOND / 1000) == (breaker.FAULTS, breaker.OPEN_FOR)
    assert Breaker(faults=9).completed(2, DAY) == Breaker(faults=9, open_for=DAY)
    assert problems_of([QUEUE]) == []
