"""What is typed to find jobs, and how a search tells how far it is."""

import pytest

from arqlight_core.errors import UsageError
from arqlight_core.jobs import State
from arqlight_core.observe import Found
from arqlight_core.operations import Selection
from arqlight_screens.job_query import Query, query_of
from arqlight_screens.job_search import MOST, Progress, Search
from tests.screens.canned import NOW, row

QUEUE = "billing:validation"
FIRST = "{billing:validation}:import-00"

# ---------------------------------------------------------------------- what is typed


def test_words_are_text_and_names_say_what_is_to_match() -> None:
    asked = query_of('type:crm.mail gone  wrong err:"time out" age:>1h fp:f00d tenant:acme to.city:Bern flow:c0ffee')
    assert asked == Query(
        filters={
            "job_type": "crm.mail",
            "text": "gone wrong",
            "error": "time out",
            "older_ms": 3_600_000,
            "fingerprint": "f00d",
            "correlation_id": "c0ffee",
            "where": {"tenant": "acme", "to.city": "Bern"},
        }
    )
    assert asked.is_of_payloads


def test_a_whole_id_is_no_field() -> None:
    assert query_of(FIRST).likely_id == FIRST
    assert query_of("id:import-00").likely_id == "import-00"
    assert query_of("two words").likely_id == ""
    assert query_of("err:x").likely_id == ""


@pytest.mark.parametrize("age", ["soon", ">0s", "<1h", ">"])
def test_an_age_that_is_none_is_refused_with_how_to_write_one(age: str) -> None:
    with pytest.raises(UsageError, match="write it like age:>1h"):
        query_of(f"age:{age}")


def test_rows_at_hand_are_matched_as_a_selection_would() -> None:
    one = row("import-1", error="Timeout: away", fingerprint="f00d")
    for typed in ("IMPORT", "away", "type:billing.validate", "err:timeout", "fp:f00d", "age:>1m", "id:import-1"):
        assert query_of(typed).fits(one, NOW), typed
    for typed in ("gone", "type:billing", "err:import", "fp:f0", "age:>1h", "id:import", "tenant:acme"):
        assert not query_of(typed).fits(one, NOW), typed


# ---------------------------------------------------------------------- how far it has looked


def sought(state: State = State.DEAD) -> Search:
    return Search(Selection(QUEUE, state, text="x", moment_ms=NOW), "x", 3000)


def text_of(search: Search) -> str:
    return "".join(part.text for part in search.line)


def test_a_search_says_how_far_it_has_looked() -> None:
    search = sought()
    search.add(Found(NOW, (row("a"),), "1", 1000))
    assert text_of(search) == " … search x: 1 found, 1,000 of 3,000 dead jobs looked at · esc stops"
    search.stop()
    assert "stopped: the rest is unknown" in text_of(search)
    whole = sought()
    whole.add(Found(NOW, (), "", 2990))
    assert text_of(whole) == " ✓ search x: 0 found, all 2,990 dead jobs looked at"


def test_a_search_stops_at_more_than_anybody_reads() -> None:
    search = sought()
    search.add(Found(NOW, tuple(row(str(number)) for number in range(MOST)), "1", MOST))
    assert search.progress is Progress.FULL
    assert "say more to find fewer" in text_of(search)


@pytest.mark.parametrize(("state", "order"), [(State.DEAD, ["b", "a"]), (State.WAITING, ["a", "b"])])
def test_what_was_found_stands_in_the_order_of_the_list(state: State, order: list[str]) -> None:
    search = sought(state)
    search.add(Found(NOW, (row("a", state), row("b", state)), "", 2))
    assert [one.id for one in search.rows] == order
