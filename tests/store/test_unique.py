"""One enqueue for each key: who is refused, by which job, and until when."""

import pytest

from arqlight_core.policy import Mode
from arqlight_core.store import scripts
from arqlight_core.store.scripts import NewJob, Placed
from tests.store.line import FAR, Line, dead

NEW = Placed(new=True)


async def put(line: Line, job_id: str, mode: Mode, *, delay_ms: int = 0, ttl_ms: int = FAR, key: str = "k") -> Placed:
    job = NewJob(job_id, f"payload of {job_id}".encode(), delay_ms, 0.0, key, ttl_ms, mode)
    [placed] = await line.run(scripts.enqueue(line.queue, [job]))
    return placed


@pytest.mark.parametrize("mode", [Mode.SIMPLE, Mode.THROTTLE])
async def test_a_second_enqueue_is_refused_and_told_which_job_holds_the_key(line: Line, mode: Mode):
    assert await put(line, "a", mode) == NEW
    assert await put(line, "b", mode) == Placed(new=False, holder="a")
    assert await line.claimed() == ["a"]
    assert (await line.totals())["deduplicated"] == 1


async def test_another_key_is_let_through(line: Line):
    assert [await put(line, "a", Mode.SIMPLE), await put(line, "b", Mode.SIMPLE, key="l")] == [NEW, NEW]


async def test_two_jobs_of_one_call_are_told_apart(line: Line):
    jobs = [NewJob(name, name.encode(), 0, 0.0, "k", FAR, Mode.SIMPLE) for name in "ab"]
    assert await line.run(scripts.enqueue(line.queue, jobs)) == [NEW, Placed(new=False, holder="a")]


async def test_an_enqueue_whose_answer_was_lost_is_not_refused_by_itself(line: Line):
    assert [await put(line, "a", Mode.SIMPLE) for _ in range(2)] == [NEW, NEW]
    assert (await line.totals())["enqueued"] == 1


@pytest.mark.parametrize(("mode", "free"), [(Mode.SIMPLE, True), (Mode.THROTTLE, False), (Mode.DEBOUNCE, True)])
async def test_the_end_of_its_job_frees_a_key_unless_it_is_throttled(line: Line, mode: Mode, free: bool):  # noqa: FBT001
    await put(line, "a", mode)
    await line.finish(await line.lease())
    assert (await put(line, "b", mode)).new is free


async def test_a_dead_job_holds_its_key_no_more_and_a_retrying_one_does(line: Line):
    await put(line, "a", Mode.SIMPLE)
    await line.retry(await line.lease())
    assert await put(line, "b", Mode.SIMPLE) == Placed(new=False, holder="a")
    await line.revive("a")
    await line.bury(await line.lease(), dead())
    assert await put(line, "b", Mode.SIMPLE) == NEW


@pytest.mark.parametrize("mode", list(Mode))
async def test_time_frees_every_key(line: Line, mode: Mode):
    await put(line, "a", mode, ttl_ms=5)
    await line.passed(await line.store.time_ms() + 5)
    assert await put(line, "b", mode) == NEW


async def test_debounced_the_newest_payload_wins_and_the_delay_begins_anew(line: Line):
    await put(line, "a", Mode.DEBOUNCE, delay_ms=FAR)
    first = await line.score("a")
    await line.passed(await line.store.time_ms())
    assert await put(line, "b", Mode.DEBOUNCE, delay_ms=FAR) == Placed(new=False, holder="a", merged=True)
    assert await line.raw.get("arq:job:a") == b"payload of b"
    assert await line.raw.exists("arq:job:b") == 0
    assert (await line.score("a") or 0) > (first or 0)


async def test_debounced_a_job_that_already_runs_refuses_and_keeps_its_payload(line: Line):
    await put(line, "a", Mode.DEBOUNCE)
    await line.claimed()
    assert await put(line, "b", Mode.DEBOUNCE, delay_ms=FAR) == Placed(new=False, holder="a")
    assert await line.raw.get("arq:job:a") == b"payload of a"
