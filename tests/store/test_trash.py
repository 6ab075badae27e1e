"""What the trash tells of itself: which operations can be undone, with how many jobs, and until when."""

import pytest

from arqlight_core import observe
from arqlight_core.errors import QueueNotFound
from arqlight_core.jobs import State
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
