"""Every policy of a queue can be set while a worker serves it: it counts at once, and no longer than it is to."""

from collections.abc import AsyncGenerator, Callable
from datetime import timedelta
from typing import Any

import pytest

from arqlight_core import observe
from arqlight_core.declaration import Queue
from arqlight_core.enqueue import enqueue
from arqlight_core.jobs import State
from arqlight_core.observe import ScheduleView
from arqlight_core.operations import (
    pause,
    reset_breaker,
    reset_setting,
    resume,
    set_breaker,
    set_catch_up,
    set_cron,
    set_deadline,
    set_priority,
    set_retry,
    set_timeout,
    set_unique,
)
from arqlight_core.policy import DAY, SECOND, Backoff, Breaker, Dependency, Priority
from arqlight_core.settings import Settings
from arqlight_core.store import live_terms
from arqlight_core.store.declarations import publish
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.live_terms import LiveTerms
from arqlight_core.store.scripts import Orders
from arqlight_fleet import background
from arqlight_fleet.worker import FleetWorker
from tests.faults.fleet import eventually, until
from tests.faults.shop import (
    ANNEX,
    BRIEF,
    NAME,
    SHOP,
    WIRE,
    Work,
    becomes,
    brief,
    call,
    heeded,
    put,
    sell,
    serving,
    stock_up,
    work,
)

pytestmark = pytest.mark.fault


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "HEED_EVERY", 0.05)
    monkeypatch.setattr(live_terms, "FRESH", 0.0)


@pytest.fixture
async def worker(store: Store) -> AsyncGenerator[FleetWorker]:
    async with serving(store) as made:
        yield made


async def lane(store: Store, job_id: str, wire: str = WIRE) -> float:
    score: float = await store._client.zscore(wire, job_id)  # pyright: ignore[reportPrivateUsage] - it looks at the keys
    return score % 1


async def test_retries_are_cut_short_changed_to_listed_waits_and_as_declared_again(store: Store, worker: FleetWorker):
    await set_retry(store, NAME, "work=attempts=1", actor="ada")
    await heeded(worker, "terms")
    assert (await becomes(store, await put(store, work, Work(fails=True)), State.DEAD)).attempt == 1
    await set_retry(store, NAME, "work=steps=0s/0s", actor="ada")

    async def tried_thrice() -> bool:
        return (await becomes(store, await put(store, work, Work(fails=True)), State.DEAD)).attempt == 3

    await eventually(tried_thrice)
    await reset_setting(store, NAME, "retry:work", actor="ada")
    await heeded(worker)
    await becomes(store, await put(store, work, Work(fails=True)), State.RETRYING)


async def test_a_timeout_counts_for_the_next_attempt_until_its_time_is_over(store: Store, worker: FleetWorker):
    await set_timeout(store, NAME, "work=50ms", actor="ada", for_=0.5 * SECOND)
    await heeded(worker, "terms")
    failed = await becomes(store, await put(store, work, Work(seconds=0.2)), State.RETRYING)
    assert failed.failures[-1].error == "TimeoutError"
    await heeded(worker)
    await becomes(store, await put(store, work, Work(seconds=0.2)), State.COMPLETED)


async def test_a_deadline_counts_for_jobs_queued_before_and_after_it_was_set_and_once(
    store: Store, worker: FleetWorker
):
    await pause(store, NAME, actor="ada")
    before = await put(store, brief)
    await set_deadline(store, NAME, "brief=1h", actor="ada")
    await heeded(worker, "deadline_shifts")
    after = await put(store, brief)
    await passed(store, 2 * BRIEF)
    await resume(store, NAME, actor="ada")
    await becomes(store, before, State.COMPLETED)
    await becomes(store, after, State.COMPLETED)
    await reset_setting(store, NAME, actor="ada")
    await heeded(worker)
    await pause(store, NAME, actor="ada")
    late = await put(store, brief)
    await passed(store, 2 * BRIEF)
    await resume(store, NAME, actor="ada")
    assert "deadline" in (await becomes(store, late, State.DEAD)).why


async def passed(store: Store, span: timedelta) -> None:
    moment = await store.time_ms() + span / SECOND * 1000

    async def past() -> bool:
        return await store.time_ms() > moment

    await eventually(past)


async def test_a_priority_counts_for_what_producers_and_handlers_queue_from_then_on(store: Store, worker: FleetWorker):
    await set_priority(store, NAME, "sell=critical", actor="ada")
    await set_priority(store, NAME, "brief=high", actor="ada")
    await heeded(worker, "terms")
    assert await lane(store, await put(store, brief, delay=DAY)) == Priority.HIGH.lane
    await becomes(store, await put(store, work), State.COMPLETED)
    [sold] = (await observe.window(store, NAME, State.SCHEDULED, 0, 10)).rows[-1:]
    assert sold.job_type == "sell"
    assert await lane(store, sold.id) == Priority.CRITICAL.lane
    await reset_setting(store, NAME, actor="ada")
    assert await lane(store, await put(store, brief, delay=DAY)) == Priority.MEDIUM.lane


async def test_children_have_the_priority_that_the_worker_has_read_with_its_other_orders(
    store: Store, worker: FleetWorker
):
    async def never() -> Orders:
        raise AssertionError("a worker reads its orders anyway")

    worker.store.live = LiveTerms(never)
    await publish(store, [ANNEX])
    await set_priority(store, ANNEX.name, "high", actor="ada")
    await set_priority(store, NAME, "stock_up=high", actor="ada")
    await heeded(worker, "terms")
    await becomes(store, await put(store, stock_up), State.COMPLETED)
    [child] = (await observe.window(store, ANNEX.name, State.WAITING, 0, 10)).rows
    assert await lane(store, child.id, QueueKeys.declared(ANNEX.name).wire) == Priority.HIGH.lane


@pytest.mark.usefixtures("worker")
async def test_what_a_unique_key_lets_through_is_set_for_the_next_enqueue(store: Store):
    await set_unique(store, NAME, "simple", actor="ada")
    for _ in range(2):
        await becomes(store, await put(store, sell), State.COMPLETED)
    await reset_setting(store, NAME, "unique:sell", actor="ada")
    assert not (await enqueue(store, sell, Work())).new


async def test_a_timetable_is_seen_to_be_gone_by_within_a_second(store: Store, worker: FleetWorker):
    declared = await eventually_seen(store, lambda view: view.next_ms > 0)
    await set_cron(store, NAME, "* * * * * Europe/Berlin", actor="ada")
    await set_catch_up(store, NAME, "skip", actor="ada")
    view = await eventually_seen(store, lambda view: view.next_ms <= view.at_ms + 60_000 and view.catch_up == "skip")
    assert (view.cron, view.spoken, view.timezone) == ("* * * * *", "Every minute", "Europe/Berlin")
    assert (view.catch_up, view.missed, view.condition) == ("skip", 0, "ticking")
    await until(lambda: worker.served[0].schedules["stocktake"].catch_up.value == "skip")
    await reset_setting(store, NAME, actor="ada")
    view = await eventually_seen(store, lambda view: view.next_ms == declared.next_ms)
    assert (view.cron, view.timezone, view.catch_up, view.runs) == ("0 0 1 1 *", "UTC", "one", 0)


async def eventually_seen(store: Store, holds: Callable[[ScheduleView], bool]) -> ScheduleView:
    async def is_seen() -> bool:
        views = await observe.schedules(store)
        return bool(views) and holds(views[0])

    await eventually(is_seen)
    return (await observe.schedules(store))[0]


async def test_rules_of_a_dependencys_breaker_are_set_for_the_queue_that_needs_it(store: Store, worker: FleetWorker):
    await set_breaker(store, NAME, "api=faults=1, open_for=1h", actor="ada")
    await heeded(worker, "terms")
    [seen] = await observe.breakers(store)
    assert (seen.name, seen.rules.split(", ")[:2]) == ("api", ["faults=1", "open_for=1 h"])
    await becomes(store, await put(store, call), State.DEAD)
    await becomes(store, await put(store, call), State.HELD)
    await reset_setting(store, NAME, "breaker:api", actor="ada")
    await reset_breaker(store, "api", actor="ada")
    await heeded(worker)
    for _ in range(2):
        await becomes(store, await put(store, call), State.DEAD)
    assert [one.state for one in await observe.breakers(store)] == ["closed"]


async def test_what_a_breaker_leaves_unsaid_is_the_environments_to_say(store: Store):
    queue = Queue("test:fragile", "Fails.", concurrency=1, breaker=Breaker(probes=2))
    needs = (Dependency("said", Breaker(faults=9)), Dependency("unsaid"))

    @queue.job("fail", Work, timeout=SECOND, retry=Backoff(1), needs=needs)
    async def fail(_run: Any, _told: Work) -> None:
        """Fail."""
        raise ConnectionError("it has to")

    async with serving(store, queue, settings=Settings(breaker_threshold=2, breaker_timeout_ms=60_000)):
        rules = {one.name: one.rules.split(", ")[:3] for one in await observe.breakers(store)}
        assert rules == {
            "test:fragile": ["faults=2", "open_for=1 min", "probes=2"],
            "said": ["faults=9", "open_for=1 min", "probes=1"],
            "unsaid": ["faults=2", "open_for=1 min", "probes=1"],
        }
        for _ in range(2):
            await becomes(store, await put(store, fail), State.DEAD)
        assert (await observe.breakers(store))[0].state == "open"


async def test_what_was_set_before_a_worker_began_counts_from_its_first_job_on(store: Store):
    await publish(store, [SHOP])
    await set_retry(store, NAME, "work=attempts=1", actor="ada")
    job_id = await put(store, work, Work(fails=True))
    async with serving(store):
        await becomes(store, job_id, State.DEAD)
