"""rollup.lua and measures.lua: minutes become hours once, however often it is asked, and nothing is counted twice."""

from datetime import timedelta

import msgspec
import pytest

from arqlight_core import observe
from arqlight_core.clock import monotonic
from arqlight_core.errors import JobTypeNotFound, QueueNotFound, UsageError
from arqlight_core.observe import Metrics
from arqlight_core.policy import DAY, HOUR, MINUTE
from arqlight_core.store import scripts
from arqlight_core.store.scripts import FinishedJob
from tests.store.line import QUEUE, Line, dead

HOUR_MS = 3_600_000
KEPT_MS = 30 * 24 * HOUR_MS


async def this_hour(line: Line) -> int:
    return await line.store.time_ms() // HOUR_MS


async def put_minute(line: Line, hour: int, minute: int, **counts: int) -> None:
    await line.raw.hset(f"{QUEUE.prefix}minute:{hour * 60 + minute}", mapping=counts)


async def roll_up(line: Line) -> int:
    """Sums whatever there is to be summed; answers in how many calls."""
    calls = 1
    while await line.run(scripts.rollup(QUEUE, KEPT_MS)):
        calls += 1
    return calls


async def hour_of(line: Line, hour: int) -> dict[str, int]:
    return msgspec.msgpack.decode(await line.raw.get(f"{QUEUE.prefix}hour:{hour}") or b"\x80")


async def metrics(line: Line, span: timedelta = HOUR, job_type: str | None = None) -> Metrics:
    return await observe.metrics(line.store, QUEUE.name, job_type, span)


async def test_the_minutes_of_a_finished_hour_are_summed_field_by_field(line: Line):
    hour = await this_hour(line) - 1
    await put_minute(line, hour, 0, completed=3, w4=2)
    await put_minute(line, hour, 59, completed=4, r7=1)
    await put_minute(line, hour + 1, 0, completed=100)
    await roll_up(line)
    assert await hour_of(line, hour) == {"completed": 7, "w4": 2, "r7": 1}
    assert KEPT_MS - 60_000 < await line.raw.pttl(f"{QUEUE.prefix}hour:{hour}") <= KEPT_MS


async def test_an_hour_is_summed_once_however_often_it_is_asked(line: Line):
    hour = await this_hour(line) - 1
    await put_minute(line, hour, 5, completed=3)
    await roll_up(line)
    await put_minute(line, hour, 6, completed=50)
    await roll_up(line)
    assert await hour_of(line, hour) == {"completed": 3}


async def test_hours_missed_while_nobody_was_there_are_caught_up_as_far_as_minutes_are_kept(line: Line):
    hour = await this_hour(line)
    for back in (1, 20, 48, 49):
        await put_minute(line, hour - back, 30, completed=back)
    assert await roll_up(line) <= 49
    assert [await hour_of(line, hour - back) for back in (1, 20, 48)] == [{"completed": n} for n in (1, 20, 48)]
    assert await hour_of(line, hour - 49) == {}


async def test_the_running_hour_is_not_summed(line: Line):
    hour = await this_hour(line)
    await put_minute(line, hour, 0, completed=3)
    for _ in range(2):
        await roll_up(line)
    if await this_hour(line) == hour:
        assert await hour_of(line, hour) == {}


async def test_an_hour_without_jobs_takes_no_room(line: Line):
    await roll_up(line)
    assert await line.raw.keys(f"{QUEUE.prefix}hour:*") == []


async def test_a_full_hour_is_summed_within_milliseconds_and_one_of_many_types_too(line: Line):
    hour = await this_hour(line) - 1
    bins = {f"{family}{place}|{number}": 7 for family in "wr" for place in range(1, 21) for number in range(1, 13)}
    for minute in range(60):
        await put_minute(line, hour, minute, completed=5, **bins)
    await line.raw.set(f"{QUEUE.prefix}summed", hour - 1)
    began = monotonic()
    await roll_up(line)
    assert monotonic() - began < 0.25
    assert len(await hour_of(line, hour)) == 481
    assert (await hour_of(line, hour))["w20|12"] == 420


@pytest.mark.parametrize("summed", [True, False], ids=["summed", "not yet"])
async def test_hours_read_the_same_before_and_after_they_are_summed(line: Line, summed: bool):  # noqa: FBT001 - a case
    hour = await this_hour(line) - 2
    await put_minute(line, hour, 0, completed=3, r4=10)
    await put_minute(line, hour, 1, completed=4)
    if summed:
        await roll_up(line)
    seen = await metrics(line, 2 * DAY)
    [point] = [one for one in seen.points if one.counts]
    assert (seen.step_ms, len(seen.points), point.at_ms, point.counts) == (
        HOUR_MS,
        48,
        hour * HOUR_MS,
        {"completed": 7},
    )
    assert point.run.p50_ms == pytest.approx(7.5)
    assert point.wait.p95_ms is None


async def test_a_month_is_read_hour_by_hour(line: Line):
    hour = await this_hour(line)
    await line.raw.set(f"{QUEUE.prefix}summed", hour - 1)
    await line.raw.set(f"{QUEUE.prefix}hour:{hour - 700}", msgspec.msgpack.encode({"completed": 9}))
    seen = await metrics(line, 30 * DAY)
    assert len(seen.points) == 720
    assert [point.at_ms for point in seen.points if point.counts] == [(hour - 700) * HOUR_MS]
    assert seen.whole.counts == {"completed": 9}


async def test_the_last_hour_is_read_minute_by_minute_with_the_running_one(line: Line):
    await line.finish(await line.running("a"))
    await line.ended("b", dead())
    seen = await metrics(line)
    assert (seen.step_ms, len(seen.points)) == (60_000, 60)
    assert seen.whole.counts == {"enqueued": 2, "completed": 1, "dead": 1}
    assert seen.points[-1].at_ms <= seen.at_ms < seen.points[-1].at_ms + 120_000
    assert seen.whole.run.p99_ms is not None
    assert seen.whole.wait.p50_ms is not None


async def test_a_job_type_is_told_by_itself(line: Line):
    for job_type, wait_ms in (("mail.send", 30), ("mail.read", 4000)):
        lease = await line.running(job_type)
        job = FinishedJob(lease, b"", 0, run_ms=8, job_type=job_type, wait_ms=wait_ms)
        assert await line.run(scripts.finish(QUEUE, "w1", next(line.seqs), [job])) == [True]
    one, other = await metrics(line, job_type="mail.send"), await metrics(line, job_type="mail.read")
    assert one.whole.counts == other.whole.counts == {"completed": 1}
    assert one.whole.wait.p50_ms == pytest.approx(35)
    assert other.whole.wait.p50_ms == pytest.approx(3500)
    assert (await metrics(line)).whole.counts["completed"] == 2
    with pytest.raises(JobTypeNotFound, match=r"mail\.unheard has run there; known are: mail\.read, mail\.send\."):
        await metrics(line, job_type="mail.unheard")


async def test_more_job_types_than_anybody_has_share_one_mark(line: Line):
    names = {f"type-{n}": n for n in range(1, 251)}
    await line.raw.hset(f"{QUEUE.prefix}types", mapping=names)
    await line.retry(await line.running("a"))
    assert await line.raw.hlen(f"{QUEUE.prefix}types") == 250
    minutes = [key async for key in line.raw.scan_iter(f"{QUEUE.prefix}minute:*")]
    assert b"retried|0" in {name for key in minutes for name in await line.raw.hkeys(key)}


@pytest.mark.parametrize("span", [timedelta(0), 31 * DAY, -MINUTE])
async def test_a_span_beyond_what_is_kept_is_refused(line: Line, span: timedelta):
    with pytest.raises(UsageError, match="ask for 1 min to 30 days"):
        await metrics(line, span)


async def test_metrics_of_a_queue_that_is_not_there_are_refused(line: Line):
    with pytest.raises(QueueNotFound, match="no queue other"):
        await observe.metrics(line.store, "other")


async def test_depth_is_noted_once_for_all_workers_and_told_as_an_average(line: Line):
    await line.put("one", "two")
    assert await line.run(scripts.gauge(QUEUE, 60_000))
    assert not await line.run(scripts.gauge(QUEUE, 60_000))
    await line.raw.delete(f"{QUEUE.prefix}gauged")
    await line.put("three", "four")
    assert await line.run(scripts.gauge(QUEUE, 60_000))
    told = await metrics(line)
    assert told.whole.waiting == 3
    assert told.whole.active == 0
    assert "gauges" not in told.whole.counts


async def test_a_depth_that_nobody_looked_at_is_not_told_as_none(line: Line):
    await line.put("one")
    assert (await metrics(line)).whole.waiting is None


async def test_the_whole_fleet_is_the_sum_of_its_queues(line: Line):
    await line.put("one", "two")
    await line.run(scripts.gauge(QUEUE, 60_000))
    fleet, queue = await observe.metrics(line.store, None), await metrics(line)
    assert fleet.whole.counts == queue.whole.counts
    assert fleet.whole.waiting == queue.whole.waiting


async def test_the_histogram_holds_every_job_that_ended(line: Line):
    hour = await this_hour(line)
    await put_minute(line, hour, 0, completed=3, w4=2, w20=1, r1=3)
    told = await metrics(line)
    assert sum(told.wait_bins) == sum(told.run_bins) == 3
    assert (told.wait_bins[3], told.wait_bins[19]) == (2, 1)
