"""Sent, and no answer came: the same call again is answered as the first was, and changes nothing a second time."""

import pytest

from arqlight_core.jobs import State
from tests.store.line import FAR, SETTLINGS, Line, Settling

BY_LEASE = {name: settling for name, settling in SETTLINGS.items() if name != "finish"}
EVERY = pytest.mark.parametrize("settle", BY_LEASE.values(), ids=BY_LEASE.keys())


@EVERY
async def test_a_repeated_settling_is_accepted_and_changes_nothing(line: Line, settle: Settling):
    lease = await line.running("a")
    assert await settle(line, lease)
    before, totals = await line.picture(), await line.totals()
    assert await settle(line, lease)
    assert await line.picture() == before
    assert await line.totals() == totals


@EVERY
async def test_a_repeated_settling_is_told_once(line: Line, settle: Settling):
    lease = await line.running("a")
    await settle(line, lease)
    told = await line.store.events(line.queue, 100)
    await settle(line, lease)
    assert await line.store.events(line.queue, 100) == told


@pytest.mark.parametrize(
    "settle", [BY_LEASE["retry"], BY_LEASE["defer"], BY_LEASE["release"]], ids=lambda one: one.name
)
async def test_a_repeated_settling_does_not_touch_the_next_run(line: Line, settle: Settling):
    lease = await line.running("a")
    await settle(line, lease)
    await line.raw.zadd(line.queue.wire, {"a": 1})
    await line.claim("w2")
    before = await line.picture()
    assert await settle(line, lease)
    assert await line.picture() == before
    assert await line.state("a") is State.ACTIVE


async def test_a_repeated_renewal_only_renews(line: Line):
    lease = await line.running("a")
    assert await line.renew(lease) == await line.renew(lease) == []
    assert await line.state("a") is State.ACTIVE


async def test_a_repeated_revival_leaves_the_job_waiting(line: Line):
    await line.retry(await line.running("a"), delay_ms=FAR)
    assert await line.revive("a") == [1]
    before = await line.picture()
    assert await line.revive("a") == [0]
    assert await line.picture() == before


async def test_a_repeated_purge_or_undo_moves_nothing_more(line: Line):
    await line.put("a")
    moment = await line.store.time_ms()
    assert await line.purge(State.WAITING, moment) == 1
    assert await line.purge(State.WAITING, moment) == 0
    assert (await line.undo()).restored == 1
    assert (await line.undo()).restored == 0
    assert await line.claimed() == ["a"]
