"""What the trash tells of itself: which operations can be undone, with how many jobs, and until when."""

from importlib import import_module

import pytest

from arqlight_core import observe
from arqlight_core.errors import QueueNotFound
from arqlight_core.jobs import State
from arqlight_core.observe.trash import trash_of
from arqlight_core.store.keys import QueueKeys
from tests.store.line import QUEUE, Line


@pytest.fixture
async def told(line: Line) -> Line:
    for queue in (QUEUE, QueueKeys.declared("test:other")):
        await line.store.publish_queues({queue.name: {"wire": queue.wire}})
    return line


async def purged(line: Line, operation: str, *ids: str) -> None:
    await line.put(*ids)
    await line.purge(State.WAITING, operation=operation)
    await line.passed(await line.store.time_ms())


async def test_the_newest_operation_comes_first_and_tells_who_and_until_when(told: Line):
    await purged(told, "op1", "a", "b")
    await purged(told, "op2", "c")
    newest, oldest = await observe.trash(told.store, QUEUE.name)
    assert (newest.operation, newest.jobs, newest.state) == ("op2", 1, "waiting")
    assert (newest.by, newest.reason) == ("ada", "mended")
    assert (oldest.operation, oldest.jobs) == ("op1", 2)
    assert oldest.moved_ms <= newest.moved_ms <= newest.at_ms < newest.until_ms
    assert [view.operation for view in await observe.trash(told.store)] == ["op2", "op1"]


async def test_no_more_are_read_than_asked_for(told: Line):
    for operation in ("op1", "op2", "op3"):
        await purged(told, operation, operation)
    assert [view.operation for view in await observe.trash(told.store, limit=2)] == ["op3", "op2"]


async def test_what_has_expired_is_not_told(told: Line):
    await purged(told, "op1", "a")
    await told.raw.delete(f"{QUEUE.prefix}trash:op1")
    assert await observe.trash(told.store) == ()


async def test_a_trash_of_a_queue_that_nobody_knows_is_refused(told: Line):
    with pytest.raises(QueueNotFound):
        await observe.trash(told.store, "nowhere")


async def test_a_trash_of_many_operations_is_read_a_few_at_a_time(line: Line, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(import_module("arqlight_core.observe.trash"), "CHUNK", 2)
    ids = [f"job{number}" for number in range(5)]
    await line.put(*ids)
    for at, one in enumerate(ids):
        await line.throw_away(one, operation=f"op{at}")
        await line.raw.zadd(QUEUE.trash, {f"op{at}": at + 1})
    for limit in (1, 2, 3, 4, 5, 50):
        found = await trash_of(line.store, QUEUE, limit)
        assert [one.operation for one in found] == ["op4", "op3", "op2", "op1", "op0"][:limit]
