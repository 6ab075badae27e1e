"""What handlers may say about their children, in a worker of this process."""

import asyncio
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from arqlight_core import observe
from arqlight_core.enqueue import enqueue
from arqlight_core.errors import AwaitChildren, PayloadInvalid, UsageError
from arqlight_core.flow import OnFailure
from arqlight_core.jobs import State
from arqlight_core.run import Run
from arqlight_core.store.gateway import Store
from tests.faults.house import (
    ACTS,
    SEEN,
    Leaf,
    Script,
    fan_out,
    leaf,
    leaves,
    lonely,
    outcome,
    single,
    work,
)

pytestmark = pytest.mark.usefixtures("house")


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
