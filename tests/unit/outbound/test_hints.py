from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arqlight_core.policy import SECOND
from arqlight_jobs.outbound.hints import (
    INTERACTIVE_CAP,
    WEBHOOK_CAP,
    clamped,
    duration_seconds,
    jittered,
    retry_hint,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HEADERS = st.dictionaries(
    st.sampled_from(
        ["Retry-After", "X-RateLimit-Reset", "X-RateLimit-Remaining", "x-ratelimit-reset-tokens", "x-ratelimit-reset-"]
    ),
    st.text() | st.from_regex(r"-?\d{1,400}(\.\d*)?(h|m|s|ms)?", fullmatch=True) | st.datetimes().map(format_datetime),
)


def hint(headers: dict[str, str], body: float | None = None) -> float | None:
    wait = retry_hint(headers, NOW, body_hint=body)
    return None if wait is None else wait / SECOND


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7),
        ({"retry-after": " 7 "}, 7),
        ({"Retry-After": "0"}, 1),
        ({"Retry-After": "Sun, 01 Mar 2026 12:01:30 GMT"}, 90),
        ({"Retry-After": "Sun, 01 Mar 2026 12:01:30"}, 90),
        ({"Retry-After": "1 Mar 2026 12:01:30 GMT"}, 90),
        ({"Retry-After": "Sun, 01 Mar 2026 07:01:30 -0500"}, 90),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 1),
        ({"Retry-After": "9" * 400}, 3600),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "٣"}, None),
        ({"Retry-After": "7 seconds"}, None),
        ({"Retry-After": "Wed, 99 Oct 2015 07:28:00 GMT"}, None),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": f"{NOW.timestamp() + 42:.0f}"}, 42),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "5"}, 1),
        ({"X-RateLimit-Remaining": "1", "X-RateLimit-Reset": f"{NOW.timestamp() + 42:.0f}"}, None),
        ({"X-RateLimit-Reset": f"{NOW.timestamp() + 42:.0f}"}, None),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "garbage"}, None),
        ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "6m0s"}, 360),
        (
            {
                "x-ratelimit-reset-tokens": "6m0s",
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "2s",
            },
            2,
        ),
        ({"x-ratelimit-reset-tokens": "20ms"}, 1),
        ({"x-ratelimit-reset-tokens": "never"}, None),
    ],
)
def test_what_headers_ask_for(headers: dict[str, str], seconds: float | None):
    assert hint(headers) == seconds


def test_the_first_readable_hint_counts():
    every = {
        "Retry-After": "20",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(NOW.timestamp() + 30),
        "x-ratelimit-reset-tokens": "40s",
    }
    assert hint(every, body=10) == 10
    assert hint(every) == 20
    assert hint({**every, "Retry-After": "?"}) == 30
    assert hint({**every, "Retry-After": "?", "X-RateLimit-Remaining": "9"}) == 40


@pytest.mark.parametrize("body", [-1.0, float("nan"), float("inf")])
def test_a_mad_hint_in_a_body_is_passed_over(body: float):
    assert hint({"Retry-After": "20"}, body) == 20


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1s", 1),
        ("6m0s", 360),
        ("20ms", 0.02),
        ("1h2m3s4ms", 3723.004),
        ("1.5s", 1.5),
        ("", None),
        ("1", None),
        ("1d", None),
    ],
)
def test_durations(text: str, seconds: float | None):
    assert duration_seconds(text) == (None if seconds is None else pytest.approx(seconds))


@given(HEADERS, st.none() | st.floats())
def test_no_answer_of_a_server_breaks_the_bounds(headers: dict[str, str], body: float | None):
    for cap in (INTERACTIVE_CAP, WEBHOOK_CAP):
        wait = retry_hint(headers, NOW, body_hint=body, cap=cap)
        assert wait is None or SECOND <= wait <= cap


@given(st.integers(0, 10**6))
def test_both_forms_of_retry_after_mean_the_same(seconds: int):
    date = format_datetime(NOW + seconds * SECOND, usegmt=True)
    assert hint({"Retry-After": date}) == hint({"Retry-After": str(seconds)})


@given(st.floats(0, 1e9), st.floats(0, 1, exclude_max=True))
def test_jitter_only_ever_adds_and_at_most_a_tenth(seconds: float, roll: float):
    wait = clamped(seconds, WEBHOOK_CAP)
    assert wait <= jittered(wait, roll) <= wait * 1.1
    assert jittered(wait, 0) == wait
    assert jittered(10 * SECOND, 0.5) == timedelta(seconds=10.5)
