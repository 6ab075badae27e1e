"""What counts as a fault of the things a job depends on, and whom it is laid to."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from arqlight_core.declaration import JobType, Queue
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
from arqlight_core.policy import SECOND, Backoff, Dependency
from arqlight_core.run import Run
from arqlight_fleet.blame import PRAISE, UNBLAMED, Blame, blame_of

QUEUE = Queue("blame:queue", "To be judged.", concurrency=1)


class Nothing(msgspec.Struct):
    """No payload."""


async def handle(run: Run, payload: Nothing) -> None:
    """Never run."""


def needing(*names: str) -> JobType[Nothing]:
    policy = Backoff(3, never_on=(LookupError, FileNotFoundError))
    needs = tuple(Dependency(name) for name in names)
    return JobType("blame.type", QUEUE, Nothing, handle, timeout=SECOND, retry=policy, needs=needs)


def test_what_goes_well_speaks_for_everything():
    assert (PRAISE.queue, PRAISE.of("api"), PRAISE.of("mail")) == ("ok", "ok", "ok")


@pytest.mark.parametrize("error", [Unavailable("down"), UnknownOutcome("who knows"), TimeoutError(), ConnectionError()])
def test_a_fault_is_laid_to_the_only_dependency_and_to_the_queue(error: Exception):
    blame = blame_of(error, needing("api"))
    assert (blame.queue, blame.of("api")) == ("fault", "fault")


def test_of_several_dependencies_the_named_one_is_blamed_and_the_others_are_not():
    blame = blame_of(Unavailable("down", dependency="mail"), needing("api", "mail"))
    assert (blame.queue, blame.of("api"), blame.of("mail")) == ("fault", "", "fault")


@pytest.mark.parametrize("error", [Unavailable("down"), TimeoutError()])
def test_of_several_dependencies_none_is_blamed_that_is_not_named(error: Exception):
    blame = blame_of(error, needing("api", "mail"))
    assert (blame.queue, blame.of("api"), blame.of("mail")) == ("fault", "", "")


def test_a_bug_of_ours_is_a_fault_of_the_queue_and_of_no_dependency():
    blame = blame_of(ZeroDivisionError(), needing("api"))
    assert (blame.queue, blame.of("api")) == ("fault", "")


@pytest.mark.parametrize(
    "error",
    [
        KeyError("no such office"),
        FileNotFoundError(),
        PayloadInvalid("no"),
        Discard("no"),
        Cancel("no"),
        Snooze(timedelta(1)),
        Retry(),
        asyncio.CancelledError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_is_wrong_with_the_job_or_its_own_wish_blames_nobody(error: BaseException):
    assert blame_of(error, needing("api")) == UNBLAMED


def test_a_remote_limit_is_no_fault_and_says_how_long():
    blame = blame_of(RateLimited("slow down", after=timedelta(seconds=7)), needing("api"))
    assert (blame.queue, blame.of("api"), blame.wait) == ("", "limited", timedelta(seconds=7))


def test_a_refusal_is_laid_to_its_dependency_and_without_one_to_the_queue():
    refused = blame_of(Misconfigured("bad password", dependency="api"), needing("api"))
    assert (refused.queue, refused.of("api")) == ("", "config")
    assert blame_of(Misconfigured("bad password"), needing()).queue == "config"


def test_a_stock_function_blames_its_queue_alone():
    assert blame_of(ValueError("no"), None) == Blame(queue="fault")
