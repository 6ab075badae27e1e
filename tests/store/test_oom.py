"""A full server takes no new jobs and goes on with the old ones: it can be drained."""

import pytest
from redis.exceptions import RedisError

from arqlight_core.jobs import State
from tests.store.line import FAR, SETTLINGS, Line, Settling, acted, dead
from tests.store.test_pause import pause, resume

pytestmark = pytest.mark.usefixtures("roomy_afterwards")


@pytest.fixture
async def roomy_afterwards(line: Line):
    yield
    await line.raw.config_set("maxmemory", 0)


async def fill(line: Line) -> None:
    """No memory left for anything new."""
    await line.raw.config_set("maxmemory", 1)


async def test_a_full_server_refuses_new_jobs_whole(line: Line):
    await line.put("a")
    await fill(line)
    with pytest.raises(RedisError, match="used memory"):
        await line.put("b", "c", delay_ms=FAR)
    assert await line.raw.exists("arq:job:b", "arq:job:c") == 0
    assert await line.raw.zcard(line.queue.wire) == 1


@pytest.mark.parametrize("settle", SETTLINGS.values(), ids=SETTLINGS.keys())
async def test_a_full_server_lets_jobs_be_claimed_renewed_and_settled(line: Line, settle: Settling):
    await line.put("a")
    await fill(line)
    lease = await line.lease()
    assert await line.renew(lease) == []
    assert await line.progress(lease, "a line")
    assert await settle(line, lease)


async def test_a_full_server_still_refuses_a_zombie(line: Line):
    lost = await line.running("a")
    await line.lapse(lost)
    await fill(line)
    await line.lease("w2")
    assert await line.finish(lost) == [False]


async def test_a_full_server_can_be_operated(line: Line):
    await line.ended("b", dead())
    await line.put("a")
    await fill(line)
    assert await pause(line)
    assert await resume(line)
    assert await line.purge(State.WAITING) == 1
    assert await line.undo() == acted(1)
    assert await line.revive("b") == acted(1)
    assert [await line.state(one) for one in "ab"] == [State.WAITING] * 2


async def test_a_full_server_can_be_pruned(line: Line):
    await line.ended("a", dead())
    await fill(line)
    assert await line.prune(State.DEAD) == 1
    assert await line.state("a") is None
