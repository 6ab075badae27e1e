"""The end of a child is noted for its parent with the end itself, once, and however it ended."""

from dataclasses import replace
from typing import Any

import pytest

from arqlight_core.codec import Envelope, encode_job
from arqlight_core.flow import Parent
from arqlight_core.jobs import State
from arqlight_core.policy import Mode
from arqlight_core.store import scripts
from arqlight_core.store.scripts import FinishedJob, NewJob
from tests.store.line import FAR, PAYLOAD, QUEUE, Line, dead
from tests.store.story import LIFE

PARENT = Parent(QUEUE.name, "p", LIFE, 7, fatal=True)


def child(job_id: str = "p/3e8.7", payload: Any = None) -> NewJob:
    envelope = Envelope("child", ({"n": 1},), {}, 1, parent=PARENT)
    return NewJob(job_id, encode_job(envelope) if payload is None else payload)


async def reported(line: Line) -> list[tuple[str, str]]:
    return [(parent, outcome) for _, parent, outcome in await line.store.reports(QUEUE, 10)]


async def test_the_end_of_a_child_is_noted_with_the_end_itself(line: Line):
    done, lost = await line.running("a"), await line.running("b")
    ended = [FinishedJob(done, b"", 0, 5, parent=str(PARENT))]
    await line.run(scripts.finish(QUEUE, "w1", next(line.seqs), ended))
    for _ in range(2):
        await line.bury(lost, replace(dead(), parent=str(PARENT)))
    assert await reported(line) == [(str(PARENT), "completed"), (str(PARENT), "dead")]


async def test_a_zombie_reports_nothing(line: Line):
    zombie = await line.running("a")
    await line.lapse(zombie)
    await line.lease("w2")
    ended = [FinishedJob(zombie, b"", 0, 5, parent=str(PARENT))]
    await line.run(scripts.finish(QUEUE, "w1", next(line.seqs), ended))
    await line.bury(zombie, replace(dead(), parent=str(PARENT)))
    assert await reported(line) == []


async def test_reports_that_were_told_are_forgotten_and_no_others(line: Line):
    for outcome in ("completed", "dead", "cancelled"):
        await line.bury(await line.running(outcome), replace(dead(), state=outcome, parent=str(PARENT)))
    entries = [entry for entry, _, _ in await line.store.reports(QUEUE, 2)]
    await line.store.forget_reports(QUEUE, entries)
    assert await reported(line) == [(str(PARENT), "cancelled")]


async def test_a_child_that_is_purged_is_told_as_cancelled(line: Line):
    await line.run(scripts.enqueue(QUEUE, [child()]))
    await line.purge(State.WAITING)
    assert await reported(line) == [(str(PARENT), "cancelled")]


@pytest.mark.parametrize("payload", [b"", b"{}", b"\x80\x04N.", b"\x81\xa1x\x80", b"\x81\xa1x\xc0", b"\xc1"])
async def test_a_purge_copes_with_a_child_that_cannot_be_read(line: Line, payload: bytes):
    await line.run(scripts.enqueue(QUEUE, [child(payload=payload)]))
    assert await line.purge(State.WAITING) == 1
    assert await reported(line) == []


async def test_a_child_whose_payload_is_replaced_by_a_newer_one_is_told_as_cancelled(line: Line):
    await line.run(scripts.enqueue(QUEUE, [replace(child(), unique="k", unique_ms=FAR, mode=Mode.DEBOUNCE)]))
    await line.defer(await line.lease())  # it snoozes
    for _ in range(2):
        await line.run(scripts.enqueue(QUEUE, [NewJob("newer", PAYLOAD, FAR, 0.0, "k", FAR, Mode.DEBOUNCE)]))
    assert await reported(line) == [(str(PARENT), "cancelled")]


async def test_a_dead_child_that_is_purged_is_not_told_again(line: Line):
    await line.run(scripts.enqueue(QUEUE, [child()]))
    await line.bury(await line.lease(), replace(dead(), parent=str(PARENT)))
    await line.purge(State.DEAD)
    assert await reported(line) == [(str(PARENT), "dead")]
