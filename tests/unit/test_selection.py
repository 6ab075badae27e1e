"""A selection never means what nobody named, and what is sensitive can be neither searched nor matched."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arqlight_core.codec import MASK
from arqlight_core.errors import UsageError
from arqlight_core.jobs import State
from arqlight_core.selection import Candidate, Selection, matches

NONE: frozenset[str] = frozenset()
FILTERS: dict[str, Any] = {
    "job_type": "crm.mail",
    "fingerprint": "f00d",
    "correlation_id": "order7",
    "older_ms": 1_000,
    "text": "acme",
    "error": "timeout",
    "where": {"tenant": "acme"},
}
JOB = Candidate(
    "job1",
    "crm.mail",
    "order7",
    since_ms=5_000,
    error="Timeout: ACME is away",
    fingerprint="f00d",
    payload={"args": ({"tenant": "acme", "n": 3, "paid": True, "to": {"city": "Zürich"}},), "kwargs": {}},
)
NAMES = st.text(st.characters(categories=["Ll"]), min_size=1, max_size=6)


def of(**filters: Any) -> Selection:
    return Selection("crm:mail", State.DEAD, moment_ms=10_000, **filters)


@pytest.mark.parametrize(
    "chosen", [{}, {"ids": ("a",), "everything": True}, {"ids": ("a",), "text": "b"}, {"everything": True, "text": "b"}]
)
def test_jobs_are_named_in_one_way_and_never_in_none(chosen: dict[str, Any]):
    with pytest.raises(UsageError, match="not both, and not neither"):
        of(**chosen)


@pytest.mark.parametrize("name", FILTERS)
def test_what_is_not_named_by_ids_has_a_state(name: str):
    chosen: dict[str, Any]
    for chosen in ({name: FILTERS[name]}, {"everything": True}):
        with pytest.raises(UsageError, match="Say of which state"):
            Selection("crm:mail", **chosen)
    assert Selection("crm:mail", ids=("a",)).state is None


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_takes_what_matches_and_nothing_else(name: str):
    others: dict[str, Any] = {"older_ms": 6_000, "where": {"tenant": "other"}}
    assert matches(of(**{name: FILTERS[name]}), JOB, NONE)
    assert not matches(of(**{name: others.get(name, "other")}), JOB, NONE)


@pytest.mark.parametrize("name", FILTERS)
def test_all_filters_have_to_match(name: str):
    others: dict[str, Any] = {"older_ms": 6_000, "where": {"tenant": "acme", "n": "4"}}
    assert matches(of(**FILTERS), JOB, NONE)
    assert not matches(of(**FILTERS | {name: others.get(name, "other")}), JOB, NONE)


@pytest.mark.parametrize("text", ["JOB1", "timeout: acme", "zürich", "ZÜRICH", "tenant"])
def test_text_is_found_in_id_error_and_payload_in_any_case(text: str):
    assert matches(of(text=text), JOB, NONE)


@pytest.mark.parametrize("text", ["args", "kwargs", "nobody"])
def test_text_that_is_not_there_is_not_found(text: str):
    assert not matches(of(text=text), JOB, NONE)


@pytest.mark.parametrize(
    ("path", "value", "fits"),
    [
        ("n", "3", True),
        ("paid", "true", True),
        ("paid", "True", False),
        ("to.city", "Zürich", True),
        ("to.street", "", False),
        ("n.n", "3", False),
        ("nothing", "None", False),
        ("", "", False),
    ],
)
def test_a_field_is_matched_by_its_path_and_its_text(path: str, value: str, fits: bool):  # noqa: FBT001
    assert matches(of(where={path: value}), JOB, NONE) is fits


def test_named_arguments_are_fields_too():
    job = Candidate("a", payload={"args": (1, 2), "kwargs": {"tenant": "acme"}})
    assert matches(of(where={"tenant": "acme"}), job, NONE)


@given(secret=st.text(min_size=4), field=NAMES, wrong=st.text())
def test_a_sensitive_field_can_be_neither_searched_nor_matched(secret: str, field: str, wrong: str):
    job, twin = (Candidate("0", payload=one) for one in (_with(field, secret), _with(field, wrong)))
    for selection in (of(text=secret), of(where={field: secret}), of(where={"deep": secret})):
        assert matches(selection, job, frozenset({field})) == matches(selection, twin, frozenset({field}))
    if secret not in (MASK, wrong):
        assert not matches(of(where={field: secret}), job, frozenset({field}))


def _with(field: str, value: str) -> dict[str, Any]:
    return {"args": ({field: value, "deep": [{field: value}]},), "kwargs": {field: value}}


def test_age_is_counted_back_from_the_moment():
    job = Candidate("a", since_ms=9_000)
    assert matches(of(older_ms=1_000), job, NONE)
    assert not matches(of(older_ms=1_001), job, NONE)


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({"everything": True}, "dead jobs of crm:mail"),
        ({"job_type": "crm.mail", "text": "x"}, "dead jobs of crm:mail (type crm.mail, with 'x')"),
        ({"where": {"tenant": "acme"}}, "dead jobs of crm:mail (tenant=acme)"),
    ],
)
def test_a_selection_says_what_it_means(chosen: dict[str, Any], told: str):
    assert str(of(**chosen)) == told


def test_a_selection_tells_what_was_asked_for_and_no_more():
    assert of(text="x").told == {"queue": "crm:mail", "state": "dead", "moment_ms": 10_000, "text": "x"}


def test_more_ids_than_an_order_can_carry_are_refused():
    with pytest.raises(UsageError, match="10,001 ids are too many"):
        Selection("crm", ids=tuple(map(str, range(10_001))))
