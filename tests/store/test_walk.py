"""walk.lua: a place in a sorted set that stands whatever comes and goes, and only what was there at the moment."""

import asyncio

import pytest
from arq.connections import ArqRedis
from hypothesis import given, settings
from hypothesis import strategies as st

from arqlight_core.clock import monotonic
from arqlight_core.codec import Envelope, encode_job
from arqlight_core.jobs import State
from arqlight_core.policy import Priority
from arqlight_core.store import scripts
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.keys import id_of
from arqlight_core.store.scripts import Walked
from tests.store.bulking import make
from tests.store.line import FAR, QUEUE, Line
from tests.store.test_bulk_deaths import opened

STATES = (
    State.WAITING,
    State.SCHEDULED,
    State.RETRYING,
    State.HELD,
    State.ACTIVE,
    State.DEAD,
    State.CANCELLED,
)
EACH = pytest.mark.parametrize("state", STATES)
ENDED = pytest.mark.parametrize("state", [State.DEAD, State.CANCELLED, State.COMPLETED])


async def step(line: Line, where: str, cursor: str = "", limit: int = 3, moment_ms: int = 0, whole: int = 0) -> Walked:
    moment = moment_ms or await line.store.time_ms()
    return await line.run(scripts.walk(line.queue, where, cursor, moment, limit, whole))


async def walked(line: Line, where: str, limit: int = 3, moment_ms: int = 0) -> list[str]:
    """Every job that a walk brings."""
    ids, cursor, moment = list[str](), "", moment_ms or await line.store.time_ms()
    while True:
        chunk = await step(line, where, cursor, limit, moment)
        ids += chunk.ids
        cursor = chunk.cursor
        if not cursor:
            return ids


@EACH
@pytest.mark.parametrize("limit", [1, 2, 7, 100])
async def test_a_walk_brings_each_job_of_its_state_once_and_no_other(line: Line, state: State, limit: int):
    for other in STATES:
        if other is not state and other is not State.WAITING:
            await make(line, other, f"{other}1", f"{other}2")
    await make(line, state, *(f"a{number}" for number in range(7)))
    if state is not State.WAITING:
        await make(line, State.WAITING, "waiting1", "waiting2")
    assert sorted(await walked(line, state, limit)) == [f"a{number}" for number in range(7)]


@EACH
async def test_a_walk_through_nothing_ends_at_once(line: Line, state: State):
    assert await step(line, state) == Walked("", [])


@settings(max_examples=80, derandomize=True)
@given(
    members=st.lists(st.tuples(st.sampled_from([1, 2, 2.25, 2.5, 3]), st.binary(min_size=1, max_size=4)), max_size=20),
    gone=st.sets(st.integers(0, 19)),
    come=st.lists(st.tuples(st.sampled_from([1, 2, 3]), st.binary(min_size=1, max_size=4)), max_size=6),
    limit=st.integers(1, 5),
)
def test_none_that_stays_is_passed_over_or_met_twice_whatever_comes_and_goes_meanwhile(
    shared_server: EmbeddedServer,
    members: list[tuple[float, bytes]],
    gone: set[int],
    come: list[tuple[float, bytes]],
    limit: int,
):
    async def story() -> None:
        line = await opened(shared_server.url)
        scores = {job_id: score for score, job_id in members}
        if scores:
            await line.raw.zadd(QUEUE.index("dead"), scores)
        leaving = [job_id for number, job_id in enumerate(sorted(scores)) if number in gone]
        arriving = {job_id: score for score, job_id in come if job_id not in scores}
        met, cursor, first = list[bytes](), "", True
        while first or cursor:
            chunk = await line.run(scripts.walk(QUEUE, "dead", cursor, 10, limit, 0))
            met += [row[0] for row in chunk.rows]
            if leaving:
                await line.raw.zrem(QUEUE.index("dead"), *leaving[:2], *met[-1:])
                leaving = leaving[2:]
            if arriving and not first:
                await line.raw.zadd(QUEUE.index("dead"), arriving)
                arriving = {}
            cursor, first = chunk.cursor, False
        assert len(met) == len(set(met))
        stayed = [one for number, one in enumerate(sorted(scores)) if number not in gone]
        assert set(stayed) <= set(met)
        assert [scores.get(one, 0) for one in met if one in scores] == sorted(
            scores[one] for one in met if one in scores
        )
        await line.store.close()

    asyncio.run(story())


@pytest.mark.parametrize("job_id", [b"a b  c", b"\xff\xfe\x00", b" ", "Ä ö 漢".encode(), b"1 2", b"\n\r", b"%d-[]"])
async def test_an_id_may_be_any_bytes(line: Line, job_id: bytes):
    await line.raw.zadd(QUEUE.index("dead"), {job_id: 5, b"zz": 5, b"\x00": 5})
    seen, cursor = list[str](), ""
    for _ in range(3):
        chunk = await step(line, "dead", cursor, 1)
        seen += chunk.ids
        cursor = chunk.cursor
        await line.raw.zrem(QUEUE.index("dead"), *[row[0] for row in chunk.rows])
    assert sorted(seen) == sorted([id_of(job_id), "zz", "\x00"])


async def test_jobs_of_one_score_are_walked_through_in_their_order_when_the_last_seen_has_gone(line: Line):
    await line.raw.zadd(QUEUE.index("dead"), dict.fromkeys("abcdefg", 5))
    first = await step(line, "dead", limit=3)
    await line.raw.zrem(QUEUE.index("dead"), "b", "c", "d")
    assert (await step(line, "dead", first.cursor, 10)).ids == ["e", "f", "g"]


async def test_a_cursor_goes_on_behind_any_of_the_jobs_it_brought(line: Line):
    await line.raw.zadd(QUEUE.index("dead"), dict.fromkeys(["a", b"b\xff", "c"], 5.5))
    first = await step(line, "dead", limit=3)
    assert (await step(line, "dead", first.behind(first.ids[1]))).ids == ["c"]


@ENDED
async def test_what_ended_after_the_moment_is_not_met(line: Line, state: State):
    moment = await line.store.time_ms()
    await line.raw.zadd(QUEUE.index(state), {"before": moment - 1, "just": moment, "after": moment + 1})
    assert await walked(line, state, 1, moment) == ["before", "just"]


@pytest.mark.parametrize("lane", [priority.lane for priority in Priority])
@pytest.mark.parametrize("limit", [1, 2, 10])
async def test_what_waits_since_after_the_moment_is_not_met_whatever_its_head_start(
    line: Line, lane: float, limit: int
):
    await line.put("before1", "before2", lane=lane)
    moment = await line.store.time_ms()
    await line.passed(moment)
    await line.put("after1", "after2", lane=0.75)
    await line.put("after3", lane=lane)
    assert sorted(await walked(line, State.WAITING, limit, moment)) == ["before1", "before2"]


async def test_a_job_with_a_head_start_that_came_due_and_no_claim_has_moved_counts_by_its_due_moment(line: Line):
    await line.put("a", delay_ms=5, lane=0.5)
    due = int(await line.score("a") or 0)
    await line.passed(due)
    assert await walked(line, State.WAITING, moment_ms=due - 1) == []
    assert await walked(line, State.WAITING, moment_ms=due) == ["a"]


async def test_a_job_that_runs_does_not_wait_even_when_a_stock_abort_pulled_its_score(line: Line):
    await line.running("a")
    await line.raw.zadd(QUEUE.wire, {"a": 1})
    assert (await walked(line, State.WAITING), await walked(line, State.ACTIVE)) == ([], ["a"])


async def test_what_a_stock_producer_put_off_is_met_among_the_scheduled(line: Line, stock: ArqRedis):
    await stock.enqueue_job("work", 1, _job_id="theirs", _defer_by=FAR / 1000)
    await line.put("ours", delay_ms=FAR)
    await make(line, State.HELD, "held")
    await make(line, State.RETRYING, "retrying")
    await line.running("active")
    await line.put("due")
    assert sorted(await walked(line, State.SCHEDULED, 1)) == ["ours", "theirs"]


async def test_a_whole_row_tells_what_a_selection_may_ask(line: Line):
    payload = encode_job(Envelope("work", ({"n": 1},), {}, 1_000, correlation_id="order7"))
    await line.put("a", payload=payload)
    await line.retry(await line.lease(), error="E: it broke")
    [[job_id, score, body, error, _, by, _]] = (await step(line, "retrying", whole=1)).rows
    assert (job_id, body, error, by) == (b"a", payload, b"E: it broke", b"retry policy")
    assert float(score) == await line.score("a", "retrying")


async def filled(line: Line, index: str, apart: float) -> None:
    """Twenty thousand jobs whose scores lie so far apart."""
    await line.raw.delete(index)
    for at in range(0, 20_000, 5_000):
        await line.raw.zadd(index, {f"job{number:05}": 5 + number * apart for number in range(at, at + 5_000)})


async def typical_step(line: Line, state: State, index: str) -> float:
    """Seconds that a step takes, half way through a line from which what was met last has gone."""
    cursor, took, met = "", list[float](), 0
    for _ in range(24):
        began = monotonic()
        chunk = await step(line, state, cursor, 125, moment_ms=1_000_000_000_000)
        took.append(monotonic() - began)
        met += len(chunk.rows)
        cursor = chunk.cursor.replace("job0", "job1")
        await line.raw.zrem(index, chunk.ids[-1])
    assert met == 24 * 125
    return sorted(took)[len(took) // 2]


@pytest.mark.parametrize("state", [State.DEAD, State.WAITING])
async def test_a_step_in_a_crowd_takes_hardly_longer_than_elsewhere(line: Line, state: State):
    index = QUEUE.index("dead") if state is State.DEAD else QUEUE.wire
    await filled(line, index, apart=1)
    alone = await typical_step(line, state, index)
    await filled(line, index, apart=0)
    assert await typical_step(line, state, index) < 6 * alone
