"""The fence: whoever lost a job to another worker writes nothing more of it, and the refusal is counted."""

import pytest

from arqlight_core.jobs import Lease, State
from tests.store.line import SETTLINGS, Line, Settling, lease_of

EVERY = pytest.mark.parametrize("settle", SETTLINGS.values(), ids=SETTLINGS.keys())


async def zombie_and_owner(line: Line) -> tuple[Lease, Lease]:
    """A lease that lapsed, and the lease of the worker that took the job over."""
    lost = await line.running("a", "w1")
    await line.lapse(lost)
    return lost, await line.lease("w2")


@EVERY
async def test_a_zombie_settles_nothing(line: Line, settle: Settling):
    lost, _ = await zombie_and_owner(line)
    before = await line.picture()
    assert not await settle(line, lost)
    assert await line.picture() == before


@EVERY
async def test_a_refusal_is_counted_and_told(line: Line, settle: Settling):
    lost, _ = await zombie_and_owner(line)
    await settle(line, lost)
    told = await line.events("refused")
    assert (await line.totals())["refused"] == 1
    assert [(event["job"], event["what"]) for event in told] == [("a", settle.name.replace("cancel", "bury"))]


@EVERY
async def test_a_zombie_does_not_disturb_the_owner(line: Line, settle: Settling):
    lost, owned = await zombie_and_owner(line)
    await settle(line, lost)
    assert await settle(line, owned)


@EVERY
async def test_a_settled_job_cannot_be_settled_in_another_way(line: Line, settle: Settling):
    lease = await line.running("a")
    assert await settle(line, lease)
    settled = await line.picture()
    for other in SETTLINGS.values():
        if {settle.name, other.name} not in ({"bury", "cancel"}, {settle.name}):
            assert not await other(line, lease), other.name
    assert await line.picture() == settled


@EVERY
async def test_a_zombie_of_an_earlier_life_cannot_end_the_next_one(line: Line, settle: Settling):
    lost, owned = await zombie_and_owner(line)
    await line.finish(owned)
    await line.put("a")
    assert not await settle(line, lost)
    assert await line.state("a") is State.WAITING


@EVERY
async def test_nothing_can_be_made_of_a_job_that_never_was(line: Line, settle: Settling):
    before = await line.picture()
    assert not await settle(line, lease_of("made-up"))
    assert await line.picture() == before


async def test_a_zombie_says_no_more_of_its_progress(line: Line):
    lost, _ = await zombie_and_owner(line)
    before = await line.picture()
    assert not await line.progress(lost, "still here")
    assert await line.picture() == before
    assert (await line.totals())["refused"] == 1
    assert [event["what"] for event in await line.events("refused")] == ["progress"]


async def test_a_zombie_renews_nothing_and_is_told_so(line: Line):
    lost, owned = await zombie_and_owner(line)
    before = await line.picture()
    assert await line.renew(lost) == ["a"]
    assert await line.picture() == before
    assert await line.renew(owned) == []
