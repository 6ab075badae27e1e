"""empty_trash, and the bound of the trash: what is destroyed leaves nothing, and only what was confirmed goes."""

from collections.abc import Sequence
from typing import Any

import pytest

from arqlight_core import observe
from arqlight_core.errors import ConfirmationNeeded, NothingToUndo
from arqlight_core.jobs import State
from arqlight_core.operations import Report, Selection, empty_trash, emptying, purge, undo
from arqlight_core.operations.emptying import destroy
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.scripts import Call
from arqlight_fleet.retention import trim
from arqlight_fleet.served import ServedQueue
from tests.store.line import QUEUE, Line
from tests.store.states import brought

NAME = QUEUE.name
MIXED = (State.SCHEDULED, State.RETRYING, State.HELD, State.DEAD, State.CANCELLED, State.WAITING)


async def purged(line: Line, *ids: str) -> str:
    """Jobs in the trash; answers the operation."""
    plan = await purge(line.store, Selection(NAME, ids=ids), actor="ada", dry_run=True)
    return (await purge(line.store, Selection(NAME, ids=ids), actor="ada", confirm=plan.confirm)).operation


async def emptied(line: Line, operation: str = "") -> Report:
    plan = await empty_trash(line.store, NAME, operation=operation, actor="ada", dry_run=True)
    return await empty_trash(line.store, NAME, operation=operation, actor="ada", confirm=plan.confirm)


async def left(line: Line) -> list[str]:
    return sorted(name.decode() for name in await line.raw.keys(f"{QUEUE.prefix}trash*"))


async def test_jobs_of_every_state_leave_nothing_behind(line: Line):
    for state in MIXED:
        await brought(line, state, state.value)
    await purged(line, *(state.value for state in MIXED))
    report = await emptied(line)
    assert (report.changed, await left(line)) == (len(MIXED), [])
    assert await observe.trash(line.store, NAME) == ()
    [event] = await line.events("empty_trash")
    assert (event["by"], event["jobs"]) == ("ada", str(len(MIXED)))


async def test_one_operations_trash_goes_and_the_others_stays(line: Line):
    await line.put("a", "b")
    first, second = await purged(line, "a"), await purged(line, "b")
    await emptied(line, first)
    assert [one.operation for one in await observe.trash(line.store, NAME)] == [second]
    assert (await undo(line.store, NAME, actor="ada")).changed == 1


async def test_the_name_has_to_be_typed_however_few_they_are(line: Line):
    await line.put("a")
    await purged(line, "a")
    plan = await empty_trash(line.store, NAME, actor="ada", dry_run=True)
    assert (plan.asks, plan.changed) == ("name", 1)
    assert plan.confirm.startswith(f"{NAME}@")
    for wrong in ("", plan.confirm.removeprefix(f"{NAME}@"), "1"):
        with pytest.raises(ConfirmationNeeded):
            await empty_trash(line.store, NAME, actor="ada", confirm=wrong)
    assert len(await observe.trash(line.store, NAME)) == 1


async def test_what_came_into_the_trash_since_was_not_confirmed(line: Line):
    await line.put("a", "b")
    await purged(line, "a")
    plan = await empty_trash(line.store, NAME, actor="ada", dry_run=True)
    await purged(line, "b")
    with pytest.raises(ConfirmationNeeded):
        await empty_trash(line.store, NAME, actor="ada", confirm=plan.confirm)


async def test_nothing_to_destroy_is_an_error(line: Line):
    with pytest.raises(NothingToUndo):
        await empty_trash(line.store, NAME, actor="ada", dry_run=True)


async def test_it_goes_chunk_by_chunk_and_a_chunk_that_is_sent_again_does_no_harm(line: Line):
    await line.put("a", "b", "c")
    operation = await purged(line, "a", "b", "c")
    first = await line.run(scripts.empty_trash(QUEUE, operation, 2, "ada", ""))
    assert (first.destroyed, first.left) == (2, 1)
    assert (await undo(line.store, NAME, actor="ada", operation=operation)).changed == 1
    assert await destroy(line.store, QUEUE, operation, "ada", "", 3) == 0


async def test_beyond_the_bound_the_oldest_operations_go(line: Line):
    await line.put(*"abcdef")
    operations = [await purged(line, "a", "b"), await purged(line, "c", "d"), await purged(line, "e", "f")]
    for at, operation in enumerate(operations):
        await line.raw.zadd(QUEUE.trash, {operation: at + 1})
    served = [ServedQueue(QUEUE, 1)]
    assert await trim(line.store, served, 6) == "0 destroyed"
    assert await trim(line.store, served, 5) == "2 destroyed"
    assert [one.operation for one in await observe.trash(line.store, NAME)] == operations[:0:-1]
    assert await trim(line.store, served, 1) == "4 destroyed"
    assert await left(line) == []


async def test_expired_trash_leaves_no_name_behind(line: Line):
    await line.put("a", "b")
    first = await purged(line, "a")
    assert 0 < await line.raw.pttl(QUEUE.trash) <= 86_400_000
    await line.raw.delete(QUEUE.trash_note(first))
    second = await purged(line, "b")
    assert await line.raw.zrange(QUEUE.trash, 0, -1) == [second.encode()]


async def test_a_later_purge_with_a_shorter_time_does_not_shorten_the_index(line: Line):
    await line.put("a", "b")
    await line.run(scripts.purge(QUEUE, await line.step("waiting", "long"), 100_000, ["a"]))
    await line.run(scripts.purge(QUEUE, await line.step("waiting", "short"), 1_000, ["b"]))
    assert await line.raw.pttl(QUEUE.trash) > 90_000


async def test_a_purge_of_mixed_states_comes_back_each_to_its_own(line: Line):
    for state in MIXED:
        await brought(line, state, state.value)
    await purged(line, *(state.value for state in MIXED))
    assert {await line.state(state.value) for state in MIXED} == {None}
    assert (await undo(line.store, NAME, actor="ada")).changed == len(MIXED)
    assert [await line.state(state.value) for state in MIXED] == list(MIXED)


async def test_a_purge_takes_what_matches_and_no_more(line: Line):
    for state in (State.DEAD, State.CANCELLED):
        await brought(line, state, state.value)
    plan = await purge(line.store, Selection(NAME, State.DEAD, where={"n": "1"}), actor="ada", dry_run=True)
    assert plan.changed == 1
    assert (await purge(line.store, Selection(NAME, State.DEAD, where={"n": "2"}), actor="ada")).changed == 0
    assert (await purge(line.store, Selection(NAME, State.DEAD, where={"n": "1"}), actor="ada")).changed == 1
    assert await line.state("cancelled") is State.CANCELLED


async def test_what_comes_into_the_trash_while_it_is_emptied_stays(line: Line, monkeypatch: pytest.MonkeyPatch):
    """The purge may be under way, and its trash fill behind whoever empties it."""
    await line.put("a", "b", "c")
    await line.throw_away("a", "b")
    monkeypatch.setattr(emptying, "CHUNK", 1)
    plan = await empty_trash(line.store, NAME, actor="ada", dry_run=True)

    class Beside(Store):
        async def run_settled(self, calls: Sequence[Call[Any]]) -> list[Any]:
            answers = await super().run_settled(calls)
            if calls[0].name == "empty_trash":
                await line.throw_away("c")
            return answers

    store = Beside(line.store.url)
    report = await empty_trash(store, NAME, actor="ada", confirm=plan.confirm)
    await store.close()
    assert report.changed == 2
    assert (await undo(line.store, NAME, actor="ada")).changed == 1
