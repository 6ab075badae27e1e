"""sweep.lua: what belongs to nothing any more is removed, and nothing else is touched."""

import pytest

from arqlight_core.jobs import State
from arqlight_core.store.scripts import INDEXES
from arqlight_fleet import upkeep
from arqlight_fleet.served import ServedQueue
from arqlight_fleet.upkeep import sweep
from tests.store.line import FAR, QUEUE, Line

JOB_INDEXES = [index for index in INDEXES if index != "trash"]
DAY_MS = 86_400_000


async def orphan(line: Line, index: str, *ids: str) -> None:
    """As a crash of another program, or an operator's own hand, leaves it."""
    await line.raw.zadd(QUEUE.index(index), dict.fromkeys(ids, 1.0))


async def swept(line: Line) -> str:
    return await sweep(line.store, [ServedQueue(QUEUE, 1)])


async def test_without_leftovers_nothing_is_swept(line: Line):
    assert await swept(line) == "nothing to sweep"


@pytest.mark.parametrize("index", JOB_INDEXES)
async def test_an_entry_whose_job_is_gone_is_removed_from_every_index(line: Line, index: str):
    await orphan(line, index, "gone", "lost")
    assert await swept(line) == f"swept 2 {index}"
    assert await line.raw.zcard(QUEUE.index(index)) == 0


async def test_living_jobs_stay_where_they_are_in_every_state(line: Line):
    await line.defer(await line.running("held"), state=State.HELD)
    await line.retry(await line.running("retrying"))
    await line.running("active")
    await line.lapse(await line.running("lapsed"))
    await line.claim("w2")
    await line.put("urgent", delay_ms=FAR, lane=0.75)
    await line.put("waiting")
    before = await line.picture()
    assert await swept(line) == "nothing to sweep"
    after = await line.picture()
    assert {name: bytes_ for name, bytes_ in after.items() if ":turn:" not in name} == before


async def test_a_long_index_is_swept_whole_chunk_by_chunk(line: Line, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(upkeep, "CHUNK", 3)
    await line.put("alive", "alive2", delay_ms=FAR)
    await orphan(line, "scheduled", *(f"gone-{n:03}" for n in range(20)))
    assert await swept(line) == "swept 20 scheduled"
    assert await line.raw.zcard(QUEUE.index("scheduled")) == 2


async def test_a_purge_whose_trash_has_expired_is_forgotten_and_one_that_can_be_undone_is_kept(line: Line):
    await line.put("a")
    await line.purge(State.WAITING, operation="kept")
    await orphan(line, "trash", "expired")
    assert await swept(line) == "swept 1 trash"
    assert [name for name, _ in await line.store.purges(QUEUE)] == ["kept"]


async def test_old_abort_marks_and_silent_workers_are_forgotten_and_new_ones_kept(line: Line):
    now = await line.store.time_ms()
    for name in ("arq:abort", "arqlight:workers"):
        await line.raw.zadd(name, {"old": now - DAY_MS - 1000, "new": now})
    assert await swept(line) == "swept 1 abort marks, 1 silent workers"
    for name in ("arq:abort", "arqlight:workers"):
        assert await line.raw.zrange(name, 0, -1) == [b"new"]


async def test_one_process_of_the_fleet_sweeps(line: Line):
    assert await swept(line) == "nothing to sweep"
    assert await swept(line) == "another process has swept"


async def test_what_was_swept_is_counted(line: Line):
    await orphan(line, "held", "gone")
    await swept(line)
    assert (await line.totals())["swept"] == 1
