"""What may befall a family: operators, lost seconds, poison, deadlines, garbage. The parent still learns the truth."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import pytest

from arqlight_core import observe
from arqlight_core.clock import now_ms
from arqlight_core.codec import Envelope, encode_job
from arqlight_core.enqueue import enqueue
from arqlight_core.errors import AwaitChildren
from arqlight_core.flow import OnFailure
from arqlight_core.jobs import State
from arqlight_core.operations import retry
from arqlight_core.run import Run
from arqlight_core.selection import Selection
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts import ChildEnd, NewJob
from arqlight_fleet import reports
from tests.faults.house import ACTS, GARDEN, HOUSE, RETRY, SEEN, TIMEOUT, Leaf, Script, leaf, leaves, tree, work
from tests.store.line import Line, eventually

pytestmark = pytest.mark.usefixtures("house")

HOUSE_KEYS, GARDEN_KEYS = QueueKeys.declared(HOUSE.name), QueueKeys.declared(GARDEN.name)


@HOUSE.job("brief", Script, timeout=TIMEOUT, retry=RETRY, deadline=timedelta(seconds=1.5), follow_ups=("leaf",))
async def brief(run: Run, script: Script) -> Any:
    """Has to begin soon."""
    return await ACTS[script.act](run, script)


async def two_children(run: Run, _script: Script) -> Any:
    if run.children is None:
        await run.spawn(leaf, leaves([1, 2]), on_failure=OnFailure.FAIL)
        raise AwaitChildren
    return (run.children.completed, run.children.dead)


async def one_turn(store: Store) -> None:
    """The parent's queue is served for one job; the children stay where they are."""
    await work(store, HOUSE, max_burst_jobs=1)


async def end(store: Store, job_id: str, number: int, outcome: str) -> None:
    flow = (await observe.job(store, job_id)).flow
    assert flow
    await store.run(scripts.tally(HOUSE_KEYS, [ChildEnd(job_id, flow.life, number, outcome, 1)]))


async def test_a_parent_revived_after_its_child_was_mended_waits_for_the_rest_and_goes_on(store: Store):
    ACTS["act"] = two_children
    job_id = (await enqueue(store, tree, Script("act"))).job_id
    await one_turn(store)
    await end(store, job_id, 0, "dead")
    await one_turn(store)
    assert (await observe.job(store, job_id)).state is State.DEAD
    await end(store, job_id, 0, "completed")
    await retry(store, Selection(HOUSE.name, ids=(job_id,)), actor="ada")
    await one_turn(store)
    view = await observe.job(store, job_id)
    assert (view.state, view.because) == (State.HELD, "waiting for 1 of 2 children")
    await end(store, job_id, 1, "completed")
    await one_turn(store)
    assert (await observe.job(store, job_id)).result == [2, 0]


async def test_a_flow_that_another_life_of_the_id_has_left_is_none(store: Store):
    ACTS["act"] = two_children
    job_id = (await enqueue(store, tree, Script("act"))).job_id
    left = {"life": 7, "waits": 1, "total": 9, "completed": 9}
    await raw(store).hset(f"{HOUSE_KEYS.prefix}flow:{job_id}", mapping=left)
    await work(store)
    assert (await observe.job(store, job_id)).result == [2, 0]


async def test_a_chunk_that_was_queued_before_the_crash_is_not_taken_for_refused(store: Store):
    async def act(run: Run, _script: Script) -> Any:
        if run.children:
            await store.run(scripts.resume(GARDEN_KEYS, "ada", ""))
            return (run.children.completed, run.children.cancelled)
        await run.spawn(leaf, leaves(range(3)))
        if run.attempt == 1:
            await forget_spawn(store, run.job_id)
            raise ConnectionError("cut off before it could take note")
        await store.run(scripts.resume(GARDEN_KEYS, "ada", ""))
        raise AwaitChildren

    ACTS["act"] = act
    await store.run(scripts.pause(GARDEN_KEYS, "ada", "so that they wait"))
    job_id = (await enqueue(store, tree, Script("act"))).job_id
    await work(store)
    assert (await observe.job(store, job_id)).result == [3, 0]
    assert sorted(SEEN) == [0, 1, 2]


async def test_a_chunk_that_has_ended_before_the_crash_is_not_run_again(store: Store):
    async def all_ended() -> bool:
        return (await raw(store).zcard(GARDEN_KEYS.index("completed"))) == 3

    async def act(run: Run, _script: Script) -> Any:
        if run.children:
            return run.children.completed
        if run.attempt == 2:
            await eventually(all_ended)
            await store.run(scripts.prune(GARDEN_KEYS, "completed", 0, 0, 100, 1))
        await run.spawn(leaf, leaves(range(3)))
        if run.attempt == 1:
            await forget_spawn(store, run.job_id)
            raise ConnectionError("cut off before it could take note")
        raise AwaitChildren

    ACTS["act"] = act
    job_id = (await enqueue(store, tree, Script("act"))).job_id
    await work(store)
    assert (await observe.job(store, job_id)).result == 3
    assert sorted(SEEN) == [0, 1, 2]


async def test_children_that_a_server_has_forgotten_are_spawned_again_and_no_attempt_is_burnt(store: Store):
    mishaps: list[str] = []

    async def source(job_id: str) -> AsyncGenerator[Leaf]:
        for number in range(1_200):
            if number == 700 and not mishaps:
                mishaps.append("it came back without its last second")
                await raw(store).hset(f"{HOUSE_KEYS.prefix}flow:{job_id}", "total", 0)
            yield Leaf(number)

    async def act(run: Run, _script: Script) -> Any:
        if run.children is None:
            await run.spawn(leaf, source(run.job_id))
            raise AwaitChildren
        return run.children.completed

    ACTS["act"] = act
    job_id = (await enqueue(store, tree, Script("act"))).job_id
    await work(store)
    view = await observe.job(store, job_id)
    assert (view.result, view.failures) == (1_200, ())
    assert sorted(SEEN) == list(range(1_200))


async def test_a_child_that_is_poison_is_told_as_dead(store: Store):
    ACTS["act"] = two_children
    job_id = (await enqueue(store, tree, Script("act"))).job_id
    await one_turn(store)
    line = Line(store, raw(store), GARDEN_KEYS)
    for number in range(2):
        [claimed] = (await line.claim(f"doomed-{number}", limit=1, poison_after=2)).jobs
        await line.lapse(claimed.lease)
    await work(store, GARDEN)
    await work(store)
    view = await observe.job(store, job_id)
    assert view.state is State.DEAD
    assert view.reason.endswith(".0 died")


async def test_a_parent_that_has_begun_may_wait_for_its_children_beyond_its_deadline(store: Store):
    ACTS["act"] = two_children
    job_id = (await enqueue(store, brief, Script("act"))).job_id
    deadline = now_ms() + 1_500
    await one_turn(store)
    assert (await observe.job(store, job_id)).state is State.HELD

    async def too_late() -> bool:
        return now_ms() > deadline

    await eventually(too_late)
    for number in (0, 1):
        await end(store, job_id, number, "completed")
    await one_turn(store)
    assert (await observe.job(store, job_id)).result == [2, 0]


async def test_a_parent_that_nobody_gave_a_correlation_id_lends_its_own_to_its_flow(store: Store):
    ACTS["act"] = two_children
    job_id = HOUSE_KEYS.job_id("plain")
    payload = encode_job(Envelope("tree", ({"act": "act"},), {}, now_ms()))
    await store.run(scripts.enqueue(HOUSE_KEYS, [NewJob(job_id, payload)]))
    await work(store)
    assert [step.id for step in (await observe.flow(store, job_id)).steps] == [job_id]


@pytest.mark.parametrize("parent", ["", "nonsense", "q\nj\nx.y", "q\nj\n1.2.3"])
async def test_a_report_that_makes_no_sense_does_not_hold_up_the_others(store: Store, parent: str):
    await raw(store).xadd(GARDEN_KEYS.reports, {"parent": parent, "outcome": "completed"})
    assert await reports.drain(store, GARDEN_KEYS) == 1
    assert await store.reports(GARDEN_KEYS, 10) == []


async def test_the_ends_of_children_are_told_to_parents_of_several_queues(store: Store):
    for queue in ("test:one", "test:two"):
        await raw(store).hset(f"arqlight:{{{queue}}}:flow:p", mapping={"life": 1, "total": 1})
        await raw(store).xadd(GARDEN_KEYS.reports, {"parent": f"{queue}\np\n1.0", "outcome": "dead"})
    assert await reports.drain(store, GARDEN_KEYS) == 2
    told = [await store.run(scripts.children(QueueKeys.declared(q), "p", 0, 0)) for q in ("test:one", "test:two")]
    assert [one.flow.tally.dead for one in told if one.flow] == [1, 1]


async def forget_spawn(store: Store, job_id: str) -> None:
    """As if the worker had been cut off between queueing the children and taking note of them."""
    flow = f"{HOUSE_KEYS.prefix}flow:{job_id}"
    await raw(store).hset(flow, "total", 0)
    await raw(store).hdel(flow, "last:0")


def raw(store: Store) -> Any:
    return store._client  # pyright: ignore[reportPrivateUsage] - these tests break what the store keeps
