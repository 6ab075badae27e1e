"""Jobs that a stock producer put off are in no index of ours: they are scheduled all the same, among our own."""

import pytest
from arq.connections import ArqRedis

from arqlight_core import observe
from arqlight_core.jobs import State
from arqlight_core.store import scripts
from tests.store.line import FAR, QUEUE, Line

STEP = 1_000


async def counted(line: Line) -> int:
    [seen] = (await observe.fleet(line.store)).queues
    return seen.counts[State.SCHEDULED]


async def page(line: Line, offset: int = 0, limit: int = 50) -> tuple[int, list[str]]:
    listed = await observe.window(line.store, QUEUE.name, State.SCHEDULED, offset, limit)
    return listed.total, [row.id for row in listed.rows]


async def put_off(line: Line, moments: dict[str, int]) -> None:
    """As a stock producer does it; moments in ms from the queue's far future on."""
    base = await line.store.time_ms() + FAR
    await line.raw.zadd(line.queue.wire, {one: base + moment for one, moment in moments.items()})


async def elsewhere(line: Line, state: State, count: int, first: int) -> None:
    """So many retrying or held jobs, a second apart."""
    base = await line.store.time_ms() + FAR + first
    moments = {f"{state}{number}": base + number * STEP for number in range(count)}
    await line.raw.zadd(line.queue.wire, moments)
    await line.raw.zadd(line.queue.index(state), moments)


async def test_a_deferred_job_of_a_stock_producer_is_counted_and_listed(line: Line, stock: ArqRedis):
    await stock.enqueue_job("work", 1, _job_id="theirs", _defer_by=FAR / 1000)
    assert (await line.state("theirs"), await counted(line), await page(line)) == (State.SCHEDULED, 1, (1, ["theirs"]))
    [row] = (await observe.window(line.store, QUEUE.name, State.SCHEDULED, 0, 5)).rows
    assert (row.job_type, row.moment_ms) == ("work", await line.score("theirs"))


async def test_a_selection_counts_it_and_not_what_came_due_or_is_off_for_another_reason(line: Line):
    moment = await line.store.time_ms()
    await put_off(line, {"theirs": 0})
    await line.put("ours", delay_ms=FAR)
    await elsewhere(line, State.RETRYING, 3, 0)
    await elsewhere(line, State.HELD, 2, 0)
    await line.running("runs")
    await line.put("due")
    walked = await line.run(scripts.walk(line.queue, State.SCHEDULED, "", moment, 100, 0))
    assert sorted(walked.ids) == ["ours", "theirs"]


async def test_theirs_and_ours_are_listed_in_the_order_they_come_due(line: Line):
    await put_off(line, {f"theirs{n}": n * 20 * STEP for n in range(5)})
    for number in range(5):
        await line.put(f"ours{number}", delay_ms=FAR + (number * 20 + 10) * STEP, lane=0.5)
    total, listed = await page(line)
    wanted = [f"{whose}{number}" for number in range(5) for whose in ("theirs", "ours")]
    assert (total, listed) == (10, wanted)
    assert [(await page(line, offset, 3))[1] for offset in (0, 3, 6, 9, 12)] == [
        *(wanted[at : at + 3] for at in (0, 3, 6, 9)),
        [],
    ]


async def test_they_are_found_behind_thousands_that_wait_for_other_reasons(line: Line):
    await elsewhere(line, State.RETRYING, 3_000, 0)
    await elsewhere(line, State.HELD, 3_000, 4_000 * STEP)
    await put_off(line, {"first": 1, "between": 3_500 * STEP, "last": 8_000 * STEP})
    assert await page(line) == (3, ["first", "between", "last"])
    assert await page(line, 2, 50) == (3, ["last"])
    assert await page(line, 1, 1) == (3, ["between"])


async def test_those_of_one_moment_are_each_listed_once(line: Line):
    names = [f"t{n:03}" for n in range(700)]
    await put_off(line, dict.fromkeys(names, 5))
    pages = [await page(line, offset, 100) for offset in range(0, 800, 100)]
    assert [total for total, _ in pages] == [700] * 8
    assert [one for _, listed in pages for one in listed] == names


@pytest.mark.parametrize("offset", [0, 7])
async def test_a_window_of_no_rows_has_none(line: Line, offset: int):
    await put_off(line, {"theirs": 0})
    assert await page(line, offset, 0) == (1, [])


async def test_one_put_off_for_ever_is_listed_last(line: Line):
    await put_off(line, {"theirs": 0})
    await line.raw.zadd(line.queue.wire, {"never": 2.0**60})
    assert await page(line) == (2, ["theirs", "never"])
