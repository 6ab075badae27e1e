"""What may be a flow: every problem of a bad one at once, and nothing but its own error whatever is put in."""

import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arqlight_jobs.crm.flow_checks import LARGEST, MOST_NODES, FlowInvalid, checked, graph_of
from arqlight_jobs.crm.flow_graph import Graph, Operator
from arqlight_jobs.crm.flow_values import holds, value_at
from tests.unit.crm.walking import graph

WAIT = {"kind": "wait", "seconds": 60}
TAG = {"kind": "tag", "add": ["a"]}
MESSAGE = {"kind": "send_message", "sender": "100", "content": "hello"}


def problems(told: object) -> list[str]:
    with pytest.raises(FlowInvalid) as refused:
        checked(told)
    return refused.value.problems


def test_a_good_flow_is_read_and_survives_its_own_writing() -> None:
    told = graph(first={**WAIT, "next": "then"}, then={**MESSAGE, "next": "end"})
    read = checked(told)
    assert list(read.nodes) == ["begin", "first", "then", "end"]
    assert msgspec.json.decode(msgspec.json.encode(read), type=Graph) == read == graph_of(json.dumps(told))


def test_every_problem_is_told_at_once() -> None:
    told = graph(
        first={**WAIT, "seconds": 0, "next": "nowhere"},
        second={"kind": "teleport"},
        third={**TAG, "next": "lost"},
        fourth={"kind": "condition", "field": "os.environ", "operator": "eval", "yes": "end", "no": "end"},
        fifth={"kind": "trigger", "next": "end", "surprise": 1},
    )
    found = "\n".join(problems({**told, "owner": "me"}))
    for word in ("owner", "first", "second", "teleport", "third: next leads to lost", "fourth", "fifth", "surprise"):
        assert word in found


@pytest.mark.parametrize(
    ("nodes", "told"),
    [
        ({"first": {**TAG, "next": "lost"}}, "node first: next leads to lost, which is no node"),
        ({"first": {**TAG, "next": "begin"}}, "node first: next leads back to the trigger"),
        ({"first": {**TAG, "next": "end"}, "alone": {**TAG, "next": "end"}}, "node alone: nothing leads there"),
        (
            {"first": {**TAG, "next": "end"}, "other": {"kind": "trigger", "next": "end"}},
            "it has 2 triggers; one is where it begins",
        ),
        ({"first": {**WAIT, "seconds": 31 * 86400, "next": "end"}}, "node first: Expected `int` <= 2592000"),
        ({"first": {"kind": "http_request", "url": "file:///etc/passwd", "next": "end"}}, "node first: Expected `str`"),
        ({"first": {"kind": "split", "branches": [{"weight": 1, "next": "end"}]}}, "node first: Expected `array`"),
        ({"first": {**WAIT, "next": "first"}}, "it has no end"),
    ],
    ids=["edge", "trigger", "alone", "triggers", "days", "url", "split", "no end"],
)
def test_a_bad_flow_is_refused(nodes: Mapping[str, Any], told: str) -> None:
    assert [one for one in problems(graph(**nodes)) if one.startswith(told)]


@pytest.mark.parametrize(
    ("between", "fine"),
    [
        ({**TAG, "next": "first"}, False),
        ({**WAIT, "next": "first"}, True),
        ({"kind": "wait_for_reply", "seconds": 1, "replied": "first", "timed_out": "end"}, True),
        ({"kind": "goto", "to": "first", "times": 3, "next": "end"}, True),
        ({"kind": "goto", "to": "end", "times": 3, "next": "first"}, False),
        ({"kind": "condition", "field": "contact.name", "operator": "exists", "yes": "first", "no": "end"}, False),
        ({"kind": "split", "branches": [{"weight": 1, "next": "end"}, {"weight": 1, "next": "first"}]}, False),
    ],
)
def test_a_circle_needs_a_rest_or_a_bound(between: Mapping[str, Any], fine: bool) -> None:  # noqa: FBT001 - a table
    way = {"kind": "condition", "field": "contact.name", "operator": "exists", "yes": "end", "no": "then"}
    told = graph(first=way, then=between)
    if fine:
        checked(told)
    else:
        assert problems(told) == [
            "nodes first, then: they lead in a circle; put a wait, a wait_for_reply or a goto into it"
        ]


def chain(length: int, node: Mapping[str, Any]) -> dict[str, Any]:
    names = ["first", *(f"n{number}" for number in range(1, length)), "end"]
    return graph(**{name: {**node, "next": after} for name, after in pairwise(names)})


def test_what_lies_behind_the_bounds_of_an_execution_is_refused() -> None:
    checked(chain(98, TAG))
    assert problems(chain(99, TAG)) == ["node end: it is 100 steps from the trigger; an execution takes 100 at most"]
    checked(chain(3, {**WAIT, "seconds": 10 * 86400}))
    [told] = problems(chain(4, {**WAIT, "seconds": 10 * 86400}))
    assert told.startswith("node end: it is reached after more than 30 days")
    [told] = problems(chain(MOST_NODES, TAG))
    assert "200 is the most" in told


def test_a_text_that_is_too_long_or_no_json_is_refused() -> None:
    for text, told in (("x" * (LARGEST + 1), "more than 256 kB"), ("{", "no JSON"), ("[" * 9999, "no JSON")):
        with pytest.raises(FlowInvalid, match=told):
            graph_of(text)


# ------------------------------------------------------------------ whatever is put in

NAMES = st.sampled_from(["begin", "a", "b", "c", "end", "", "\0", "a:b"])
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | NAMES, inner, max_size=3),
    max_leaves=8,
)
KINDS = ("trigger", "wait", "tag", "goto", "split", "condition", "wait_for_reply", "http_request", "end", "none")
FIELDS = ("next", "to", "yes", "no", "replied", "timed_out", "failed", "seconds", "times", "branches", "field", "url")


@st.composite
def nodes_of_any_kind(draw: st.DrawFn) -> dict[str, Any]:
    fields = draw(st.dictionaries(st.sampled_from(FIELDS), NAMES | st.integers(-1, 5) | JUNK, max_size=6))
    return {"kind": draw(st.sampled_from(KINDS)), **fields}


@st.composite
def flows_of_any_kind(draw: st.DrawFn) -> Any:
    nodes = draw(JUNK | st.dictionaries(NAMES, nodes_of_any_kind()))
    return draw(st.sampled_from([nodes, {"name": "x", "nodes": nodes}, {"name": draw(JUNK), "nodes": nodes}]))


BARE = {"trigger": ("next",), "wait": ("next",), "goto": ("to", "next"), "end": (), "tag": ("next",)}


@st.composite
def wired(draw: st.DrawFn) -> dict[str, Any]:
    """Nodes that are right in themselves, and lead anywhere."""
    names = [f"n{number}" for number in range(draw(st.integers(1, 8)))]
    nodes: dict[str, Any] = {}
    for name in names:
        kind = draw(st.sampled_from(list(BARE)))
        edges = {field: draw(st.sampled_from([*names, "lost"])) for field in BARE[kind]}
        nodes[name] = {"kind": kind, **edges, **({"seconds": 5} if kind == "wait" else {})}
        nodes[name] |= {"times": 2} if kind == "goto" else {}
    return {"name": "x", "nodes": nodes}


@given(flows_of_any_kind() | wired())
def test_nothing_but_its_own_error_comes_of_any_values(told: Any) -> None:
    try:
        read = checked(told)
    except FlowInvalid as refused:
        read = refused
    assert str(read)


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_nothing_but_its_own_error_comes_of_any_text(told: bytes | str) -> None:
    with pytest.raises(FlowInvalid):
        graph_of(told)


@given(wired())
def test_a_flow_that_is_accepted_ends_without_rest_within_bounds(told: dict[str, Any]) -> None:
    """From each node, without any rest, fewer steps lead to an end or a rest than gotos allow."""
    try:
        read = checked(told)
    except FlowInvalid:
        return
    name, visits = read.trigger[0], dict[str, int]()
    for _ in range(200):
        node = cast("Any", read.nodes[name])
        if node.rests or not node.edges:
            return
        field = "next"
        if "to" in node.edges and visits.get(name, 0) < node.times:
            visits[name], field = visits.get(name, 0) + 1, "to"
        name = getattr(node, field)
    raise AssertionError("it spins")


@given(st.sampled_from(Operator), JUNK, JUNK)
def test_no_comparison_fails(operator: Operator, found: Any, value: Any) -> None:
    assert holds(operator, found, value) in (True, False)


@given(JUNK, st.text(max_size=10))
def test_no_path_fails(facts: Any, path: str) -> None:
    value_at({"contact": facts}, f"contact.{path}")


@pytest.mark.parametrize(
    ("operator", "found", "value", "so"),
    [
        ("equals", 1, "1.0", True),
        ("equals", True, 1, False),
        ("equals", " Ann  Lee ", "ann lee", True),
        ("equals", None, None, True),
        ("greater", "10", 9, True),
        ("greater", "ten", 9, False),
        ("less", None, 9, False),
        ("contains", "Hello there", "HELLO", True),
        ("contains", ["vip"], "vi", False),
        ("contains", None, "x", False),
        ("missing", [], None, True),
        ("missing", 0, None, False),
    ],
)
def test_values_compare(operator: str, found: Any, value: Any, so: bool) -> None:  # noqa: FBT001 - a table
    assert holds(Operator(operator), found, value) is so
