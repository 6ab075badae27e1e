"""What observe tells of flows that ran, and of those that run."""

import pytest

from arqlight_core import observe
from arqlight_core.errors import AwaitChildren, JobNotFound
from arqlight_core.flow import Brood, Tally
from arqlight_core.jobs import State
from arqlight_core.run import Run
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from tests.faults.house import ACTS, HOUSE, Leaf, Script, fan_out, leaf, leaves, outcome

pytestmark = pytest.mark.usefixtures("house")


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
