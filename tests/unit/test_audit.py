"""The chain of the audit trail: whatever is changed, removed, put in or moved breaks it at its place."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arqlight_core.audit import GENESIS, Entry, Head, Link, Phase, brief, linked, moment_of, verify
from arqlight_core.hashing import canonical_json

TEXTS = st.text(max_size=30) | st.text(st.characters(codec=None), max_size=5)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=30)


def entry(reason: str = "", **told: Any) -> Entry:
    return Entry(at_ms=0, phase=Phase.ASKED, ref="r", actor="ada", operation="pause", reason=reason, told=told)


def chain(reasons: list[str]) -> list[Link]:
    head, links = Head(1_000, "0-0", GENESIS, 0), list[Link]()
    for reason in reasons:
        links.append(linked(head, entry(reason)))
        head = Head(1_000, links[-1].id, links[-1].hash, 1_000)
    return links


CHAINS = st.lists(TEXTS, min_size=2, max_size=12).map(
    lambda reasons: chain([text[:20] for text in map(clean, reasons)])
)


def clean(text: str) -> str:
    return text.encode(errors="replace").decode()


@given(CHAINS)
def test_a_chain_as_it_was_written_fits_whole_and_from_any_entry_on(links: list[Link]):
    assert verify(links) is None
    for place in range(1, len(links)):
        assert verify(links[place:], links[place - 1].hash) is None


@given(CHAINS, st.data())
def test_a_changed_byte_breaks_the_chain_at_its_entry(links: list[Link], data: st.DataObject):
    place = data.draw(st.integers(0, len(links) - 1))
    at = data.draw(st.integers(0, len(links[place].body) - 1))
    body = bytearray(links[place].body)
    body[at] ^= data.draw(st.integers(1, 255))
    links[place] = replace(links[place], body=bytes(body))
    assert verify(links) == links[place].id


@given(CHAINS, st.data())
def test_a_removed_entry_breaks_the_chain_behind_it(links: list[Link], data: st.DataObject):
    place = data.draw(st.integers(0, len(links) - 2))
    del links[place]
    assert verify(links) == links[place].id


@given(CHAINS, st.data())
def test_swapped_entries_break_the_chain_at_the_first(links: list[Link], data: st.DataObject):
    one, other = sorted(data.draw(st.sets(st.integers(0, len(links) - 1), min_size=2, max_size=2)))
    links[one], links[other] = links[other], links[one]
    assert verify(links) == links[one].id


@given(CHAINS, st.data())
def test_an_entry_put_in_breaks_the_chain_even_with_a_hash_of_its_own(links: list[Link], data: st.DataObject):
    place = data.draw(st.integers(0, len(links) - 1))
    before = links[place - 1].hash if place else GENESIS
    links.insert(place, linked(Head(5, "5-0", before, 5), entry("put in")))
    assert verify(links) == links[place + 1].id


def test_a_head_that_was_cut_off_shows_when_the_anchor_is_not_of_what_was_cut():
    links = chain(["a", "b", "c"])
    assert verify(links[1:]) == links[1].id
    assert verify(links[1:], links[0].hash) is None


def test_a_hash_or_an_id_that_was_changed_breaks_the_chain():
    one, two = chain(["a", "b"])
    assert verify([replace(one, hash="0" * 64), two]) == one.id
    assert verify([replace(one, id="999-0"), two]) == "999-0"
    assert verify([]) is None


def test_a_clock_that_was_put_back_makes_no_entry_older_than_the_one_before():
    head = Head(now_ms=500, top_id="900-3", hash=GENESIS, at_ms=900)
    link = linked(head, entry())
    assert (link.id, link.entry and link.entry.at_ms) == ("900-4", 900)


def test_an_id_from_the_future_moves_the_next_id_and_not_the_next_moment():
    link = linked(Head(now_ms=500, top_id="9999-0", hash=GENESIS, at_ms=400), entry())
    assert (link.id, link.entry and link.entry.at_ms) == ("9999-1", 500)
    assert moment_of(link.id) == 9999


@settings(max_examples=50)
@given(st.dictionaries(TEXTS, VALUES))
def test_whatever_is_told_an_entry_is_small_and_can_be_read(told: dict[str, Any]):
    try:
        short = entry("why" * 1000, argument=told).short()
    except TypeError:
        return  # two keys of it are written alike
    link = linked(Head(), short)
    assert len(link.body) < 8_000
    assert link.entry == short


def test_of_a_long_list_the_first_stay_and_the_count():
    told = brief({"ids": [f"job{n}" for n in range(1000)], "for_": timedelta(hours=2)})
    assert told["ids"] == {"count": 1000, "first": [f"job{n}" for n in range(20)]}
    assert told["for_"] == "PT7200S"


def test_what_is_large_all_over_is_cut_harder_and_then_to_its_size():
    wide = {f"name{n}": ["x" * 500] * 30 for n in range(6)}
    assert brief(wide)["name0"] == {"count": 30, "first": [f"{'x' * 59}…"] * 5}
    assert brief({"wide": [wide] * 4}) == {"cut": f"{len(canonical_json({'wide': [wide] * 4}))} bytes"}
    assert brief(dict.fromkeys(map(str, range(1000)), 1))["…"] == "980 more"


def test_bytes_that_others_wrote_are_no_entry():
    assert Link("1-0", b"", "").entry is None
    assert Link("1-0", b'{"at_ms": 1, "phase": "praised", "ref": ""}', "").entry is None
    assert Link("1-0", b"[" * 100_000, "").entry is None


@pytest.mark.parametrize("field", ["actor", "host", "operation", "target", "reason", "outcome"])
def test_no_text_of_an_entry_is_longer_than_there_is_room(field: str):
    made: Any = Entry
    assert len(getattr(made(at_ms=0, phase=Phase.DONE, ref="r", **{field: "x" * 10_000}).short(), field)) <= 500
