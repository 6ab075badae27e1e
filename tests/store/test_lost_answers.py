"""Sent, and no answer came: the same call again is answered as the first was, and changes nothing a second time."""

from collections.abc import Awaitable, Callable

import pytest

from arqlight_core.jobs import State
from arqlight_core.store import scripts
from arqlight_core.store.scripts import Acted, Call
from tests.store.line import FAR, NOT_MADE, SETTLINGS, Line, Settling, acted, dead

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


async def revival(line: Line) -> Call[Acted]:
    await line.retry(await line.running("a"), delay_ms=FAR)
    return scripts.revive(line.queue, await line.step("retrying"), ["a"])


async def purge(line: Line) -> Call[Acted]:
    await line.put("a")
    return scripts.purge(line.queue, await line.step("waiting", "op1"), FAR, ["a"])


async def undo(line: Line) -> Call[Acted]:
    await line.run(await purge(line))
    return scripts.undo(line.queue, await line.step(""), "op1", ["a"])


STEPS = pytest.mark.parametrize("step", [revival, purge, undo])


@STEPS
async def test_a_repeated_step_of_a_bulk_changes_and_counts_nothing(
    line: Line, step: Callable[[Line], Awaitable[Call[Acted]]]
):
    call = await step(line)
    assert await line.run(call) == acted(1)
    before, totals, told = await line.picture(), await line.totals(), await line.store.events(line.queue, 100)
    records = await line.run(scripts.bulks(line.queue, "newest", 9))
    assert await line.run(call) == NOT_MADE
    assert (await line.picture(), await line.totals()) == (before, totals)
    assert (await line.store.events(line.queue, 100), (await line.run(scripts.bulks(line.queue, "newest", 9)))[1]) == (
        told,
        records[1],
    )


@STEPS
async def test_a_repeated_step_leaves_what_became_of_the_job_since(
    line: Line, step: Callable[[Line], Awaitable[Call[Acted]]]
):
    call = await step(line)
    await line.run(call)
    await line.put("a")
    lease = await line.lease()
    await line.bury(lease, dead())
    before = await line.picture()
    assert await line.run(call) == NOT_MADE
    assert await line.picture() == before
