"""The audit trail as it is read: the rows that are wanted, and every kind of tampering on the server found."""

from importlib import import_module
from typing import Any

import pytest

from arqlight_core import observe
from arqlight_core.audit import Asked, Ended, Entry, Head, Phase, linked
from arqlight_core.observe import AuditRow, Wanted
from arqlight_core.observe.audit import MISSING, UNREADABLE
from arqlight_core.operations import audit as trail
from arqlight_core.store.gateway import Store
from tests.store.line import eventually

TRAIL = "arqlight:{shared}:audit"


async def act(store: Store, *asked: Asked) -> list[str]:
    """These operations, done one after another; answers the ids of all entries."""
    for one in asked:
        await trail.close(store, await trail.ask(store, one), Ended(Phase.DONE, f"did {one.operation}"))
    return [row[0].decode() for row in await raw(store).xrange(TRAIL)]


async def rows(store: Store, **wanted: Any) -> list[AuditRow]:
    return list((await observe.audit(store, Wanted(**wanted))).rows)


def raw(store: Store) -> Any:
    return store._client  # pyright: ignore[reportPrivateUsage] - tampering is no business of the store


SEVERAL = (
    Asked("ada", "pause", "crm:message", reason="A flood"),
    Asked("bob", "purge", "jobs", {"selection": {"queue": "crm:message", "state": "dead"}}),
    Asked("ada", "set_rate", "mail", {"queue": "mail", "rate": "10/min"}),
    Asked("eve", "run_schedule", "nightly", {"selection": "odd"}),
)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["run_schedule", "set_rate", "purge", "pause"]),
        ({"actor": "ada"}, ["set_rate", "pause"]),
        ({"operation": "purge"}, ["purge"]),
        ({"queue": "crm:message"}, ["purge", "pause"]),
        ({"queue": "mail", "actor": "ada"}, ["set_rate"]),
        ({"text": "a FLOOD"}, ["pause"]),
        ({"text": "10/min"}, ["set_rate"]),
        ({"text": "did p"}, ["purge", "pause"]),
        ({"since_ms": 10**14}, []),
        ({"until_ms": 1}, []),
    ],
)
async def test_the_rows_that_are_wanted_come_newest_first(store: Store, wanted: dict[str, Any], found: list[str]):
    await act(store, *SEVERAL)
    assert [row.operation for row in await rows(store, **wanted)] == found


async def test_since_and_until_include_their_moments(store: Store):
    for one in SEVERAL[:3]:
        await act(store, one)
        moment = await store.time_ms()
        await eventually(lambda moment=moment: past(store, moment))
    _, middle, _ = await rows(store)
    assert await rows(store, since_ms=middle.at_ms, until_ms=middle.at_ms) == [middle]


async def past(store: Store, moment_ms: int) -> bool:
    return await store.time_ms() > moment_ms


async def test_ends_are_found_pages_before_what_was_asked(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(import_module("arqlight_core.observe.audit"), "PAGE", 2)
    ref = await trail.ask(store, Asked("zoe", "purge", "q"))
    await act(store, *SEVERAL)
    await trail.close(store, ref, Ended(Phase.DONE, "at last"))
    assert [row.outcome for row in await rows(store, actor="zoe")] == ["at last"]
    assert len((await observe.audit(store, limit=3)).rows) == 3
    assert (await observe.verify_audit(store)).entries == 10


# ------------------------------------------------------------------ tampering


async def test_an_untouched_trail_is_intact_and_so_is_an_empty_one(store: Store):
    assert (await observe.verify_audit(store)).broken == ""
    await act(store, *SEVERAL)
    found = await observe.verify_audit(store)
    assert (found.entries, found.broken) == (8, "")
    assert (await rows(store))[-1].at_ms == found.since_ms


async def test_a_removed_entry_is_found_at_the_next(store: Store):
    ids = await act(store, *SEVERAL)
    await raw(store).xdel(TRAIL, ids[3])
    found = await observe.verify_audit(store)
    assert (found.entries, found.broken) == (3, ids[4])


async def test_a_head_that_was_cut_off_by_hand_is_found(store: Store):
    ids = await act(store, *SEVERAL)
    await raw(store).xtrim(TRAIL, maxlen=5, approximate=False)
    assert (await observe.verify_audit(store)).broken == ids[3]


@pytest.mark.parametrize("removed", [1, 8])
async def test_newest_entries_that_were_removed_are_missed(store: Store, removed: int):
    ids = await act(store, *SEVERAL)
    await raw(store).xdel(TRAIL, *ids[-removed:])
    found = await observe.verify_audit(store)
    assert (found.entries, found.broken) == (8 - removed, MISSING)


async def test_an_entry_put_in_by_hand_is_found_and_shown_as_such(store: Store):
    await act(store, *SEVERAL[:1])
    forged = linked(Head(hash="f" * 64), Entry(at_ms=0, phase=Phase.ASKED, ref="x", actor="nobody"))
    put_in = (await raw(store).xadd(TRAIL, {"body": forged.body, "hash": forged.hash})).decode()
    assert (await observe.verify_audit(store)).broken == put_in
    await raw(store).xadd(TRAIL, {"note": b"\xff"}, "99999999999999-0")
    await act(store, *SEVERAL[1:2])
    told = [(row.condition, row.outcome) for row in await rows(store)]
    assert ("unreadable", UNREADABLE) in told
    assert ("done", "did purge") in told


async def test_an_entry_replaced_by_another_is_found(store: Store):
    ids = await act(store, *SEVERAL)
    kept = await raw(store).xrange(TRAIL)
    await raw(store).delete(TRAIL)
    for entry_id, fields in kept:
        changed = {**fields, b"body": fields[b"body"].replace(b'"bob"', b'"eve"')}
        await raw(store).xadd(TRAIL, changed, entry_id)
    assert (await observe.verify_audit(store)).broken == ids[2]


async def test_a_trail_that_was_deleted_whole_is_missed_and_stays_broken(store: Store):
    await act(store, *SEVERAL)
    await raw(store).delete(TRAIL)
    assert (await observe.verify_audit(store)).broken == MISSING
    ids = await act(store, *SEVERAL[:1])
    assert (await observe.verify_audit(store)).broken == ids[0]
