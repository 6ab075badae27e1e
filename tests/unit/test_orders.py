"""What is written down is read as it was meant, or not at all."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arqlight_core.errors import UsageError
from arqlight_core.jobs import State
from arqlight_core.operations.orders import Order, Pace
from arqlight_core.selection import Selection
from arqlight_core.store.keys import id_of

IDS = st.lists(st.binary(min_size=1, max_size=8).map(id_of), min_size=1, max_size=5).map(tuple)
PACES = st.builds(
    Pace,
    st.floats(0, 1e6),
    st.integers(0, 1000),
    st.floats(0, 1),
    st.integers(0, 10**6).map(lambda ms: timedelta(milliseconds=ms)),
)
SELECTIONS = st.builds(Selection, st.text(), st.none() | st.sampled_from(State), IDS) | st.builds(
    Selection,
    st.text(),
    st.sampled_from(State),
    text=st.text(min_size=1),
    where=st.dictionaries(st.text(), st.text(), max_size=3),
    moment_ms=st.integers(0, 2**53),
)
ARGUMENTS = st.dictionaries(st.text(), st.text() | st.integers(-(2**53), 2**53) | st.booleans() | st.none(), max_size=3)


@given(order=st.builds(Order, st.text(), st.text(), SELECTIONS, arguments=ARGUMENTS, pace=PACES))
def test_an_order_is_read_as_it_was_written_whatever_bytes_its_ids_hold(order: Order):
    text = order.encode()
    assert text.isascii()
    assert Order.decode(text) == order


@pytest.mark.parametrize(
    "told",
    [
        {"unheard": 1},
        {"pace": {"unheard": 1}},
        {"selection": {"queue": "q", "state": "dead", "everything": True, "unheard": "of"}},
        {"selection": {"queue": "q", "state": "unheard", "everything": True}},
        {"selection": {"queue": "q", "state": "dead"}},
        {"arguments": 3},
        {"action": None},
    ],
)
def test_what_is_not_understood_whole_is_refused(told: dict[str, Any]):
    with pytest.raises((ValueError, UsageError), match=r"unheard|Expected|Select"):
        Order.decode(json.dumps({"action": "purge", "queue": "q"} | told))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"purge"'])
def test_what_is_no_order_is_refused(text: str):
    with pytest.raises(ValueError, match=r"Expect"):
        Order.decode(text)


def of(state: State | None = State.DEAD, **chosen: Any) -> Order:
    return Order("retry", "q", Selection("q", state, **(chosen or {"everything": True})))


@pytest.mark.parametrize("state", State)
def test_a_walk_goes_through_the_state_that_is_meant_and_ids_need_none(state: State):
    assert of(state).where == state.value
    assert of(state, ids=("a",)).where == of(None, ids=("a",)).where == ""
    assert Order("undo", "q", trash="op1").where == "trash:op1"


@pytest.mark.parametrize("state", State)
def test_jobs_are_looked_at_where_their_place_in_line_does_not_tell_when_they_came(state: State):
    tells = state in (State.WAITING, State.DEAD, State.CANCELLED, State.COMPLETED)
    assert of(state).is_whole is not tells
    assert of(state, text="x").is_whole
    assert not of(state, ids=("a",)).is_whole
    assert not Order("undo", "q", trash="op1").is_whole
