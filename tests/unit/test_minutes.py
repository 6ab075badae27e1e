"""Rates and percentiles out of minute counters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arqlight_core.observe.minutes import BOUNDS_MS, RUN, WAIT, Minute, percentile_ms, rate, total

BINS = st.dictionaries(st.integers(1, len(BOUNDS_MS) + 1), st.integers(1, 1000))


def minute(**counts: int) -> Minute:
    return Minute(counts)


@pytest.mark.parametrize(("second", "expected"), [(0, 60), (15, 45), (30, 30), (45, 15)])
def test_a_rate_takes_of_the_last_minute_what_still_lies_within_sixty_seconds(second: int, expected: float):
    assert rate([minute(), minute(done=60)], "done", second * 1000) == pytest.approx(expected / 60)


def test_a_rate_counts_the_running_minute_whole():
    assert rate([minute(done=30), minute(done=60)], "done", 30_000) == pytest.approx(1.0)


def test_a_total_is_over_all_minutes():
    assert total([minute(done=1), minute(), minute(done=2, other=9)], "done") == 3


def test_without_jobs_there_is_no_percentile():
    assert percentile_ms([minute(), minute(done=3)], WAIT, 0.95) is None


def test_a_percentile_lies_within_the_bin_of_its_job():
    assert percentile_ms([minute(w4=100)], WAIT, 0.5) == pytest.approx(7.5)
    assert percentile_ms([minute(w4=95, w10=5)], WAIT, 0.95) == pytest.approx(10.0)
    assert percentile_ms([minute(w4=94, w10=6)], WAIT, 0.95) == pytest.approx(1000 * (1 / 6) / 2 + 500)


def test_a_percentile_looks_at_one_kind_over_all_minutes():
    assert percentile_ms([minute(r1=1, w4=100), minute(r2=1)], RUN, 1.0) == pytest.approx(2.0)


def test_beyond_the_last_bound_it_is_at_most_twice_the_last_bound():
    last = f"w{len(BOUNDS_MS) + 1}"
    assert percentile_ms([Minute({last: 1})], WAIT, 1.0) == BOUNDS_MS[-1] * 2


@given(BINS, st.floats(0.01, 1.0))
def test_a_percentile_lies_between_the_bounds_that_were_hit(bins: dict[int, int], share: float):
    value = percentile_ms([Minute({f"w{place}": n for place, n in bins.items()})], WAIT, share)
    if not bins:
        assert value is None
        return
    bounds = (0, *BOUNDS_MS, BOUNDS_MS[-1] * 2)
    assert value is not None
    assert bounds[min(bins) - 1] <= value <= bounds[max(bins)]


@given(BINS.filter(bool), st.floats(0.01, 1.0), st.floats(0.01, 1.0))
def test_a_higher_share_never_has_a_lower_percentile(bins: dict[int, int], one: float, other: float):
    minutes = [Minute({f"w{place}": n for place, n in bins.items()})]
    low, high = (percentile_ms(minutes, WAIT, share) for share in sorted((one, other)))
    assert low is not None
    assert high is not None
    assert low <= high + 1e-6
