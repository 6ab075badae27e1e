"""The audit trail on a real server: nothing is lost between writers, what is trimmed leaves the rest verifiable."""

import asyncio
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pytest

from arqlight_core import observe
from arqlight_core.audit import GENESIS, Asked, Ended, Entry, Head, Link, Phase, linked, verify
from arqlight_core.errors import ArqlightError, UsageError
from arqlight_core.observe import AuditRow, Wanted
from arqlight_core.observe.audit import UNKNOWN
from arqlight_core.operations import Report
from arqlight_core.operations import audit as trail
from arqlight_core.store import scripts
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import OUTAGES, Store
from arqlight_core.store.scripts import Recorded

TRAIL = "arqlight:{shared}:audit"
PAUSE = Asked("ada", "pause", "crm:message", {"queue": "crm:message"}, "a flood")


async def record(store: Store, link: Link, before: str, keep: int = 100) -> Recorded:
    return await store.run(scripts.record(before, link, 1, keep))


async def head(store: Store) -> Head:
    return (await record(store, linked(Head(), said("?")), "")).head


def said(reason: str) -> Entry:
    return Entry(at_ms=0, phase=Phase.ASKED, ref=reason, reason=reason)


async def written(store: Store, count: int, keep: int = 100) -> list[Link]:
    """So many entries, one after another."""
    links, now = list[Link](), await head(store)
    for number in range(count):
        links.append(linked(now, said(f"{number}")))
        told = await store.run(scripts.record(now.hash, links[-1], now.next_ms, keep))
        assert told.written
        now = told.head
    return links


async def links(store: Store) -> tuple[Link, ...]:
    return (await store.run(scripts.trail("", 500, "newer"))).links


async def rows(store: Store, **wanted: Any) -> list[AuditRow]:
    return list((await observe.audit(store, Wanted(**wanted))).rows)


def raw(store: Store) -> Any:
    return store._client  # pyright: ignore[reportPrivateUsage] - tampering is no business of the store


# ------------------------------------------------------------------ the scripts


async def test_a_trail_begins_with_nothing_and_at_the_servers_time(store: Store):
    now = await head(store)
    assert (now.top_id, now.hash, now.at_ms) == ("0-0", GENESIS, 0)
    assert abs(now.now_ms - await store.time_ms()) < 5_000
    assert await raw(store).keys("*") == []


async def test_an_entry_is_appended_only_behind_the_one_its_writer_saw(store: Store):
    [one] = await written(store, 1)
    late = linked(Head(hash=GENESIS), said("late"))
    told = await record(store, late, GENESIS)
    assert (told.written, told.head.hash, told.head.top_id) == (False, one.hash, one.id)
    assert await links(store) == (one,)


async def test_an_entry_whose_answer_was_lost_is_not_written_twice(store: Store):
    one, _two = await written(store, 2)
    assert (await record(store, one, GENESIS)).written
    assert len(await links(store)) == 2


async def test_trimming_is_exact_and_what_is_left_verifies(store: Store):
    entries = await written(store, 12, keep=5)
    page = await store.run(scripts.trail("", 500, "newer"))
    assert list(page.links) == entries[-5:]
    assert (page.anchor, page.last) == (entries[-6].hash, entries[-1].hash)
    assert verify(page.links, page.anchor) is None
    found = await observe.verify_audit(store)
    assert (found.entries, found.broken) == (5, "")


async def test_a_trail_that_is_much_too_long_is_trimmed_step_by_step(store: Store):
    await written(store, 120, keep=1000)
    now = await head(store)
    await record(store, linked(now, said("x")), now.hash, keep=10)
    assert await raw(store).xlen(TRAIL) == 121 - 100
    assert (await observe.verify_audit(store)).broken == ""


async def test_pages_go_both_ways_without_a_gap(store: Store):
    entries = await written(store, 7)
    older = (await store.run(scripts.trail(entries[5].id, 3, "older"))).links
    newer = (await store.run(scripts.trail(entries[1].id, 3, "newer"))).links
    assert (older, newer) == (tuple(reversed(entries[2:5])), tuple(entries[2:5]))


async def test_an_entry_is_taken_by_a_server_that_is_full(store: Store):
    await raw(store).config_set("maxmemory", "1")
    try:
        await trail.ask(store, PAUSE)
    finally:
        await raw(store).config_set("maxmemory", "0")
    assert len(await links(store)) == 1


# ------------------------------------------------------------------ asking and closing


async def test_eight_writers_at_once_lose_nothing(shared_server: EmbeddedServer, store: Store):
    others = [Store(shared_server.url) for _ in range(8)]

    async def act(number: int) -> None:
        for turn in range(5):
            ref = await trail.ask(others[number], Asked(f"w{number}", "pause", f"q{turn}"))
            await trail.close(others[number], ref, Ended(Phase.DONE, changed=turn))

    await asyncio.gather(*(act(number) for number in range(8)))
    await asyncio.gather(*(one.close() for one in others))
    told = await rows(store, operation="pause")
    assert {(row.actor, row.target, row.changed) for row in told} == {
        (f"w{number}", f"q{turn}", turn) for number in range(8) for turn in range(5)
    }
    found = await observe.verify_audit(store)
    assert (found.entries, found.broken) == (80, "")
    moments = [link.entry.at_ms for link in await links(store) if link.entry]
    assert moments == sorted(moments)


async def test_an_operation_is_one_row_with_its_end(store: Store):
    ref = await trail.ask(store, PAUSE)
    [row] = await rows(store)
    assert (row.condition, row.ended_ms, row.outcome) == ("under way", 0, "")
    await trail.close(store, ref, Ended(Phase.DONE, "paused", 1, {"gone": 2}))
    [row] = await rows(store)
    assert (row.actor, row.operation, row.target, row.reason) == ("ada", "pause", "crm:message", "a flood")
    assert (row.condition, row.outcome, row.changed, row.skipped) == ("done", "paused", 1, {"gone": 2})
    assert row.host
    assert row.ended_ms >= row.at_ms > 0


async def test_a_long_operation_is_under_way_until_the_fleet_has_closed_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(import_module("arqlight_core.observe.audit"), "PATIENCE_MS", -1)
    ref = await trail.ask(store, PAUSE)
    [row] = await rows(store)
    assert (row.condition, row.outcome) == ("outcome unknown", UNKNOWN)
    await trail.close(store, ref, Ended(Phase.BEGUN, "the fleet goes on with it"))
    assert [row.condition for row in await rows(store)] == ["under way"]
    await trail.close(store, ref, Ended(Phase.DONE, "moved 7", 7, actor="w1"))
    [row] = await rows(store)
    assert (row.condition, row.changed, row.actor, row.closed_by) == ("done", 7, "ada", "w1")


@dataclass
class Letter:
    text: str
    client: int


async def test_sensitive_arguments_are_masked_and_reasons_kept(store: Store):
    told = {
        "payload": {"text": "secret", "client": 7},
        "letter": Letter("secret", 7),
        "ids": [f"j{n}" for n in range(1000)],
    }
    await trail.ask(store, Asked("ada", "retry", "q", told, "text was wrong", frozenset({"text"})))
    [link] = await links(store)
    assert b"secret" not in link.body
    [row] = await rows(store)
    assert row.told["payload"] == row.told["letter"] == {"text": "•••", "client": 7}
    assert row.told["ids"]["count"] == 1000
    assert row.reason == "text was wrong"


async def report(_ref: str) -> Report:
    return Report(3, "did it", {"gone": 1})


async def refuse(_ref: str) -> Report:
    raise UsageError("not so")


async def fail(_ref: str) -> Report:
    raise RuntimeError("broke at redis://me:hunter2@host")


async def test_what_is_witnessed_has_its_end_whatever_it_was(store: Store):
    assert (await trail.witnessed(store, PAUSE, report)).changed == 3
    with pytest.raises(UsageError):
        await trail.witnessed(store, PAUSE, refuse)
    with pytest.raises(RuntimeError):
        await trail.witnessed(store, PAUSE, fail)
    told = [(row.condition, row.outcome, row.changed) for row in await rows(store)]
    assert told == [
        ("failed", "RuntimeError: broke at redis://me:•••@host", 0),
        ("refused", "not so", 0),
        ("done", "did it", 3),
    ]


async def lose(_ref: str) -> Report:
    raise ConnectionResetError


async def test_what_was_cut_off_has_no_end(store: Store):
    with pytest.raises(ConnectionResetError):
        await trail.witnessed(store, PAUSE, lose)
    assert [row.condition for row in await rows(store)] == ["under way"]


async def test_the_fleet_may_end_it_before_its_caller_has_noted_that_it_began(store: Store):
    async def submit(ref: str) -> Report:
        await trail.close(store, ref, Ended(Phase.DONE, "moved 7", 7))
        return Report(0, "the fleet goes on with it")

    await trail.witnessed(store, PAUSE, submit, lambda _: Phase.BEGUN)
    assert [(row.condition, row.changed) for row in await rows(store)] == [("done", 7)]


async def test_what_cannot_be_written_down_is_not_done_and_what_is_done_stays_done(own_server: EmbeddedServer):
    store = Store(own_server.url, retries=0)
    done = list[str]()

    async def stop(_ref: str) -> Report:
        done.append("stopped")
        own_server.stop()
        return Report(1, "stopped")

    assert (await trail.witnessed(store, PAUSE, stop)).changed == 1
    with pytest.raises(OUTAGES):
        await trail.witnessed(store, PAUSE, stop)
    assert done == ["stopped"]
    await store.close()


async def test_a_writer_who_is_never_first_gives_up_in_a_sentence(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(trail, "TRIES", 1)
    with pytest.raises(ArqlightError, match="took no entry"):
        await trail.ask(store, PAUSE)
