"""A unique key goes to the trash with its job, and comes back with it unless another job has taken it."""

import pytest

from arqlight_core.jobs import State
from arqlight_core.operations import Selection, purge, undo
from arqlight_core.policy import Mode
from arqlight_core.store import scripts
from arqlight_core.store.scripts import NewJob, Placed
from tests.store.line import FAR, PAYLOAD, QUEUE, Line, dead

NAME = QUEUE.name


async def keyed(line: Line, job_id: str, mode: Mode = Mode.SIMPLE, key_ms: int = FAR) -> Placed:
    job = NewJob(job_id, PAYLOAD, 0, 0.0, "key", key_ms, mode)
    [placed] = await line.run(scripts.enqueue(QUEUE, [job]))
    return placed


async def purged(line: Line, job_id: str) -> None:
    await purge(line.store, Selection(NAME, ids=(job_id,)), actor="ada")


async def test_a_job_whose_key_another_has_stays_in_the_trash_with_the_reason(line: Line):
    await keyed(line, "a")
    await purged(line, "a")
    assert (await keyed(line, "b")).new
    report = await undo(line.store, NAME, actor="ada")
    assert (report.changed, report.skipped) == (0, {"another job has its unique key": 1})
    assert await line.state("a") is None
    await purged(line, "b")
    [first] = [name for name, _ in await line.store.purges(QUEUE) if name != (await _newest(line))]
    assert (await undo(line.store, NAME, actor="ada", operation=first)).changed == 1


async def _newest(line: Line) -> str:
    return (await line.store.purges(QUEUE))[0][0]


@pytest.mark.parametrize("mode", [Mode.SIMPLE, Mode.DEBOUNCE])
async def test_a_job_that_comes_back_holds_its_key_again(line: Line, mode: Mode):
    await keyed(line, "a", mode)
    await purged(line, "a")
    await keyed(line, "b", mode)
    await line.bury(await line.lease(), dead())
    assert (await undo(line.store, NAME, actor="ada")).changed == 1
    placed = await keyed(line, "c", Mode.SIMPLE)
    assert (placed.new, placed.holder) == (False, "a")
    assert 0 < await line.raw.pttl(f"{QUEUE.prefix}unique:key") <= FAR


async def test_a_key_whose_time_is_over_is_not_held_again(line: Line):
    await keyed(line, "a", key_ms=20)
    await purged(line, "a")
    await line.passed(await line.store.time_ms() + 25)
    await undo(line.store, NAME, actor="ada")
    assert await line.state("a") is State.WAITING
    assert await line.raw.exists(f"{QUEUE.prefix}unique:key") == 0


async def test_a_job_without_a_key_has_no_record(line: Line):
    await line.put("a")
    assert await line.record("a") == {}
