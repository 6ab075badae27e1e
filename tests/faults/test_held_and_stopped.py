"""What operators order of single jobs and of all that match, obeyed by a worker that runs."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import pytest
from arq.connections import ArqRedis

from arqlight_core import observe
from arqlight_core.clock import monotonic
from arqlight_core.errors import HoldNotFound, UsageError
from arqlight_core.jobs import State
from arqlight_core.operations import Selection, cancel, lift_hold, set_hold
from arqlight_core.store.declarations import publish
from arqlight_core.store.gateway import Store
from arqlight_fleet import background
from arqlight_fleet.worker import FleetWorker
from tests.faults.fleet import eventually
from tests.faults.shop import NAME, SHOP, Work, becomes, put, serving, work
from tests.faults.stock import Context, named
from tests.faults.stock import serving as serving_stock

pytestmark = pytest.mark.fault


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker looks at its orders ten times as often."""
    monkeypatch.setattr(background, "HEED_EVERY", 0.1)


@pytest.fixture
async def worker(store: Store) -> AsyncGenerator[FleetWorker]:
    await publish(store, [SHOP])
    async with serving(store) as made:
        yield made


def raw_of(store: Store) -> Any:
    return store._client  # pyright: ignore[reportPrivateUsage] - it looks at the keys


async def knows(worker: FleetWorker, *rules: str) -> None:
    """Waits until it goes by just these standing holds."""

    async def heard() -> bool:
        return [hold.id for hold in worker.served[0].holds] == list(rules)

    await eventually(heard)


async def test_a_running_job_stops_within_a_second_of_its_cancellation(store: Store, worker: FleetWorker) -> None:
    job_id = await put(store, work, Work(seconds=15))
    await becomes(store, job_id, State.ACTIVE)
    began = monotonic()
    await cancel(store, Selection(NAME, ids=(job_id,)), actor="ada")
    await becomes(store, job_id, State.CANCELLED)
    assert monotonic() - began < 1.0
    assert worker.jobs_failed == 1
    assert await raw_of(store).exists("arq:abort") == 0


async def test_a_job_that_matches_is_held_until_the_hold_is_lifted(store: Store, worker: FleetWorker) -> None:
    rule = (await set_hold(store, NAME, where={"fails": "false"}, actor="ada", reason="tenant asked")).operation
    await knows(worker, rule)
    held, other = await put(store, work), await put(store, work, Work(fails=True))
    view = await becomes(store, held, State.HELD)
    assert (view.because, view.by, view.until_ms > 0) == ("held by ada: tenant asked", f"hold {rule}", True)
    await becomes(store, other, State.RETRYING)
    report = await lift_hold(store, NAME, rule=rule, actor="ada")
    assert report.changed == 1
    assert (await becomes(store, held, State.COMPLETED)).attempt == 1
    await knows(worker)


async def test_a_hold_whose_time_is_over_holds_no_more(store: Store, worker: FleetWorker) -> None:
    await set_hold(store, NAME, job_type="work", for_=timedelta(seconds=1), actor="ada")
    [rule] = await observe.holds(store, NAME)
    await knows(worker, rule.id)
    held = await put(store, work)
    view = await becomes(store, held, State.HELD)
    assert abs(view.until_ms - rule.until_ms) < 1_100
    await becomes(store, held, State.COMPLETED)

    async def forgotten() -> bool:
        return not await raw_of(store).exists(f"arqlight:{{{NAME}}}:holds")

    await eventually(forgotten)


async def test_a_hold_of_a_later_version_is_told_and_holds_nothing(store: Store, worker: FleetWorker) -> None:
    told = '{"terms": "{\\"queue\\": 3}", "by": "ada", "reason": "", "at_ms": 1, "until_ms": 0}'
    await raw_of(store).hset(f"arqlight:{{{NAME}}}:holds", "r1", told)

    async def complains() -> bool:
        return "standing hold" in await worker.orders.heed()

    await eventually(complains)
    await becomes(store, await put(store, work), State.COMPLETED)


async def test_a_stock_function_is_held_by_its_arguments(stock: ArqRedis, store: Store) -> None:
    started: list[int] = []

    async def starts(_: Context, n: int) -> None:
        started.append(n)

    async with serving_stock(stock, [named("starts", starts)]) as worker:
        await worker.up.wait()
        await set_hold(store, "arq:queue", where={"n": "1"}, actor="ada")
        [rule] = await observe.holds(store, "arq:queue")
        await knows(worker, rule.id)
        jobs = [await stock.enqueue_job("starts", n=n) for n in (1, 2)]
        assert jobs[0]
        await becomes(store, jobs[0].job_id, State.HELD)
        await eventually(lambda: _is(started, [2]))
        await lift_hold(store, "arq:queue", rule=rule.id, actor="ada")
        await eventually(lambda: _is(started, [2, 1]))


async def _is(found: list[int], wanted: list[int]) -> bool:
    return found == wanted


async def test_standing_holds_are_seen(store: Store, worker: FleetWorker) -> None:
    assert worker.served[0].holds == ()
    plan = await set_hold(store, NAME, where={"fails": "true"}, actor="ada", dry_run=True)
    assert plan.summary == f"would hold fails=true in {NAME}, until it is lifted"
    assert await observe.holds(store, NAME) == ()
    await set_hold(store, NAME, where={"fails": "true"}, job_type="work", actor="ada", reason="why")
    [hold] = await observe.holds(store, NAME)
    assert (hold.matching, hold.by, hold.reason, hold.until_ms) == ("type work, fails=true", "ada", "why", 0)
    view = (await observe.fleet(store)).queue(NAME)
    assert view
    assert view.holds == (hold,)


async def test_a_hold_that_names_nothing_or_is_not_there_is_refused(store: Store, worker: FleetWorker) -> None:
    assert worker.served
    with pytest.raises(UsageError, match="pause the queue"):
        await set_hold(store, NAME, actor="ada")
    with pytest.raises(HoldNotFound, match="none"):
        await lift_hold(store, NAME, rule="r9", actor="ada")


async def test_a_queue_has_only_so_many_holds(store: Store, worker: FleetWorker) -> None:
    assert worker.served
    await raw_of(store).hset(f"arqlight:{{{NAME}}}:holds", mapping={f"r{n}": "{}" for n in range(50)})
    with pytest.raises(UsageError, match="50 standing holds"):
        await set_hold(store, NAME, job_type="work", actor="ada")
