"""submit.lua, carry.lua, conclude.lua and a carrier: one carries a bulk at a time, and it stops when it is told to."""

import asyncio
import json
from typing import Any
from unittest.mock import patch

import pytest

from arqlight_core.codec import Envelope, encode_job
from arqlight_core.jobs import State
from arqlight_core.operations import carrying, purge
from arqlight_core.operations.orders import Order, Pace
from arqlight_core.selection import Selection
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from tests.store.bulking import NAME, Bulk, make, order_of
from tests.store.line import FAR, NOT_MADE, QUEUE, Line, acted, eventually
from tests.store.test_bulk_deaths import steps_of

IDS = [f"job{number}" for number in range(6)]
WEEK = 7 * 86_400
OVER = pytest.mark.parametrize("end", ["done", "aborted", "failed"])


@pytest.fixture
def bulk(line: Line) -> Bulk:
    return Bulk(line)


async def asked(bulk: Bulk, state: State = State.WAITING, action: str = "purge", total: int = 0, **told: Any) -> None:
    """An order on six jobs of a state."""
    await make(bulk.line, state, *IDS)
    await bulk.submit(order_of(action, state, await bulk.line.store.time_ms(), **told), total or len(IDS))


async def names(line: Line, wanted: str, limit: int = 9) -> list[str]:
    return list((await line.run(scripts.bulks(QUEUE, wanted, limit)))[1])


async def test_what_is_submitted_is_remembered_told_and_open(bulk: Bulk):
    await asked(bulk)
    record = await bulk.record()
    assert (record["operation"], record["total"], record["by"], record["reason"], record["state"]) == (
        "purge",
        "6",
        "ada",
        "mended",
        "queued",
    )
    assert Order.decode(record["order"]).action == "purge"
    assert await names(bulk.line, "open") == await names(bulk.line, "newest") == ["bulk"]
    [event] = await bulk.line.events("bulk")
    assert (event["bulk"], event["state"], event["jobs"], event["by"]) == ("bulk", "asked", "6", "ada")


async def test_a_bulk_submitted_twice_is_written_down_once(bulk: Bulk):
    order = order_of("purge", State.WAITING, 1)
    assert await bulk.submit(order, 6)
    await bulk.take("here")
    assert not await bulk.submit(order, 7)
    assert ((await bulk.record())["state"], (await bulk.record())["total"]) == ("running", "6")
    assert len(await bulk.line.events("bulk")) == 1


async def test_one_carries_a_bulk_until_its_lease_runs_out(bulk: Bulk):
    await asked(bulk)
    assert (await bulk.take("first", 30))["owner"] == "first"
    assert await bulk.take("second") == {}
    await bulk.line.passed(await bulk.line.store.time_ms() + 30)
    assert (await bulk.take("second"))["owner"] == "second"
    assert await bulk.take("first") == {}


async def test_a_carrier_keeps_what_it_has_and_when_it_began(bulk: Bulk):
    await asked(bulk)
    first = await bulk.take("here", 1)
    await bulk.line.passed(int(first["lease"]))
    again = await bulk.take("here")
    assert int(again["lease"]) > int(first["lease"])
    assert again["begun"] == first["begun"]


@pytest.mark.parametrize("state", ["paused", "done", "aborted", "failed"])
async def test_a_bulk_that_is_paused_or_over_is_not_to_be_had(bulk: Bulk, state: str):
    await asked(bulk)
    await bulk.take("here")
    assert await bulk.conclude("running", state) == state
    assert await bulk.take("here") == await bulk.take("there") == {}


async def test_nobody_carries_a_bulk_that_is_not_there(bulk: Bulk):
    assert await bulk.take("here") == {}
    assert await bulk.conclude("running", "done") == ""
    await bulk.carrier().carry()
    assert await bulk.record() == {}
    assert await bulk.line.events("bulk") == []


@pytest.mark.parametrize("state", ["paused", "done", "aborted", "failed"])
async def test_a_bulk_that_is_paused_or_over_makes_no_further_step(bulk: Bulk, state: str):
    await asked(bulk)
    await bulk.take("here")
    await bulk.conclude("running", state)
    step = scripts.Step("bulk", 1, "", "waiting", "ada", "")
    before = await bulk.record()
    assert await bulk.line.run(scripts.purge(QUEUE, step, FAR, IDS)) == NOT_MADE
    assert await bulk.record() == before
    assert await bulk.line.state("job0") is State.WAITING


async def test_a_step_is_made_once_and_none_behind_another(bulk: Bulk):
    await asked(bulk)
    await bulk.take("here")
    second = scripts.Step("bulk", 2, "there", "waiting", "ada", "")
    assert await bulk.line.run(scripts.purge(QUEUE, second, FAR, IDS[:1])) == acted(1)
    first = scripts.Step("bulk", 1, "elsewhere", "waiting", "ada", "")
    assert await bulk.line.run(scripts.purge(QUEUE, first, FAR, IDS[1:2])) == NOT_MADE
    record = await bulk.record()
    assert (record["step"], record["cursor"], record["changed"], record["seen"]) == ("2", "there", "1", "1")


@OVER
async def test_an_end_is_told_once_and_only_from_the_states_that_it_follows(bulk: Bulk, end: str):
    await asked(bulk)
    assert await bulk.conclude("running", end) == "queued"
    await bulk.take("here")
    assert await bulk.conclude("running", end, "somebody else") == "running"
    assert [await bulk.conclude("running", end, "here", "why") for _ in range(2)] == [end, end]
    record = await bulk.record()
    assert (record["note"], "owner" in record, "ended" in record) == ("why", False, True)
    assert [event["state"] for event in await bulk.line.events("bulk")] == ["asked", end]
    assert (await names(bulk.line, "open"), await names(bulk.line, "newest")) == ([], ["bulk"])


async def test_a_bulk_goes_on_where_it_was_paused(bulk: Bulk):
    await asked(bulk, pace=Pace(per_second=2))
    task = asyncio.create_task(bulk.carrier("first").carry())

    async def begun() -> bool:
        return await bulk.changed() == 2

    await eventually(begun)
    await bulk.conclude("queued running", "paused")
    task.cancel()
    assert await bulk.changed() == 2
    assert await bulk.conclude("paused", "queued") == "queued"
    with patch.object(carrying, "math") as quick:
        quick.ceil.return_value = 9
        await bulk.carrier("second").carry()
    assert ((await bulk.record())["state"], await bulk.trash()) == ("done", set(IDS))


async def test_a_bulk_that_is_aborted_while_it_is_carried_stops_at_the_next_step(bulk: Bulk):
    await asked(bulk)

    class Aborted(Store):
        """Somebody aborts it between a walk and its step."""

        async def run_settled(self, calls: Any) -> list[Any]:
            answers = await super().run_settled(calls)
            if calls[0].name == "walk" and await bulk.changed() == 2:
                await bulk.conclude("running", "aborted", note="a mistake")
            return answers

    store = Aborted(bulk.line.store.url)
    with steps_of(2):
        await bulk.carrier("here", store).carry()
    await store.close()
    record = await bulk.record()
    assert (record["state"], record["note"], record["changed"]) == ("aborted", "a mistake", "2")
    assert len(await bulk.trash()) == 2


@pytest.mark.parametrize(
    ("told", "names_it"),
    [
        ({"action": "transmogrify"}, "transmogrify"),
        ({"haste": 1}, "haste"),
        ({"pace": {"jitter": 1}}, "jitter"),
        ({"arguments": {"only_on_sundays": True}}, "only_on_sundays"),
        ({"selection": {"queue": NAME, "state": "waiting", "everything": True, "tenant": "acme"}}, "tenant"),
        ({"selection": {"queue": NAME, "state": "asleep", "everything": True}}, "asleep"),
        ("no order at all", "unknown here"),
    ],
)
async def test_an_order_of_another_version_fails_with_a_clear_note_and_touches_nothing(
    bulk: Bulk, told: Any, names_it: str
):
    await make(bulk.line, State.WAITING, *IDS)
    order = order_of("purge", State.WAITING, await bulk.line.store.time_ms()).encode()
    text = told if isinstance(told, str) else json.dumps(json.loads(order) | told)
    await bulk.line.run(scripts.submit(QUEUE, scripts.Submission("bulk", "purge", text, 6, "ada", "", "")))
    await bulk.carrier().carry()
    record = await bulk.record()
    assert record["state"] == "failed"
    assert "version of arqlight" in record["note"]
    assert names_it in record["note"]
    assert sorted(await bulk.line.claimed()) == IDS


async def test_a_bulk_is_remembered_for_a_week_after_it_was_last_worked_on(bulk: Bulk):
    await asked(bulk)
    key = f"{QUEUE.prefix}bulk:bulk"
    assert WEEK - 60 < await bulk.line.raw.ttl(key) <= WEEK
    for work in (bulk.take("here"), bulk.conclude("running", "paused")):
        await bulk.line.raw.expire(key, 60)
        await work
        assert await bulk.line.raw.ttl(key) > WEEK - 60


async def test_a_bulk_that_is_forgotten_is_listed_no_more(bulk: Bulk):
    await asked(bulk)
    await bulk.line.raw.delete(f"{QUEUE.prefix}bulk:bulk")
    await bulk.line.raw.zadd(f"{QUEUE.prefix}bulks", {"bulk": 1})
    other = Bulk(bulk.line, "other")
    await other.submit(order_of("purge", State.WAITING, 1), 1)
    assert await bulk.line.raw.smembers(f"{QUEUE.prefix}bulks:open") == {b"other"}
    assert await bulk.line.raw.zrange(f"{QUEUE.prefix}bulks", 0, -1) == [b"other"]


async def test_what_is_forgotten_hides_no_open_bulk(bulk: Bulk):
    await bulk.line.raw.sadd(f"{QUEUE.prefix}bulks:open", *(f"gone{number}" for number in range(30)))
    await asked(bulk)
    assert await names(bulk.line, "open", 1) == ["bulk"]


async def test_a_slow_bulk_that_is_older_than_a_week_stays_open(bulk: Bulk):
    await asked(bulk)
    await bulk.line.raw.zadd(f"{QUEUE.prefix}bulks", {"bulk": 1})
    await Bulk(bulk.line, "other").submit(order_of("purge", State.WAITING, 1), 1)
    assert sorted(await names(bulk.line, "open")) == ["bulk", "other"]


async def test_no_more_jobs_are_acted_on_than_were_counted(bulk: Bulk):
    await asked(bulk, total=4)
    with steps_of(3):
        await bulk.carrier().carry()
    assert ((await bulk.record())["state"], await bulk.changed(), len(await bulk.trash())) == ("done", 4, 4)


@pytest.mark.parametrize("size", [1, 2, 50])
async def test_the_few_that_match_are_found_among_many_in_few_steps(line: Line, bulk: Bulk, size: int):
    await make(line, State.DEAD, *(f"other{number}" for number in range(40)), "wanted1", "wanted2", "wanted3")
    order = order_of("retry", State.DEAD, await line.store.time_ms(), text="WANTED")
    await bulk.submit(order, 3)
    with steps_of(size):
        await bulk.carrier().carry()
    assert sorted(await line.claimed()) == ["wanted1", "wanted2", "wanted3"]
    record = await bulk.record()
    assert (record["state"], record["changed"]) == ("done", "3")
    assert int(record["step"]) <= 43 // size + 1


async def test_of_more_that_match_than_a_step_may_take_none_is_passed_over(line: Line, bulk: Bulk):
    await make(line, State.DEAD, *(f"wanted{number}" for number in range(9)))
    order = order_of("retry", State.DEAD, await line.store.time_ms(), Pace(per_second=2000, canary=2), text="wanted")
    await bulk.submit(order, 9)
    with patch.object(carrying.Canary, "judge", return_value=""):
        await bulk.carrier().carry()
    assert (await bulk.changed(), len(await line.claimed())) == (9, 9)


async def test_ids_that_are_no_text_are_found_again(line: Line, bulk: Bulk):
    await line.raw.set(b"arq:job:a\xff", b"x")
    await line.raw.zadd(QUEUE.wire, {b"a\xff": 1})
    order = order_of("purge", State.WAITING, 0, ids=("a\udcff", "never"))
    assert Order.decode(order.encode()) == order
    await bulk.submit(order, 2)
    await bulk.carrier().carry()
    assert (await bulk.changed(), await bulk.left()) == (1, {"no such job": 1})
    assert await line.raw.zcard(QUEUE.wire) == 0


LARGE = encode_job(Envelope("work", ({"text": "x" * 100_000, "tenant": "acme"},), {}, 1_000))


@pytest.mark.parametrize("wanted", [{"job_type": "work"}, {"where": {"tenant": "acme"}}, {"older_ms": 60_000}], ids=str)
async def test_a_job_that_is_too_large_for_a_list_is_looked_at_all_the_same(line: Line, wanted: dict[str, Any]):
    await line.put("large", payload=LARGE)
    report = await purge(line.store, Selection(NAME, State.WAITING, **wanted), actor="ada")
    assert report.changed == 1


@pytest.mark.parametrize("text", ["", "x" * 100_000], ids=["unreadable", "large"])
async def test_a_job_that_tells_its_age_to_nobody_at_first_sight_is_not_taken_for_old(line: Line, text: str):
    fresh = encode_job(Envelope("work", ({"text": text},), {}, await line.store.time_ms()))
    await line.put("a", payload=fresh if text else b"nobody can read this")
    selection = Selection(NAME, State.WAITING, older_ms=60_000)
    assert (await purge(line.store, selection, actor="ada", dry_run=True)).changed == 0
