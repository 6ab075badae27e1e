"""Backoff: exponential, capped, and jitter that only ever adds."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arqlight_core.policy import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    STANDARD_WEBHOOKS,
    Backoff,
    Keep,
    Limit,
    Place,
    Priority,
    Rate,
    Retention,
    Steps,
    gives_up,
    lasts,
    milliseconds,
    spoken,
)

POLICIES = st.builds(
    Backoff,
    attempts=st.integers(1, 1000),
    first=st.timedeltas(timedelta(0), timedelta(hours=1)),
    factor=st.floats(1.0, 10.0),
    cap=st.timedeltas(timedelta(seconds=1), timedelta(days=7)),
    jitter=st.floats(0.0, 1.0),
)
ATTEMPTS = st.integers(1, 10_000)
ROLLS = st.floats(0.0, 1.0, exclude_max=True)


def test_the_delay_doubles_up_to_the_cap():
    policy = Backoff(10, first=2 * SECOND, cap=MINUTE)
    assert [policy.delay(n, 0.0) / SECOND for n in range(1, 8)] == [2, 4, 8, 16, 32, 60, 60]


def test_jitter_adds_its_share():
    policy = Backoff(10, first=10 * SECOND, jitter=0.5)
    assert policy.delay(1, 0.0) == 10 * SECOND
    assert policy.delay(1, 0.5) == 12.5 * SECOND


@given(POLICIES, ATTEMPTS)
def test_a_later_attempt_never_waits_less(policy: Backoff, attempt: int):
    assert policy.delay(attempt + 1, 0.0) >= policy.delay(attempt, 0.0)


@given(POLICIES, ATTEMPTS, ROLLS)
def test_jitter_only_ever_adds_and_no_more_than_its_share(policy: Backoff, attempt: int, roll: float):
    plain = policy.delay(attempt, 0.0)
    assert plain <= policy.delay(attempt, roll) <= plain * (1 + policy.jitter) + timedelta(microseconds=1)


@given(POLICIES, ATTEMPTS)
def test_without_jitter_the_cap_is_never_passed(policy: Backoff, attempt: int):
    assert policy.delay(attempt, 0.0) <= policy.cap


@given(POLICIES, ATTEMPTS)
def test_the_first_wait_is_the_shortest(policy: Backoff, attempt: int):
    assert policy.delay(attempt, 0.0) >= min(policy.first, policy.cap)


@given(POLICIES, ATTEMPTS)
def test_it_gives_up_from_its_last_attempt_on(policy: Backoff, attempt: int):
    assert gives_up(policy, attempt, ValueError()) == (attempt >= policy.attempts)


def test_it_gives_up_at_once_on_what_trying_again_cannot_mend():
    policy = Backoff(10, never_on=(LookupError,))
    assert gives_up(policy, 1, KeyError("a subclass"))
    assert not gives_up(policy, 1, ValueError())


@pytest.mark.parametrize(
    ("wait", "ms"),
    [(timedelta(0), 0), (timedelta(seconds=-5), 0), (timedelta(microseconds=1500), 2), (timedelta(days=1), 86_400_000)],
)
def test_a_wait_is_sent_in_whole_milliseconds_and_never_negative(wait: timedelta, ms: int):
    assert milliseconds(wait) == ms


def test_a_queue_keeps_its_dead_longer_than_its_completed():
    kept = Retention()
    assert kept.dead.age > kept.completed.age
    assert Keep(1, MINUTE) == Keep(1, MINUTE)


def test_standard_webhooks_are_ten_deliveries_over_three_days():
    assert STANDARD_WEBHOOKS.attempts == 10
    assert lasts(STANDARD_WEBHOOKS) == 75 * HOUR + 35 * MINUTE + 5 * SECOND


def test_a_listed_schedule_waits_as_listed_and_jitter_only_adds():
    steps = Steps((SECOND, MINUTE, HOUR), jitter=0.5)
    assert [steps.delay(attempt, 0.0) for attempt in (1, 2, 3, 4)] == [SECOND, MINUTE, HOUR, HOUR]
    assert steps.delay(2, 0.5) == 75 * SECOND
    assert [gives_up(steps, attempt, ValueError()) for attempt in (3, 4)] == [False, True]


def test_a_factor_of_one_waits_the_same_each_time():
    fixed = Backoff(5, first=3 * SECOND, factor=1, jitter=0)
    assert lasts(fixed) == 12 * SECOND


@pytest.mark.parametrize("priority", list(Priority))
def test_a_priority_is_read_from_a_score_as_it_was_written(priority: Priority):
    due = 1_800_000_000_123
    place = Place.of(due - milliseconds(priority.value) + priority.lane)
    assert (place.priority, place.since_ms) == (priority, due)
    assert Priority.named(priority.name.lower()) is priority


def test_a_fraction_that_is_no_lane_is_no_priority():
    assert Place.of(1_000.123).priority is Priority.LOW


@pytest.mark.parametrize(
    ("wait", "words"),
    [(20 * SECOND, "20 s"), (90 * SECOND, "90 s"), (5 * MINUTE, "5 min"), (2 * HOUR, "2 h"), (DAY, "1 day")],
)
def test_a_span_is_spoken_in_the_fewest_words(wait: timedelta, words: str):
    assert spoken(wait) == words


def test_a_rate_says_what_it_means_and_a_limit_whom_it_counts_for():
    assert [str(Rate(20, MINUTE)), str(Rate(10_000, DAY)), str(Rate(3, 10 * SECOND))] == [
        "20 per min", "10000 per day", "3 per 10 s",
    ]  # fmt: skip
    assert Limit("all", (Rate(1, MINUTE),)).key_of({"tenant": "acme"}) == ""
    assert (
        Limit("tenant", (Rate(1, MINUTE),), by=lambda payload: payload["tenant"]).key_of({"tenant": "acme"}) == "acme"
    )
