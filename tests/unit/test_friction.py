"""Friction grows with the number of jobs and with what cannot be undone; a token confirms just what was seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arqlight_core.errors import ConfirmationNeeded
from arqlight_core.operations.friction import FEW, MANY, Friction, Seen, friction, read
from arqlight_core.operations.registry import Danger

LEVELS = list(Friction)
COUNTS = st.integers(0, 10_000_000)


@pytest.mark.parametrize(
    ("danger", "count", "asks"),
    [
        (Danger.SAFE, 10_000_000, Friction.NONE),
        (Danger.REVERSIBLE, FEW, Friction.NONE),
        (Danger.REVERSIBLE, FEW + 1, Friction.YES),
        (Danger.REVERSIBLE, MANY, Friction.YES),
        (Danger.REVERSIBLE, MANY + 1, Friction.COUNT),
        (Danger.DESTRUCTIVE, 1, Friction.NONE),
        (Danger.DESTRUCTIVE, 2, Friction.YES),
        (Danger.DESTRUCTIVE, FEW, Friction.YES),
        (Danger.DESTRUCTIVE, FEW + 1, Friction.COUNT),
        (Danger.IRREVERSIBLE, 1, Friction.NAME),
    ],
)
def test_what_is_asked_grows_with_danger_and_size(danger: Danger, count: int, asks: Friction):
    assert friction(danger, count, production=False) is asks


def test_in_production_the_destruction_of_many_asks_for_the_name_of_the_queue():
    assert friction(Danger.DESTRUCTIVE, FEW, production=True) is Friction.YES
    assert friction(Danger.DESTRUCTIVE, FEW + 1, production=True) is Friction.NAME


@given(danger=st.sampled_from(list(Danger)), one=COUNTS, more=COUNTS, production=st.booleans())
def test_more_jobs_more_danger_or_production_never_ask_for_less(danger: Danger, one: int, more: int, production: bool):  # noqa: FBT001
    asks = LEVELS.index(friction(danger, one, production=production))
    assert LEVELS.index(friction(danger, one + more, production=production)) >= asks
    assert LEVELS.index(friction(danger, one, production=True)) >= asks
    for worse in list(Danger)[list(Danger).index(danger) :]:
        assert LEVELS.index(friction(worse, one, production=production)) >= asks


def seen(asks: Friction = Friction.COUNT, count: int = 240, moment_ms: int = 17, **what: object) -> Seen:
    return Seen.of("crm:mail", {"action": "purge"} | what, count, moment_ms, asks)


@pytest.mark.parametrize(
    ("asks", "word"), [(Friction.COUNT, "240@"), (Friction.NAME, "crm:mail@"), (Friction.YES, "240.17.")]
)
def test_a_token_begins_with_the_word_that_is_to_be_typed(asks: Friction, word: str):
    assert seen(asks).token.startswith(word)


def test_where_nothing_is_asked_there_is_no_token():
    assert seen(Friction.NONE).token == ""


@given(count=COUNTS, moment_ms=COUNTS, asks=st.sampled_from(LEVELS[1:]))
def test_a_token_tells_for_how_many_and_of_which_moment_it_is(count: int, moment_ms: int, asks: Friction):
    assert read(seen(asks, count, moment_ms).token) == (count, moment_ms)


@pytest.mark.parametrize(
    "other", [seen(count=241), seen(moment_ms=18), seen(Friction.YES), seen(Friction.NAME), seen(state="dead")]
)
def test_a_token_is_of_one_count_moment_question_and_order(other: Seen):
    assert other.token != seen().token


@given(st.text())
def test_what_is_no_token_confirms_nothing(text: str):
    try:
        count, moment_ms = read(text)
    except ConfirmationNeeded as refused:
        assert "do a dry run" in str(refused)  # noqa: PT017 - some text is a token
    else:
        assert text != seen(count=count, moment_ms=moment_ms).token
