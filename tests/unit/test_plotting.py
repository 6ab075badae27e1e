"""Charts of characters: nothing that was measured is drawn as nothing, and nothing that was not as a zero."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arqlight_screens.plotting import bands, rod, stretched, top_of

VALUES = st.lists(st.none() | st.floats(0, 1e12), min_size=1, max_size=80)


@pytest.mark.parametrize(
    ("highest", "top"), [(0, 1), (0.03, 0.05), (1, 1), (1.1, 2), (3, 5), (7, 10), (42, 50), (99, 100), (101, 200)]
)
def test_the_axis_ends_at_a_round_number(highest: float, top: float) -> None:
    assert top_of([[highest]]) == pytest.approx(top)


def test_the_axis_keeps_its_end_while_that_fits() -> None:
    assert top_of([[30]], before=100) == 100
    assert top_of([[101]], before=100) == 200
    assert top_of([[3]], before=100) == 5


@given(VALUES, st.integers(1, 200))
def test_a_peak_is_never_lost_where_columns_are_fewer_than_values(values: list[float | None], columns: int) -> None:
    shown = stretched(values, columns)
    assert len(shown) == columns
    if columns <= len(values):
        assert max((one for one in shown if one is not None), default=None) == max(
            (one for one in values if one is not None), default=None
        )


@given(VALUES, st.integers(1, 60), st.integers(1, 12))
def test_every_line_is_as_wide_as_it_must_be(values: list[float | None], width: int, height: int) -> None:
    rows = bands([values], top_of([values]), width, height)
    assert [sum(len(text) for text, _ in row) for row in rows] == [width] * height


def test_something_small_is_seen_and_a_gap_is_blank() -> None:
    (row,) = bands([[0.001, None, 1000, None]], 1000, 2, 1)
    assert "".join(text for text, _ in row) == "⡀⡇"


def test_each_cell_is_told_by_the_smallest_series_that_reaches_it() -> None:
    low, high = [1.0, 1.0], [2.0, 2.0]
    assert bands([low, high], 2.0, 1, 2) == [[("⡫", 1)], [("⣿", 0)]]


def test_a_bar_fills_its_width_and_something_is_never_nothing() -> None:
    assert rod(10, 10, 4) == "████"
    assert rod(1, 1000, 4) == "▏"
    assert rod(0, 10, 4) == ""
    assert rod(5, 8, 1) == "▋"
