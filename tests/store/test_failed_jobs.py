"""The jobs of one group of failures: found among the newest dead and retrying ones of its queues."""

from dataclasses import replace

import pytest

from arqlight_core import observe
from arqlight_core.errors import QueueNotFound
from arqlight_core.fingerprint import fingerprint
from arqlight_core.jobs import State
from arqlight_core.observe import FailedJobs
from arqlight_core.observe.failed import ENOUGH, PAGE
from arqlight_core.store import scripts
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts import Grouping, Retrial
from tests.store.line import FAR, QUEUE, Line, dead, failed

ELSEWHERE = QueueKeys.declared("test:elsewhere")


def grouping(message: str) -> Grouping:
    told = fingerprint("LookupError", message)
    return Grouping(told.id, told.error, told.pattern, told.frame, "")


BUG, OTHER = grouping("no tariff"), grouping("no customer")


async def die(line: Line, *ids: str, of: Grouping = BUG) -> None:
    await line.put(*ids)
    for job in (await line.claim(limit=len(ids))).jobs:
        assert await line.bury(job.lease, replace(dead(failure=failed()), grouping=of))


async def look(line: Line, *queues: str) -> FailedJobs:
    return await observe.failed_jobs(line.store, BUG.fingerprint, queues or (QUEUE.name,))


async def test_dead_and_retrying_jobs_of_the_group_are_found_and_no_others(line: Line):
    await die(line, "a", "b")
    await die(line, "c", of=OTHER)
    again = Retrial(FAR, failed(), "E", "work", grouping=BUG)
    assert await line.run(scripts.retry(QUEUE, await line.running("r"), again))
    found = await look(line)
    assert [(job.row.id, job.row.state, job.queue) for job in found.jobs] == [
        ("b", State.DEAD, QUEUE.name),
        ("a", State.DEAD, QUEUE.name),
        ("r", State.RETRYING, QUEUE.name),
    ]
    assert (found.read, found.total) == (4, 4)
    assert 0 <= await line.store.time_ms() - found.at_ms < 60_000


async def test_a_group_is_looked_for_in_each_of_its_queues(line: Line):
    await line.store.publish_queues({ELSEWHERE.name: {"wire": ELSEWHERE.wire}})
    await die(line, "a")
    await die(replace(line, queue=ELSEWHERE), "b")
    found = await look(line, QUEUE.name, ELSEWHERE.name)
    assert {(job.row.id, job.queue) for job in found.jobs} == {("a", QUEUE.name), ("b", ELSEWHERE.name)}


async def test_no_more_is_read_once_there_are_enough(line: Line):
    await die(line, *(f"job-{place}" for place in range(ENOUGH + 2 * PAGE)))
    found = await look(line)
    assert len(found.jobs) == found.read == ENOUGH
    assert found.total == ENOUGH + 2 * PAGE


async def test_the_page_behind_the_first_is_read_where_others_stand_before(line: Line):
    await die(line, "old")
    await die(line, *(f"job-{place}" for place in range(PAGE + 1)), of=OTHER)
    assert [job.row.id for job in (await look(line)).jobs] == ["old"]


async def test_a_queue_that_is_not_known_is_said_not_to_be(line: Line):
    with pytest.raises(QueueNotFound):
        await look(line, "nowhere")
