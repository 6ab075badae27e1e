"""Backoff: exponential, capped, and jitter that only ever adds."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arqlight_core.policy import MINUTE, SECOND, Backoff, Keep, Retention, milliseconds

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
    assert policy.gives_up(attempt, ValueError()) == (attempt >= policy.attempts)


def test_it_gives_up_at_once_on_what_trying_again_cannot_mend():
    policy = Backoff(10, never_on=(LookupError,))
    assert policy.gives_up(1, KeyError("a subclass"))
    assert not policy.gives_up(1, ValueError())


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
