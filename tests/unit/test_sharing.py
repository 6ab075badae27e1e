"""Room that does not suffice: who gets how much."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arqlight_fleet.sharing import Order, Sharing

WANTED = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 5)), min_size=1, max_size=6)


def named(wanted: list[tuple[int, int]]) -> list[tuple[str, int, int]]:
    return [(f"queue-{place}", most, weight) for place, (most, weight) in enumerate(wanted)]


@given(wanted=WANTED, room=st.integers(0, 60), order=st.sampled_from(list(Order)))
def test_nobody_gets_more_than_it_can_take_and_no_room_is_left_unused(
    wanted: list[tuple[int, int]], room: int, order: Order
):
    given_out = Sharing(order).allot(named(wanted), room)
    assert all(share <= most for share, (most, _) in zip(given_out, wanted, strict=True))
    assert sum(given_out) == min(room, sum(most for most, _ in wanted))


def test_in_strict_order_the_first_takes_all_it_can():
    assert Sharing(Order.STRICT).allot([("a", 3, 1), ("b", 9, 100), ("c", 9, 1)], 10) == [3, 7, 0]


@pytest.mark.parametrize("room", [1, 2, 5])
def test_by_weight_everybody_gets_its_share_in_the_long_run_however_little_room_there_is(room: int):
    sharing, got = Sharing(Order.WEIGHTED), Counter[str]()
    wanted = [("a", 100, 5), ("b", 100, 3), ("c", 100, 2)]
    for _ in range(1000):
        got.update(dict(zip("abc", sharing.allot(wanted, room), strict=True)))
    assert {name: round(10 * count / got.total()) for name, count in got.items()} == {"a": 5, "b": 3, "c": 2}


def test_a_queue_that_wanted_nothing_for_long_does_not_take_everything_when_it_comes_back():
    sharing = Sharing(Order.WEIGHTED)
    for _ in range(500):
        sharing.allot([("a", 9, 1)], 1)
    turns = [sharing.allot([("a", 9, 1), ("b", 9, 1)], 1) for _ in range(10)]
    assert sum(turn[1] for turn in turns) == 5
