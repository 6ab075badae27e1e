"""Live settings as text: what is printed is read back, parts complete what stands, nonsense is refused."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arqlight_core import live_settings, live_values
from arqlight_core.declaration import Queue
from arqlight_core.errors import UsageError
from arqlight_core.policy import (
    HOUR,
    MINUTE,
    SECOND,
    Backoff,
    Breaker,
    Keep,
    Limit,
    Rate,
    Retention,
    Steps,
    span,
    spelling,
    spoken,
    with_attempts,
)
from arqlight_core.run import Run
from arqlight_fleet.served import ServedQueue

SENDING = Limit("sending", (Rate(20, MINUTE), Rate(1000, HOUR)))
QUEUE = Queue("test:line", "to be tested", concurrency=5, limits=(SENDING,), breaker=Breaker(faults=3))
DECLARED = live_settings.declared_settings(QUEUE)

WHOLE = st.integers(1, spelling.MOST)
SPANS = st.integers(1, 400_000).map(lambda seconds: timedelta(seconds=seconds))
RATES = st.builds(Rate, WHOLE, SPANS, st.just(0) | st.just(1))
BREAKERS = st.builds(
    Breaker, WHOLE, SPANS, WHOLE, WHOLE, st.floats(0, 1), WHOLE, SPANS, st.one_of(SPANS, st.just(timedelta()))
)
KEEPS = st.builds(Keep, WHOLE, SPANS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30m", 30 * MINUTE),
        ("1h30m", 90 * MINUTE),
        ("90 s", 90 * SECOND),
        ("2 days", timedelta(days=2)),
        ("250ms", SECOND / 4),
        ("1.5 H", 90 * MINUTE),
        ("1w", timedelta(weeks=1)),
    ],
)
def test_a_span_is_read_as_people_write_it(text: str, expected: timedelta):
    assert span(text) == expected


@pytest.mark.parametrize("text", ["", "5", "m", "-3m", "5sfoo", "1h,2m", "9" * 30 + " days", "٣ x"])
def test_what_is_no_span_is_refused_with_an_example(text: str):
    with pytest.raises(UsageError, match="30m"):
        span(text)


@given(SPANS)
def test_a_span_that_is_spoken_is_read_back(told: timedelta):
    assert span(spoken(told)) == told


@given(st.lists(RATES, min_size=1, max_size=4, unique_by=lambda one: one.per).map(tuple))
def test_rates_that_are_printed_are_read_back(rates: tuple[Rate, ...]):
    assert spelling.read_rates(spelling.print_rates(rates)) == rates


@given(BREAKERS)
def test_a_breaker_that_is_printed_is_read_back(breaker: Breaker):
    assert spelling.read_breaker(spelling.print_breaker(breaker), None) == breaker


@given(st.builds(Retention, KEEPS, KEEPS))
def test_a_retention_that_is_printed_is_read_back(retention: Retention):
    assert spelling.read_retention(spelling.print_retention(retention), None) == retention


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20/min, 1000/h", (Rate(20, MINUTE), Rate(1000, HOUR))),
        ("5/10s", (Rate(5, 10 * SECOND),)),
        ("20 per min", (Rate(20, MINUTE),)),
        ("100/day burst 10", (Rate(100, timedelta(days=1), 10),)),
    ],
)
def test_rates_are_read_as_people_write_them(text: str, expected: tuple[Rate, ...]):
    assert spelling.read_rates(text) == expected


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ("concurrency", "0"),
        ("concurrency", "none"),
        ("concurrency", "-1"),
        ("concurrency", "1.5"),
        ("concurrency", "9" * 5000),
        ("concurrency", "²"),
        ("fleet_concurrency", "many"),
        ("rate:sending", ""),
        ("rate:sending", "20"),
        ("rate:sending", "0/min"),
        ("rate:sending", "20/0s"),
        ("rate:sending", "20/fortnight"),
        ("rate:sending", "20/min burst 30"),
        ("rate:sending", "20/min,"),
        ("rate:sending", "20/min, 5/60s"),
        ("breaker", "faults"),
        ("breaker", "faults=0"),
        ("breaker", "open_for=0s"),
        ("breaker", "rate=2"),
        ("breaker", "rate=nan"),
        ("breaker", "colour=red"),
        ("retention", "completed 5"),
        ("retention", "retrying 5 for 1h"),
    ],
)
def test_nonsense_is_refused_in_a_sentence(setting: str, text: str):
    with pytest.raises(UsageError, match=r"^['Q].*\.$"):
        live_settings.completed(QUEUE.name, setting, text, DECLARED)


def test_an_unknown_setting_is_refused_with_those_there_are():
    with pytest.raises(UsageError, match=r"no live setting colour; it has: breaker, concurrency, .*rate:sending"):
        live_settings.completed(QUEUE.name, "colour", "red", DECLARED)


@pytest.mark.parametrize(
    ("setting", "text", "whole"),
    [
        ("concurrency", " 7 ", "7"),
        ("fleet_concurrency", "NONE", "none"),
        ("rate:sending", "5 per 10s", "5/10 s"),
        ("breaker", "none", "none"),
        ("retention", "dead 5 for 2d", "completed 1000 for 1 h, dead 5 for 2 days"),
    ],
)
def test_what_is_given_is_spelled_whole(setting: str, text: str, whole: str):
    assert live_settings.completed(QUEUE.name, setting, text, DECLARED) == whole


def test_a_rule_of_a_breaker_leaves_the_declared_others():
    whole = live_settings.completed(QUEUE.name, "breaker", "open_for=1m", DECLARED)
    assert spelling.read_breaker(whole, None) == Breaker(faults=3, open_for=MINUTE)


def test_settings_become_values_of_the_queue():
    told = {
        "concurrency": "2",
        "fleet_concurrency": "none",
        "breaker": "none",
        "rate:sending": "5/min",
        "rate:x": "1/s",
    }

    def declared(name: str) -> Any:
        return getattr(QUEUE, name)

    assert live_values.values(told, declared) == {
        "concurrency": 2,
        "fleet_concurrency": 0,
        "breaker": None,
        "limits": (Limit("sending", (Rate(5, MINUTE),)),),
    }


def test_a_setting_of_a_later_version_counts_for_nothing():
    assert live_values.values({"colour": "red"}, lambda _: None) == {}


class Page(msgspec.Struct):
    """Nothing in it."""


async def read(run: Run, page: Page) -> None:
    """Read it."""


def library() -> Queue:
    queue = Queue("test:library", "to be tested", concurrency=1)
    queue.job("page.read", Page, timeout=SECOND, retry=Backoff(3, first=7 * SECOND))(read)
    queue.job("page.send", Page, timeout=SECOND, retry=Steps((SECOND, MINUTE)))(read)
    return queue


def test_attempts_stand_in_for_those_of_the_named_job_type_and_leave_its_waits():
    served = ServedQueue.declared(library())
    declared = dict(served.terms)
    told = {"retry:page.read": "5", "retry:page.send": "attempts=4", "retry:gone": "9"}
    assert served.override(live_values.values(told, lambda name: getattr(served, name)))
    assert served.terms["page.read"].retry == Backoff(5, first=7 * SECOND)
    assert served.terms["page.send"].retry == Steps((SECOND, MINUTE, MINUTE))
    assert served.override({})
    assert served.terms == declared


def test_a_listed_schedule_is_cut_short_by_fewer_attempts():
    assert with_attempts(Steps((SECOND, MINUTE)), 1) == Steps(())
    assert with_attempts(Steps((SECOND, MINUTE)), 2) == Steps((SECOND,))
