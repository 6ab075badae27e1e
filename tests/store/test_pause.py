"""pause.lua and resume.lua: a paused queue gives nothing new and forgets nothing."""

from typing import Any

from arqlight_core import observe, operations
from arqlight_core.jobs import State
from arqlight_core.store import scripts
from tests.store.line import QUEUE, Line


async def pause(line: Line, by: str = "ada") -> bool:
    return await line.run(scripts.pause(line.queue, by, "complaints"))


async def resume(line: Line) -> bool:
    return await line.run(scripts.resume(line.queue, "bob", "mended"))


async def test_a_paused_queue_gives_nothing_and_says_so(line: Line):
    await line.put("a")
    assert await pause(line)
    answer = await line.claim()
    assert (answer.jobs, answer.why, answer.next_due_ms) == ((), "paused", -1)
    assert await line.state("a") is State.WAITING


async def test_a_resumed_queue_gives_again(line: Line):
    await line.put("a")
    await pause(line)
    assert await resume(line)
    assert (await line.claim(limit=1)).why == ""
    assert await line.state("a") is State.ACTIVE


async def test_a_claim_whose_answer_was_lost_is_answered_also_when_paused_since(line: Line):
    await line.put("a")
    first = await line.claim(seq=7)
    await pause(line)
    assert [job.lease for job in (await line.claim(seq=7)).jobs] == [first.jobs[0].lease]
    assert (await line.claim(seq=8)).jobs == ()


async def test_what_runs_in_a_paused_queue_can_end(line: Line):
    lease = await line.running("a")
    await pause(line)
    assert await line.renew(lease) == []
    assert await line.finish(lease) == [True]


async def test_a_paused_queue_takes_jobs(line: Line):
    await pause(line)
    assert await line.put("a") == [True]


async def test_a_pause_says_by_whom_why_and_since_when(line: Line):
    before = await line.store.time_ms()
    await pause(line)
    fleet = await observe.fleet(line.store)
    view = fleet.queue(QUEUE.name)
    assert view is not None
    assert view.paused is not None
    assert (view.paused.by, view.paused.reason) == ("ada", "complaints")
    assert before <= view.paused.at_ms <= fleet.at_ms
    assert view.condition == "paused"


async def test_a_second_pause_changes_nothing(line: Line):
    await pause(line, "ada")
    assert not await pause(line, "bob")
    assert await line.raw.hget(f"{line.queue.prefix}paused", "by") == b"ada"
    assert [event["by"] for event in await line.events("pause")] == ["ada"]


async def test_a_second_resume_changes_nothing(line: Line):
    await pause(line)
    assert await resume(line)
    assert not await resume(line)
    assert [(event["by"], event["reason"]) for event in await line.events("resume")] == [("bob", "mended")]


async def test_a_resume_wakes_a_worker(line: Line):
    await pause(line)
    async with line.store.wakes([line.queue]) as woken:
        await resume(line)
        assert await anext(woken) == line.queue.name


async def test_a_dry_run_of_a_pause_and_of_a_resume_says_what_the_run_would(line: Line):
    async def planned(operation: Any) -> tuple[str, dict[str, int]]:
        report = await operation(line.store, QUEUE.name, actor="ada", dry_run=True)
        return report.summary, report.skipped

    assert await planned(operations.resume) == ("test:line was not paused", {"not paused": 1})
    assert await planned(operations.pause) == ("would pause test:line", {})
    await pause(line)
    assert await planned(operations.pause) == ("test:line was paused already", {"paused already": 1})
    assert await planned(operations.resume) == ("would resume test:line", {})
