"""Every bulk has one end in the audit trail, whoever ends it, and whoever dies before it is told."""

import asyncio
from collections.abc import Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
import redis

from arqlight_core import observe
from arqlight_core.audit import Asked as Wanted
from arqlight_core.audit import Phase
from arqlight_core.jobs import State
from arqlight_core.operations import Report, abort_bulk, audit, retry, undo
from arqlight_core.operations.carrying import Carrier
from arqlight_core.operations.closing import close_bulk
from arqlight_core.operations.orders import Pace
from arqlight_core.selection import Selection
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.scripts import Call
from arqlight_fleet import bulks
from arqlight_fleet.worker import FleetWorker
from tests.store.bulking import NAME, Bulk, make, order_of
from tests.store.line import FAR, QUEUE, Line, eventually
from tests.store.test_bulk_deaths import steps_of

ALL_DEAD = Selection(NAME, State.DEAD, everything=True)


async def ends(line: Line, operation: str) -> list[tuple[str, int]]:
    """The ends of the one operation of that name that was asked for: how, and how many it changed."""
    links = (await line.run(scripts.trail("", 500, "newer"))).links
    entries = [link.entry for link in links if link.entry]
    [asked] = [entry for entry in entries if entry.operation == operation]
    told = [entry for entry in entries if entry.ref == asked.ref and entry.phase not in (Phase.ASKED, Phase.BEGUN)]
    return [(entry.phase.value, entry.changed) for entry in told]


async def asked_for(line: Line, action: str = "retry", state: State = State.DEAD, total: int = 2) -> Bulk:
    """A bulk on all jobs of a state that stands in the audit trail."""
    bulk, ref = Bulk(line), await audit.ask(line.store, Wanted("ada", action, NAME))
    order = order_of(action, state, await line.store.time_ms()).encode()
    await line.run(scripts.submit(QUEUE, scripts.Submission(bulk.name, action, order, total, "ada", "mended", ref)))
    return bulk


class Deadly(Store):
    """A store whose connection breaks as it is about to make the n-th call of that name."""

    def __init__(self, url: str, name: str, nth: int = 1) -> None:
        super().__init__(url)
        self._name, self._left = name, nth

    async def run_settled(self, calls: Sequence[Call[Any]]) -> list[Any]:
        self._left -= sum(call.name == self._name for call in calls)
        if self._left <= 0:
            raise redis.ConnectionError("cut off")
        return await super().run_settled(calls)


async def test_a_bulk_that_its_asker_carries_has_one_end_with_its_account(line: Line):
    await make(line, State.DEAD, "a", "b")
    await retry(line.store, ALL_DEAD, actor="ada")
    assert await ends(line, "retry") == [("done", 2)]
    [row] = (await observe.audit(line.store, observe.Wanted(operation="retry"))).rows
    assert (row.outcome, row.closed_by) == ("retrying 2 dead jobs of test:line", "")
    assert await line.raw.smembers(f"{QUEUE.prefix}bulks:open") == set()


async def test_a_bulk_that_is_aborted_while_its_asker_carries_it_has_one_end(line: Line):
    await make(line, State.DEAD, *"abcdef")
    with steps_of(1):
        asked: asyncio.Task[Report] = asyncio.create_task(retry(line.store, ALL_DEAD, actor="ada", pace=20))

        async def has_begun() -> bool:
            return any(view.changed for view in await observe.bulks(line.store))

        await eventually(has_begun)
        [view] = await observe.bulks(line.store)
        await abort_bulk(line.store, view.id, actor="bob")
        report = await asked
    assert report.state == "aborted"
    assert await ends(line, "retry") == [("failed", report.changed)]
    [row] = (await observe.audit(line.store, observe.Wanted(operation="retry"))).rows
    assert row.closed_by == "bob"


async def test_a_bulk_that_fails_in_its_askers_hands_is_told_as_failed(line: Line):
    await make(line, State.DEAD, "a")
    await line.raw.delete("arqlight:job:a")
    await line.raw.set("arqlight:job:a", "of no use")
    assert (await retry(line.store, Selection(NAME, ids=("a",)), actor="ada")).state == "failed"
    assert await ends(line, "retry") == [("failed", 0)]


async def test_an_undo_closes_the_account_of_the_purge_that_it_ends(line: Line):
    await line.put("a", "b")
    await asked_for(line, "purge", State.WAITING)
    await line.run(scripts.carry(QUEUE, "bulk", "elsewhere", FAR))
    await line.run(scripts.purge(QUEUE, scripts.Step("bulk", 1, "0 ", "waiting", "ada", ""), FAR, ["a"]))
    await undo(line.store, NAME, actor="bob")
    assert await ends(line, "purge") == [("failed", 1)]


@pytest.mark.parametrize(("call", "nth"), [("account", 1), ("record", 1), ("account", 2)])
async def test_whoever_dies_before_the_end_is_told_it_is_told_once(
    line: Line, monkeypatch: pytest.MonkeyPatch, call: str, nth: int
):
    await make(line, State.DEAD, "a", "b")
    bulk, store = await asked_for(line), Deadly(line.store.url, call, nth)
    await Carrier(store, QUEUE, bulk.name, "w1", closes=True).carry()
    await store.close()
    assert (await bulk.record())["state"] == "done"
    assert await ends(line, "retry") == ([("done", 2)] if nth == 2 else [])
    monkeypatch.setattr(bulks, "TELLING_MS", 0)
    await line.raw.hset(f"{QUEUE.prefix}bulk:bulk", "telling", 0)  # as long after as an account takes

    async def none_is_open() -> bool:
        return not await line.raw.exists(f"{QUEUE.prefix}bulks:open")

    async with at_work(line):
        await eventually(none_is_open)
    assert await ends(line, "retry") == [("done", 2)]


@asynccontextmanager
async def at_work(line: Line):
    """A worker of the fleet that claims no jobs."""
    told: dict[str, Any] = {"queue_name": QUEUE.wire, "url": line.store.url, "handle_signals": False}
    worker = FleetWorker([noop], **told)
    worker.allow_pick_jobs = False
    task = worker.loop.create_task(worker.async_run())
    try:
        yield
    finally:
        await worker.close()
        await task


async def noop(_ctx: dict[Any, Any]) -> None: ...


async def test_two_who_tell_an_end_at_once_tell_it_once(line: Line):
    await make(line, State.DEAD, "a", "b")
    bulk = await asked_for(line)
    await bulk.carrier().carry()
    await asyncio.gather(*(close_bulk(line.store, QUEUE, bulk.name, f"w{at}") for at in range(5)))
    assert await ends(line, "retry") == [("done", 2)]


async def test_what_is_under_way_has_no_end_to_be_told(line: Line):
    bulk = await asked_for(line)
    await close_bulk(line.store, QUEUE, bulk.name, "w1")
    assert await ends(line, "retry") == []


async def test_a_slow_bulk_holds_up_no_other(line: Line):
    await make(line, State.DEAD, "a", "b", "c")
    slow, quick = Bulk(line, "slow"), Bulk(line, "quick")
    await slow.submit(order_of("retry", State.DEAD, await line.store.time_ms(), Pace(per_second=0.1)), 3)
    async with at_work(line):

        async def is_begun() -> bool:
            return await slow.changed() == 1

        await eventually(is_begun)
        await quick.submit(order_of("retry", State.DEAD, await line.store.time_ms(), ids=("c",)), 1)

        async def is_over() -> bool:
            return (await quick.record())["state"] == "done"

        await eventually(is_over)
    assert (await slow.record())["state"] == "queued"
