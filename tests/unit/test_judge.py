"""What becomes of an attempt that raised: every error has its outcome, and only a failure costs an attempt."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec
import pytest

from arqlight_core.clock import now
from arqlight_core.declaration import Queue
from arqlight_core.errors import (
    Cancel,
    Discard,
    Misconfigured,
    PayloadInvalid,
    RateLimited,
    Retry,
    Snooze,
    Unavailable,
    UnknownOutcome,
)
from arqlight_core.jobs import Cancelled, Dead, Deferred, Interrupted, Retrying
from arqlight_core.policy import HOUR, MINUTE, SECOND, Backoff, Breaker, Dependency
from arqlight_core.run import Run
from arqlight_fleet.judge import Circumstances, Stop, failure_of, judge, stopped

POLICY = Backoff(attempts=3, first=4 * SECOND, jitter=0.5, never_on=(LookupError,))
OFFICE = Queue("office:post", "Posts letters.", 2)
POST = Dependency("post", Breaker(open_for=MINUTE))


class Letter(msgspec.Struct):
    """Nothing in it."""


@OFFICE.job("office.letter", Letter, timeout=SECOND, retry=POLICY, needs=(POST,))
async def deliver(run: Run, letter: Letter) -> None:
    """Post it."""


TOLD = Circumstances(
    attempt=1,
    max_tries=3,
    terms=deliver,
    left=None,
    roll=0.0,
    worker="w1",
    started_ms=1_000,
    finished_ms=1_500,
)
LAST = replace(TOLD, attempt=3)
STOCK = replace(TOLD, terms=None)


def raised(error: BaseException) -> BaseException:
    """The error with a traceback."""
    with pytest.raises(type(error)) as caught:
        raise error
    return caught.value


def test_a_fault_is_tried_again_after_the_policys_delay():
    outcome = judge(ValueError("no"), TOLD)
    assert isinstance(outcome, Retrying)
    assert outcome.after == 4 * SECOND


def test_the_delay_grows_with_the_attempt_and_the_roll():
    outcome = judge(ValueError("no"), replace(TOLD, attempt=2, roll=0.5))
    assert isinstance(outcome, Retrying)
    assert outcome.after == 10 * SECOND


def test_the_last_failed_attempt_is_the_end():
    outcome = judge(ValueError("no"), LAST)
    assert isinstance(outcome, Dead)
    assert outcome.reason == "failed 3 of 3 attempts"


def test_what_trying_again_cannot_mend_is_the_end_at_once():
    outcome = judge(KeyError("x"), TOLD)
    assert isinstance(outcome, Dead)
    assert outcome.reason == "KeyError cannot be mended by trying again"


def test_a_fault_of_a_stock_function_is_final():
    outcome = judge(ValueError("no"), STOCK)
    assert isinstance(outcome, Dead)
    assert outcome.reason == "failed: ValueError"


@pytest.mark.parametrize("told", [TOLD, STOCK])
def test_a_retry_waits_as_long_as_it_asks(told: Circumstances):
    outcome = judge(Retry(timedelta(seconds=90)), told)
    assert isinstance(outcome, Retrying)
    assert outcome.after == timedelta(seconds=90)


def test_a_retry_without_a_delay_waits_as_the_policy_says():
    outcome = judge(Retry(), TOLD)
    assert isinstance(outcome, Retrying)
    assert outcome.after == 4 * SECOND


@pytest.mark.parametrize("told", [LAST, replace(STOCK, attempt=3)])
def test_a_retry_does_not_go_beyond_the_last_attempt(told: Circumstances):
    assert isinstance(judge(Retry(SECOND), told), Dead)


def test_a_snooze_costs_no_attempt_even_on_the_last_one():
    outcome = judge(Snooze(timedelta(minutes=5), "office is closed"), LAST)
    assert outcome == Deferred(timedelta(minutes=5), "office is closed", "its handler")


def test_a_snooze_until_a_moment_waits_until_then():
    outcome = judge(Snooze(now() + timedelta(hours=1)), TOLD)
    assert isinstance(outcome, Deferred)
    assert timedelta(minutes=59) < outcome.after <= timedelta(hours=1)


@pytest.mark.parametrize("until", [timedelta(seconds=-5), now() - timedelta(days=1)])
def test_a_snooze_into_the_past_is_over_at_once(until: datetime | timedelta):
    outcome = judge(Snooze(until), TOLD)
    assert isinstance(outcome, Deferred)
    assert outcome.after == timedelta(0)


def test_a_snooze_until_a_moment_of_no_time_zone_is_refused_where_it_is_raised():
    with pytest.raises(ValueError, match="time zone"):
        Snooze(now().replace(tzinfo=None))


def test_a_cancel_is_no_failure():
    assert judge(Cancel("not wanted"), LAST) == Cancelled("not wanted")
    assert judge(Cancel(), TOLD) == Cancelled("cancelled by its handler")


@pytest.mark.parametrize("error", [Discard("no such office"), PayloadInvalid("no such office")])
def test_what_cannot_succeed_is_discarded_with_attempts_left(error: Exception):
    outcome = judge(error, TOLD)
    assert isinstance(outcome, Dead)
    assert outcome.reason == "discarded: no such office"
    assert outcome.failure is not None


def test_a_cancellation_from_within_is_tried_again_at_once():
    outcome = judge(asyncio.CancelledError(), TOLD)
    assert isinstance(outcome, Retrying)
    assert outcome.after == timedelta(0)


def test_a_timeout_is_a_fault_like_any_other():
    assert isinstance(judge(TimeoutError(), TOLD), Retrying)
    assert isinstance(judge(TimeoutError(), LAST), Dead)


def test_a_failure_keeps_what_is_needed_to_understand_it():
    failure = failure_of(raised(ValueError("no")), replace(TOLD, attempt=2))
    assert (failure.error, failure.message, failure.attempt, failure.worker) == ("ValueError", "no", 2, "w1")
    assert (failure.started_ms, failure.finished_ms) == (1_000, 1_500)
    assert failure.traceback.startswith("Traceback")
    assert failure.traceback.endswith("ValueError: no\n")


def test_a_failure_keeps_the_cause_and_not_the_local_values():
    patient = "-".join(("47", "11"))  # so that no line of this source shows it
    error = ValueError("second")
    error.__cause__ = raised(KeyError("first"))
    text = failure_of(raised(error), TOLD).traceback
    assert "KeyError: 'first'" in text
    assert "ValueError: second" in text
    assert patient not in text


def test_a_traceback_is_kept_to_its_end_and_no_longer_than_twenty_thousand_characters():
    failure = failure_of(raised(ValueError("x" * 50_000 + " the end")), TOLD)
    assert len(failure.traceback) == 20_000
    assert failure.traceback.endswith("the end\n")


def test_what_the_worker_stopped_has_the_outcome_of_its_reason():
    error = asyncio.CancelledError()
    assert stopped(Stop.ABORT, error) == Cancelled("aborted")
    assert stopped(Stop.DRAIN, error) == Interrupted()
    assert stopped(Stop.LEASE_LOST, error) is None


def test_of_a_dependencys_hint_and_the_backoff_the_longer_wins():
    shorter, longer = (judge(Unavailable("503", after=wait), TOLD) for wait in (SECOND, HOUR))
    assert isinstance(shorter, Retrying)
    assert isinstance(longer, Retrying)
    assert (shorter.after, longer.after) == (4 * SECOND, HOUR)


@pytest.mark.parametrize("told", [TOLD, LAST, STOCK])
def test_who_was_told_later_is_held_and_costs_no_attempt(told: Circumstances):
    outcome = judge(RateLimited("429: 80 per second", after=MINUTE, dependency="post"), told)
    assert outcome == Deferred(MINUTE, "429: 80 per second", "post", held=True)


def test_refused_credentials_hold_a_job_behind_the_breaker_and_bury_it_where_there_is_none():
    assert judge(Misconfigured("401", dependency="post"), TOLD) == Deferred(MINUTE, "401", "post", held=True)
    bare = replace(TOLD, terms=replace(deliver, needs=()))
    outcome = judge(Misconfigured("401"), bare)
    assert isinstance(outcome, Dead)
    assert outcome.reason == "misconfigured: 401"


def test_an_unknown_outcome_is_the_operators_unless_doing_it_twice_does_no_harm():
    outcome = judge(UnknownOutcome("read timeout"), TOLD)
    assert isinstance(outcome, Dead)
    assert outcome.reason == "unknown outcome: read timeout"
    harmless = replace(TOLD, terms=replace(deliver, at_least_once=True))
    assert isinstance(judge(UnknownOutcome("read timeout"), harmless), Retrying)


@pytest.mark.parametrize("error", [ValueError("no"), Retry(10 * SECOND), RateLimited("later", after=10 * SECOND)])
def test_what_could_not_begin_again_before_its_deadline_is_dead(error: Exception):
    late = judge(error, replace(TOLD, left=3 * SECOND))
    assert isinstance(late, Dead)
    assert late.reason.startswith("deadline: ")
    assert not isinstance(judge(error, replace(TOLD, left=MINUTE)), Dead)
