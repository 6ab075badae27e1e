import enum
import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType
from typing import Any, cast
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arqlight_core.hashing import canonical_json, canonical_key

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12)
CONTENTS = st.dictionaries(st.text(), VALUES)


class Colour(enum.Enum):
    RED = "red"


class Letter(msgspec.Struct, rename="camel"):
    client_id: int
    sent_at: datetime
    tags: frozenset[str] = frozenset()


def reordered(value: Any) -> Any:
    """The same content, every mapping in the opposite order."""
    match value:
        case dict():
            fields = cast("dict[str, Any]", value)
            return {name: reordered(item) for name, item in reversed(fields.items())}
        case list():
            return [reordered(item) for item in cast("list[Any]", value)]
        case _:
            return value


@given(CONTENTS)
def test_the_order_of_fields_does_not_matter_at_any_depth(content: dict[str, Any]):
    try:
        key = canonical_key(content)
    except TypeError:
        return  # two keys of it are written alike
    assert canonical_key(reordered(content)) == key
    assert len(key) == 16
    assert int(key, 16) >= 0


@given(st.dictionaries(st.text("abc"), st.integers() | st.text("xyz")), st.dictionaries(st.text("abc"), st.integers()))
def test_different_contents_have_different_keys(one: dict[str, Any], other: dict[str, Any]):
    assert (canonical_key(one) == canonical_key(other)) == (one == other)


@given(CONTENTS)
def test_a_journey_through_json_changes_nothing(content: dict[str, Any]):
    try:
        key = canonical_key(content)
    except TypeError:
        return
    assert canonical_key(json.loads(json.dumps(content))) == key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        (0, -0.0),
        ("é", "e\u0301"),
        ((1, 2), [1, 2]),
        ({"b", "a", "c"}, frozenset({"c", "b", "a"})),
        ({1, "1", None}, {None, "1", 1}),
        (Decimal("1.50"), Decimal("1.5")),
        (Decimal("0.0"), Decimal(-0)),
        (datetime(2026, 3, 1, 12, tzinfo=UTC), datetime(2026, 3, 1, 7, tzinfo=timezone(timedelta(hours=-5)))),
        (datetime(2026, 3, 1, 12, tzinfo=UTC), "2026-03-01T12:00:00Z"),
        (Colour.RED, "red"),
        (UUID(int=7), str(UUID(int=7))),
        ({2: "x"}, {"2": "x"}),
        (MappingProxyType({"a": 1}), {"a": 1}),
    ],
)
def test_what_means_the_same_is_written_the_same(one: object, other: object):
    assert canonical_key({"value": one}) == canonical_key({"value": other})


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, True), (1, "1"), (None, "null"), ([1, 2], [2, 1]), ({}, []), (1.5, 1), (0.1 + 0.2, 0.3), (2**53, 2**53 + 1)],
)
def test_what_differs_is_written_differently(one: object, other: object):
    assert canonical_key({"value": one}) != canonical_key({"value": other})


def test_the_members_of_a_set_are_written_in_order():
    members = [f"member {number}" for number in range(50)]
    assert (
        canonical_json(set(members)) == canonical_json(frozenset(reversed(members))) == canonical_json(sorted(members))
    )


def test_a_payload_and_its_plain_fields_have_one_key():
    letter = Letter(7, datetime(2026, 3, 1, tzinfo=UTC), frozenset({"b", "a"}))
    assert canonical_key(letter) == canonical_key(
        {"tags": ["a", "b"], "sentAt": "2026-03-01T00:00:00Z", "clientId": 7.0}
    )


def test_tagged_payloads_of_two_kinds_differ():
    class One(msgspec.Struct, tag=True):
        x: int

    class Two(msgspec.Struct, tag=True):
        x: int

    assert canonical_key(One(1)) != canonical_key(Two(1))
    assert canonical_key(One(1)) == canonical_key(msgspec.to_builtins(One(1)))


def test_keys_stay_the_same_from_one_version_to_the_next():
    assert canonical_json({"b": [1.0, "é", {"y": None, "x": True}], "a": 2}) == (
        b'{"a":2,"b":[1,"\\u00e9",{"x":true,"y":null}]}'
    )
    assert canonical_key({}) == "44136fa355b3678a"


@pytest.mark.parametrize("value", [object(), {1: "x", "1": "y"}, {"é": 1, "e\u0301": 2}, lambda: 1])
def test_what_has_no_one_form_is_refused(value: object):
    with pytest.raises(TypeError):
        canonical_key({"value": value})
