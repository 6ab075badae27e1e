"""What handlers may queue to run after them, in a worker of this process."""

from datetime import timedelta
from typing import Any

import pytest

from arqlight_core import observe
from arqlight_core.catalogue import Catalogue
from arqlight_core.declaration import Queue
from arqlight_core.enqueue import Enqueued, enqueue
from arqlight_core.errors import AwaitChildren, Retry, UsageError
from arqlight_core.jobs import State
from arqlight_core.run import Run
from arqlight_core.store.declarations import publish
from arqlight_core.store.gateway import Store
from tests.faults.house import ACTS, RETRY, SEEN, TIMEOUT, Leaf, Script, leaf, leaves, lonely, outcome, tree, work

pytestmark = pytest.mark.usefixtures("house")


async def test_a_follow_up_is_queued_once_however_often_its_job_runs(store: Store):
    queued: list[Enqueued] = []

    async def act(run: Run, _script: Script) -> None:
        queued.extend([await run.enqueue(leaf, Leaf(1)), await run.enqueue("leaf", Leaf(2))])
        if run.attempt < 3:
            raise Retry(timedelta(0))

    ACTS["act"] = act
    await outcome(store, correlation_id="c7")
    assert [one.new for one in queued] == [True, True, False, False, False, False]
    assert sorted(SEEN) == [1, 2]
    view = await observe.job(store, queued[0].job_id)
    assert view.correlation_id == "c7"


async def test_a_flow_names_no_follow_up_that_was_refused(store: Store):
    queued: list[Enqueued] = []

    async def act(run: Run, _script: Script) -> None:
        queued.extend([await run.enqueue("single", Leaf(5), delay=timedelta(seconds=0.2)) for _ in range(2)])

    ACTS["act"] = act
    parent = await outcome(store, correlation_id="c1")
    assert [one.new for one in queued] == [True, False]
    view = await observe.flow(store, "c1")
    assert {step.id: step.state for step in view.steps} == {
        parent.id: State.COMPLETED,
        queued[0].job_id: State.COMPLETED,
    }


async def test_what_is_queued_after_the_children_is_not_taken_for_what_was_before(store: Store):
    async def act(run: Run, _script: Script) -> None:
        await run.enqueue(leaf, Leaf(100 if run.children is None else 200))
        if run.children is None:
            await run.spawn(leaf, leaves([1]))
            raise AwaitChildren

    ACTS["act"] = act
    await outcome(store)
    assert sorted(SEEN) == [1, 100, 200]


async def test_a_delayed_follow_up_waits(store: Store):
    queued: list[Enqueued] = []

    async def act(run: Run, _script: Script) -> None:
        queued.append(await run.enqueue(leaf, Leaf(1), delay=timedelta(seconds=0.3)))

    ACTS["act"] = act
    job_id = (await enqueue(store, tree, Script("act"))).job_id
    await work(store)
    before, after = await observe.job(store, job_id), await observe.job(store, queued[0].job_id)
    assert after.started_ms - before.ended_ms >= 200


@pytest.mark.parametrize("asked", ["lonely", "nobody", lonely])
async def test_a_job_may_queue_only_what_it_declares(store: Store, asked: Any):
    async def act(run: Run, _script: Script) -> None:
        for queue in (run.enqueue(asked, Script("act")), run.spawn(asked, [Script("act")])):
            with pytest.raises(UsageError, match="name it in its follow_ups"):
                await queue

    ACTS["act"] = act
    assert (await outcome(store)).state is State.COMPLETED


async def test_a_follow_up_can_be_named_that_this_worker_does_not_serve(store: Store):
    elsewhere = Queue("test:elsewhere", "Not served here.", concurrency=1)
    here = Queue("test:here", "Served.", concurrency=1)

    @elsewhere.job("far", Leaf, timeout=TIMEOUT, retry=RETRY)
    async def far(_run: Run, _payload: Leaf) -> None:
        """Never runs here."""

    @here.job("near", Script, timeout=TIMEOUT, retry=RETRY, follow_ups=("far",))
    async def near(run: Run, _script: Script) -> str:
        """Queues it by name."""
        return (await run.enqueue("far", Leaf(1))).job_id

    Catalogue.of([elsewhere, here])
    await publish(store, [elsewhere, here])
    job_id = (await enqueue(store, near, Script(""))).job_id
    await work(store, here)
    queued = (await observe.job(store, job_id)).result
    assert (await observe.job(store, queued)).job_type == far.name
