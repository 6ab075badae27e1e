"""What handlers may say about their children and follow-ups, in a worker of this process."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from arqlight_core import observe
from arqlight_core.catalogue import Catalogue
from arqlight_core.declaration import Queue
from arqlight_core.enqueue import Enqueued, enqueue
from arqlight_core.errors import AwaitChildren, Discard, JobNotFound, PayloadInvalid, Retry, UsageError
from arqlight_core.flow import Brood, OnFailure, Tally
from arqlight_core.jobs import State
from arqlight_core.policy import Backoff, Priority, Unique
from arqlight_core.run import Run
from arqlight_core.settings import Settings
from arqlight_core.store import scripts
from arqlight_core.store.declarations import publish
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from arqlight_fleet.worker import FleetWorker

TIMEOUT, RETRY = timedelta(seconds=20), Backoff(3, first=timedelta(milliseconds=10))
HOUSE = Queue("test:house", "Parents.", concurrency=5)
GARDEN = Queue("test:garden", "Children.", concurrency=5)


class Script(msgspec.Struct):
    """The name of what a handler of this test does."""

    act: str
    count: int = 3


class Leaf(msgspec.Struct):
    """One child; a negative number dies."""

    number: int


ACTS: dict[str, Any] = {}
SEEN: list[Any] = []


@GARDEN.job("leaf", Leaf, timeout=TIMEOUT, retry=RETRY)
async def leaf(_run: Run, payload: Leaf) -> int:
    """Notes that it ran."""
    SEEN.append(payload.number)
    if payload.number < 0:
        raise Discard("it has to")
    return payload.number


@GARDEN.job("single", Leaf, timeout=TIMEOUT, retry=RETRY, unique=Unique(timedelta(minutes=1)))
async def single(_run: Run, payload: Leaf) -> int:
    """One of a kind."""
    SEEN.append(payload.number)
    return payload.number


@HOUSE.job("lonely", Script, timeout=TIMEOUT, retry=RETRY)
async def lonely(_run: Run, _script: Script) -> None:
    """Declares no follow-ups and wants some."""
    raise AwaitChildren


@HOUSE.job("tree", Script, timeout=TIMEOUT, retry=RETRY, priority=Priority.HIGH, follow_ups=("leaf", "single", "tree"))
async def tree(run: Run, script: Script) -> Any:
    """Does what the test says."""
    return await ACTS[script.act](run, script)


@pytest.fixture(autouse=True)
async def house(store: Store) -> None:
    await publish(store, [HOUSE, GARDEN])
    SEEN.clear()
    ACTS.clear()


async def work(store: Store, *queues: Queue, **how: Any) -> FleetWorker:
    """Runs all there is."""
    served = queues or (HOUSE, GARDEN)
    worker = FleetWorker(queues=served, url=store.url, settings=Settings(), burst=True, handle_signals=False, **how)
    async with asyncio.timeout(20):
        await worker.async_run()
    await worker.close()
    return worker


async def outcome(store: Store, script: Script | None = None, **how: Any) -> observe.JobView:
    """What becomes of a job that does this."""
    job_id = (await enqueue(store, tree, script or Script("act"), **how)).job_id
    await work(store)
    return await observe.job(store, job_id)


def leaves(numbers: Iterable[int]) -> Iterable[Leaf]:
    return (Leaf(number) for number in numbers)


async def fan_out(run: Run, script: Script) -> Any:
    """The common form of a parent."""
    if run.children is None:
        await run.spawn(leaf, leaves(range(script.count)))
        raise AwaitChildren
    return msgspec.to_builtins(run.children)


async def test_a_parent_goes_on_when_its_children_have_ended_and_sees_how(store: Store):
    ACTS["act"] = fan_out
    view = await outcome(store)
    assert view.result == {"total": 3, "completed": 3, "dead": 0, "cancelled": 0}
    assert view.attempt == 1
    assert sorted(SEEN) == [0, 1, 2]


@pytest.mark.parametrize("count", [0, 1, 500, 501])
async def test_any_number_of_children_will_do(store: Store, count: int):
    ACTS["act"] = fan_out
    view = await outcome(store, Script("act", count))
    assert view.result["completed"] == count
    assert len(SEEN) == count


async def test_children_can_have_children(store: Store):
    async def generations(run: Run, script: Script) -> Any:
        if run.children is None and script.count:
            await run.spawn("tree", [Script("act", script.count - 1)] * 2)
            raise AwaitChildren
        SEEN.append(script.count)
        return run.children and run.children.completed

    ACTS["act"] = generations
    assert (await outcome(store, Script("act", 3))).result == 2
    assert sorted(SEEN) == [0] * 8 + [1] * 4 + [2] * 2 + [3]


async def test_several_spawns_make_one_flow(store: Store):
    async def twice(run: Run, _script: Script) -> Any:
        spawned = [await run.spawn(leaf, leaves(range(2))), await run.spawn(single, leaves(range(10, 13)))]
        if run.children is None:
            raise AwaitChildren
        return [*spawned, run.children.total]

    ACTS["act"] = twice
    assert (await outcome(store)).result == [2, 3, 5]
    assert sorted(SEEN) == [0, 1, 10, 11, 12]


async def test_spawns_at_once_are_refused_before_a_child_is_lost(store: Store):
    async def both(run: Run, _script: Script) -> Any:
        await asyncio.gather(run.spawn(leaf, leaves(range(2))), run.spawn(single, leaves(range(10, 13))))

    ACTS["act"] = both
    view = await outcome(store)
    assert view.failures[0].error == "UsageError"


async def test_a_spawn_that_was_cut_off_goes_on_where_it_was_in_the_next_attempt(store: Store):
    taken: list[int] = []

    def source(fails_at: int) -> Iterable[Leaf]:
        for number in range(1_200):
            if number == fails_at:
                raise ConnectionError("the source is gone")
            taken.append(number)
            yield Leaf(number)

    async def resume(run: Run, _script: Script) -> Any:
        if run.children is None:
            await run.spawn(leaf, source(700 if run.attempt == 1 else -1))
            raise AwaitChildren
        return run.children.completed

    ACTS["act"] = resume
    view = await outcome(store)
    assert (view.result, len(view.failures)) == (1_200, 1)
    assert sorted(SEEN) == list(range(1_200))
    assert len(taken) == 700 + 1_200


async def test_the_death_of_a_child_is_counted_and_the_parent_goes_on(store: Store):
    async def act(run: Run, _script: Script) -> Any:
        if run.children is None:
            await run.spawn(leaf, leaves([1, -2, 3]), on_failure=OnFailure.CONTINUE)
            raise AwaitChildren
        return (run.children.completed, run.children.dead)

    ACTS["act"] = act
    assert (await outcome(store)).result == [2, 1]


async def test_the_death_of_a_child_that_may_not_die_is_its_parents_which_names_it(store: Store):
    async def act(run: Run, _script: Script) -> Any:
        SEEN.append("parent")
        await run.spawn(leaf, leaves([1, -2, 3]), on_failure=OnFailure.FAIL)
        raise AwaitChildren

    ACTS["act"] = act
    view = await outcome(store)
    assert view.state is State.DEAD
    assert view.reason.startswith("its child {test:garden}:")
    assert view.reason.endswith(".1 died")
    assert SEEN.count("parent") == 1


async def test_a_child_whose_key_somebody_else_holds_is_counted_as_cancelled(store: Store):
    async def act(run: Run, _script: Script) -> Any:
        if run.children is None:
            await run.spawn(single, leaves([1, 1, 2]))
            raise AwaitChildren
        return msgspec.to_builtins(run.children)

    ACTS["act"] = act
    assert (await outcome(store)).result == {"total": 3, "completed": 2, "dead": 0, "cancelled": 1}


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


async def test_a_payload_of_another_model_is_refused_before_anything_of_its_chunk_is_queued(store: Store):
    async def act(run: Run, _script: Script) -> None:
        with pytest.raises(PayloadInvalid, match="takes Leaf, and not Script"):
            await run.spawn(leaf, [Leaf(1), Script("act")])
        with pytest.raises(PayloadInvalid):
            await run.enqueue(leaf, {"number": 1})

    ACTS["act"] = act
    assert (await outcome(store)).state is State.COMPLETED
    assert SEEN == []


async def test_who_waits_for_children_that_have_ended_is_dead_and_not_running_for_ever(store: Store):
    async def act(run: Run, _script: Script) -> None:
        await run.spawn(leaf, leaves([1]))
        raise AwaitChildren

    ACTS["act"] = act
    view = await outcome(store)
    assert (view.state, view.reason) == (
        State.DEAD,
        "waits for children that have all ended: run.children tells",
    )


async def test_no_more_children_after_the_children(store: Store):
    async def act(run: Run, _script: Script) -> None:
        await run.spawn(leaf, leaves([1]))
        if run.children is None:
            raise AwaitChildren
        with pytest.raises(UsageError, match="cannot spawn again"):
            await run.spawn(leaf, leaves([2]))

    ACTS["act"] = act
    assert (await outcome(store)).state is State.COMPLETED
    assert SEEN == [1]


async def test_a_job_type_without_follow_ups_cannot_wait_for_children(store: Store):
    job_id = (await enqueue(store, lonely, Script(""))).job_id
    await work(store)
    view = await observe.job(store, job_id)
    assert (view.state, view.reason) == (
        State.DEAD,
        "waits for children, and its job type declares no follow_ups",
    )


async def test_a_parent_that_fails_after_its_children_tries_again_without_them(store: Store):
    async def act(run: Run, _script: Script) -> int:
        if run.children is None:
            await run.spawn(leaf, leaves([1]))
            raise AwaitChildren
        if run.attempt == 1:
            raise ConnectionError("later")
        return run.children.completed

    ACTS["act"] = act
    view = await outcome(store)
    assert (view.result, len(view.failures), SEEN) == (1, 1, [1])


async def test_a_flow_is_seen_as_a_tree(store: Store):
    async def act(run: Run, script: Script) -> None:
        if run.children is None and script.count:
            await run.spawn("tree", [Script("act", script.count - 1)])
            raise AwaitChildren
        await run.enqueue(leaf, Leaf(script.count))

    ACTS["act"] = act
    root = await outcome(store, Script("act", 1), correlation_id="spring")
    view = await observe.flow(store, "spring")
    assert [(step.depth, step.job_type, step.state) for step in view.steps] == [
        (0, "tree", State.COMPLETED),
        (1, "tree", State.COMPLETED),
        (2, "leaf", State.COMPLETED),
        (1, "leaf", State.COMPLETED),
    ]
    first, child, *_ = view.steps
    assert (first.id, first.children, child.children) == (root.id, Tally(1, 1), None)
    assert first.broods == (Brood("tree", HOUSE.name, 0, 1),)
    assert first.wait_ms is not None
    assert first.run_ms(view.at_ms) is not None
    assert (await observe.job(store, child.id)).parent == root.id
    assert (await observe.job(store, view.steps[3].id)).origin == root.id


async def test_a_flow_tells_of_jobs_that_are_no_longer_kept(store: Store):
    ACTS["act"] = fan_out
    root = await outcome(store, correlation_id="spring")
    await store.run(scripts.prune(QueueKeys.declared(HOUSE.name), "completed", 0, 0, 100, 1))
    [step] = (await observe.flow(store, "spring")).steps
    assert (step.id, step.state, step.why, step.children) == (root.id, None, "no longer kept", Tally(3, 3))


async def test_a_correlation_id_that_no_job_carries_is_not_found(store: Store):
    with pytest.raises(JobNotFound, match="No job of the last week carries"):
        await observe.flow(store, "nothing")


async def test_a_parent_shows_its_childrens_progress_as_its_own(store: Store):
    views: list[observe.JobView] = []

    async def act(run: Run, _script: Script) -> None:
        if run.children is None:
            await run.spawn(leaf, leaves([1, 2]))
            views.append(await observe.job(store, run.job_id))
            raise AwaitChildren
        views.append(await observe.job(store, run.job_id))

    ACTS["act"] = act
    await outcome(store)
    assert [(view.done <= 2, view.total) for view in views] == [(True, 2)] * 2
    assert views[-1].done == 2


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
