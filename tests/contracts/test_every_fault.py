"""What a fault comes to, for every job type by its own terms: tried again, held, dead or cancelled."""

from typing import Any

import pytest

from arqlight_core.catalogue import Catalogue
from arqlight_core.declaration import JobType
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
from arqlight_core.jobs import Cancelled, Dead, Deferred, Outcome, Retrying
from arqlight_core.policy import SECOND
from arqlight_fleet.judge import Circumstances, judge

CATALOGUE = Catalogue.discover("arqlight_jobs")
EACH_JOB = pytest.mark.parametrize("job", CATALOGUE.job_types.values(), ids=CATALOGUE.job_types.keys())


def judged(job: JobType[Any], error: BaseException, attempt: int = 1) -> Outcome:
    """The outcome of that attempt, which raised this, of a job that has just been queued."""
    told = Circumstances(
        attempt=attempt,
        max_tries=job.retry.attempts,
        terms=job,
        left=job.deadline,
        roll=0.0,
        worker="w",
        started_ms=1,
        finished_ms=2,
    )
    return judge(error, told)


def passing(job: JobType[Any]) -> list[BaseException]:
    """What may be gone the next time: of a dependency, of a database, of ours."""
    faults = [Unavailable("it is down"), OSError("no connection"), TimeoutError(), RuntimeError("?"), Retry()]
    return [*faults, UnknownOutcome("lost")] if job.at_least_once else list(faults)


@EACH_JOB
def test_what_may_pass_is_tried_again_after_the_declared_wait_up_to_the_last_attempt(job: JobType[Any]) -> None:
    for error in passing(job):
        for attempt in range(1, job.retry.attempts):
            outcome = judged(job, error, attempt)
            assert isinstance(outcome, Retrying), (error, attempt)
            assert outcome.after == job.retry.delay(attempt, 0.0)
        assert isinstance(judged(job, error, job.retry.attempts), Dead), error


@EACH_JOB
def test_what_cannot_succeed_is_dead_at_once_with_all_attempts_left(job: JobType[Any]) -> None:
    for error in (Discard("there is no such tenant"), PayloadInvalid("it does not fit")):
        assert isinstance(judged(job, error), Dead), error


@EACH_JOB
def test_who_is_told_later_waits_without_an_attempt_even_on_the_last_one(job: JobType[Any]) -> None:
    for error in (RateLimited("later", after=SECOND), Snooze(SECOND)):
        assert isinstance(judged(job, error, job.retry.attempts), Deferred), error


@EACH_JOB
def test_refused_credentials_hold_it_behind_the_breaker_of_what_it_needs_and_bury_it_where_it_needs_nothing(
    job: JobType[Any],
) -> None:
    outcome = judged(job, Misconfigured("a wrong key"))
    assert isinstance(outcome, Deferred if job.needs else Dead)


@EACH_JOB
def test_a_lost_answer_is_the_operators_unless_doing_it_twice_does_no_harm(job: JobType[Any]) -> None:
    outcome = judged(job, UnknownOutcome("the line went dead"))
    again = job.at_least_once and job.retry.attempts > 1
    assert isinstance(outcome, Retrying if again else Dead)


@EACH_JOB
def test_what_is_not_wanted_any_more_is_cancelled(job: JobType[Any]) -> None:
    assert isinstance(judged(job, Cancel("the campaign was cancelled")), Cancelled)


SENDS_ONCE = {"crm.message.send", "outreach.send", "flrts.tasks.create"}
"""Whose effect nobody wants twice: what may have gone out already is an operator's to say."""


def test_what_must_not_go_out_twice_is_not_tried_again_blindly() -> None:
    assert [name for name in sorted(SENDS_ONCE) if CATALOGUE.job_type(name).at_least_once] == []
