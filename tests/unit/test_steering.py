"""Live settings and requests to workers on a real server: who, why and until when, what was before, what is refused."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from arqlight import examination
from arqlight_core import observe
from arqlight_core.declaration import Queue
from arqlight_core.errors import UsageError
from arqlight_core.observe import QueueView, SettingView, WorkerView
from arqlight_core.operations import (
    quiet_worker,
    reset_setting,
    resume_worker,
    set_attempts,
    set_breaker,
    set_concurrency,
    set_fleet_concurrency,
    set_rate,
    stop_worker,
)
from arqlight_core.policy import HOUR, MINUTE, SECOND, Backoff, Breaker, Limit, Rate
from arqlight_core.run import Run
from arqlight_core.store import scripts
from arqlight_core.store.declarations import declarations, fingerprint, publish
from arqlight_core.store.gateway import Store
from tests.store.line import eventually

SENDING = Limit("sending", (Rate(20, MINUTE), Rate(1000, HOUR)))
QUEUE = Queue("test:steered", "to be steered", concurrency=5, limits=(SENDING,), breaker=Breaker(faults=3))
NAME = QUEUE.name
SOON = SECOND / 20


@pytest.fixture(autouse=True)
async def published(store: Store) -> None:
    await publish(store, [QUEUE])


async def view(store: Store) -> QueueView:
    [seen] = (await observe.fleet(store)).queues
    return seen


async def setting(store: Store, name: str) -> SettingView:
    return next(one for one in (await view(store)).settings if one.name == name)


async def test_without_an_override_every_setting_is_as_declared(store: Store):
    seen = {one.name: (one.effective, one.overridden) for one in (await view(store)).settings}
    assert seen["concurrency"] == ("5", False)
    assert seen["rate:sending"] == ("20/min, 1000/h", False)
    assert seen["fleet_concurrency"] == ("none", False)
    assert seen.keys() == {"concurrency", "fleet_concurrency", "weight", "breaker", "retention", "poison_after"} | {
        "rate:sending"
    }


async def test_an_override_is_told_with_who_why_and_until_when(store: Store):
    before = await store.time_ms()
    report = await set_concurrency(store, NAME, "2", actor="ada", reason="slow", for_=30 * MINUTE)
    assert report.summary == "set concurrency of test:steered from 5 to 2 for 30 min"
    seen = await setting(store, "concurrency")
    assert (seen.declared, seen.effective, seen.by, seen.reason) == ("5", "2", "ada", "slow")
    assert before <= seen.at_ms <= await store.time_ms()
    assert seen.until_ms == seen.at_ms + 1_800_000


async def test_a_dry_run_tells_old_and_new_and_changes_nothing(store: Store):
    await set_concurrency(store, NAME, "2", actor="ada")
    report = await set_concurrency(store, NAME, "9", actor="bob", dry_run=True)
    assert (report.changed, report.summary) == (
        0,
        "would set concurrency of test:steered from 2 to 9, until it is reset",
    )
    assert (await setting(store, "concurrency")).effective == "2"


async def test_rules_of_a_breaker_are_set_over_the_declared_ones(store: Store):
    await set_breaker(store, NAME, "open_for=1m", actor="ada")
    assert (await setting(store, "breaker")).effective.startswith("faults=3, open_for=1 min, ")


@pytest.mark.parametrize("value", ["5/min", "sending=5/min"])
async def test_the_only_limit_of_a_queue_need_not_be_named(store: Store, value: str):
    await set_rate(store, NAME, value, actor="ada")
    assert (await setting(store, "rate:sending")).effective == "5/min"


async def test_one_of_several_limits_has_to_be_named(store: Store):
    other = Limit("other", (Rate(1, SECOND),))
    await publish(store, [Queue(NAME, "to be steered", concurrency=1, limits=(SENDING, other))])
    with pytest.raises(UsageError, match=r"Say which limit .* it has: sending, other"):
        await set_rate(store, NAME, "5/min", actor="ada")
    with pytest.raises(UsageError, match="no live setting rate:colour"):
        await set_rate(store, NAME, "colour=5/min", actor="ada")


async def test_a_queue_without_limits_has_no_rate_to_set(store: Store):
    await publish(store, [Queue(NAME, "to be steered", concurrency=1)])
    with pytest.raises(UsageError, match="declares no limit"):
        await set_rate(store, NAME, "5/min", actor="ada")


class Page(msgspec.Struct):
    """Nothing in it."""


async def read(run: Run, page: Page) -> None:
    """Read it."""


async def test_attempts_are_set_by_job_type_and_a_lonely_one_need_not_be_named(store: Store):
    queue = Queue(NAME, "to be steered", concurrency=1)
    queue.job("page.read", Page, timeout=SECOND, retry=Backoff(3))(read)
    await publish(store, [queue])
    report = await set_attempts(store, NAME, "5", actor="ada")
    assert report.summary == "set attempts:page.read of test:steered from 3 to 5, until it is reset"
    queue.job("page.send", Page, timeout=SECOND, retry=Backoff(3))(read)
    await publish(store, [queue])
    with pytest.raises(UsageError, match=r"Say which job type .* it has: page.read, page.send"):
        await set_attempts(store, NAME, "5", actor="ada")
    await set_attempts(store, NAME, "page.send=2", actor="ada")
    assert (await setting(store, "attempts:page.send")).effective == "2"
    with pytest.raises(UsageError, match="whole number"):
        await set_attempts(store, NAME, "page.send=0", actor="ada")


@pytest.mark.parametrize("span", [timedelta(0), -SECOND])
async def test_a_setting_for_no_time_is_refused(store: Store, span: timedelta):
    with pytest.raises(UsageError, match="for no time changes nothing"):
        await set_concurrency(store, NAME, "2", actor="ada", for_=span)


async def test_an_override_whose_time_is_over_does_not_count(store: Store):
    await set_concurrency(store, NAME, "2", actor="ada", for_=SOON)

    async def over() -> bool:
        return not (await setting(store, "concurrency")).overridden

    await eventually(over)
    assert (await setting(store, "concurrency")).effective == "5"


async def test_only_an_override_whose_time_is_over_ends_by_itself(store: Store):
    await set_concurrency(store, NAME, "2", actor="ada", for_=SOON)
    await set_fleet_concurrency(store, NAME, "7", actor="ada", for_=HOUR)

    async def expired() -> bool:
        return (await store.run(scripts.orders([]))).expired == [(NAME, "concurrency")]

    await eventually(expired)
    assert await store.run(scripts.restore(NAME, "concurrency", "", ""))
    assert not await store.run(scripts.restore(NAME, "fleet_concurrency", "", ""))
    assert list((await store.run(scripts.orders([]))).overrides[NAME]) == ["fleet_concurrency"]


async def test_a_reset_takes_one_setting_or_all(store: Store):
    for change, value in ((set_concurrency, "2"), (set_fleet_concurrency, "7"), (set_rate, "5/min")):
        await change(store, NAME, value, actor="ada")
    plan = await reset_setting(store, NAME, "concurrency", actor="ada", dry_run=True)
    assert plan.summary == "would reset concurrency from 2 to 5 of test:steered"
    assert (await reset_setting(store, NAME, "concurrency", actor="ada")).changed == 1
    assert (await reset_setting(store, NAME, "concurrency", actor="ada")).skipped == {"as declared": 1}
    assert (await reset_setting(store, NAME, actor="ada")).changed == 2
    assert not any(one.overridden for one in (await view(store)).settings)


async def test_a_reset_of_what_there_is_not_is_refused(store: Store):
    with pytest.raises(UsageError, match="no live setting colour; it has: breaker"):
        await reset_setting(store, NAME, "colour", actor="ada")


async def test_what_was_set_and_reset_is_told_among_the_queues_events(store: Store):
    await set_concurrency(store, NAME, "2", actor="ada", reason="slow")
    await reset_setting(store, NAME, actor="bob")
    told = await observe.events(store, NAME)
    assert [(one.kind, one.queue, one.told["by"]) for one in told] == [
        ("override", NAME, "ada"),
        ("restore", NAME, "bob"),
    ]


async def test_the_fleet_wide_bound_limits_the_slots_that_are_seen(store: Store):
    await beat(store, "w1", queues={NAME: {"running": 0, "concurrency": 5}})
    assert (await view(store)).slots == 5
    await set_fleet_concurrency(store, NAME, "3", actor="ada")
    assert (await view(store)).slots == 3


# ---------------------------------------------------------------------- workers


async def beat(store: Store, worker: str, host: str = "here", **told: Any) -> None:
    now = await store.time_ms()
    plain = {"id": worker, "host": host, "pid": 1, "state": "running", "started_ms": now, "beat_ms": now}
    await store.beat(worker, {**plain, "queues": {}, "jobs": {}, "chores": [], **told}, now, 60_000)


async def worker(store: Store, name: str = "w1") -> WorkerView:
    return next(one for one in (await observe.fleet(store)).workers if one.id == name)


async def test_a_request_is_seen_as_requested_until_the_worker_says_that_it_has_heard(store: Store):
    await beat(store, "w1")
    assert (await worker(store)).stage == ""
    await quiet_worker(store, "w1", actor="ada", reason="deploy")
    seen = await worker(store)
    assert seen.request is not None
    assert (seen.request.what, seen.request.by, seen.request.reason, seen.stage) == (
        "quiet",
        "ada",
        "deploy",
        "requested",
    )


@pytest.mark.parametrize(
    ("what", "running", "stage"),
    [("quiet", 2, "acknowledged"), ("quiet", 0, "done"), ("stop", 0, "acknowledged"), ("resume", 2, "done")],
)
async def test_a_request_that_was_heard_is_done_when_nothing_is_left_of_it(
    store: Store, what: str, running: int, stage: str
):
    at_ms = await store.run(scripts.request("w1", what, "ada", "", 60_000))
    heard = {"what": what, "by": "ada", "reason": "", "at_ms": at_ms}
    await beat(store, "w1", request=heard, running=running)
    assert (await worker(store)).stage == stage


async def test_a_newer_request_is_requested_again(store: Store):
    await beat(store, "w1", request={"what": "quiet", "by": "ada", "reason": "", "at_ms": 1})
    await resume_worker(store, "w1", actor="ada")
    assert (await worker(store)).stage == "requested"


async def test_a_worker_is_meant_by_a_beginning_that_is_no_others(store: Store):
    for name in ("host-1-aa", "host-1-ab", "host-2-cc"):
        await beat(store, name)
    assert (await stop_worker(store, "host-2", actor="ada")).summary.startswith("asked host-2-cc to drain and end;")
    assert (await stop_worker(store, "host-1-ab", actor="ada", dry_run=True)).changed == 0
    with pytest.raises(UsageError, match="host-1 is the beginning of 2 workers: host-1-aa, host-1-ab"):
        await stop_worker(store, "host-1", actor="ada")


@pytest.mark.parametrize("name", ["other", ""])
async def test_a_worker_that_does_not_live_is_refused(store: Store, name: str):
    await beat(store, "w1")
    with pytest.raises(UsageError, match=r"There is no worker .*`arqlight workers` lists"):
        await quiet_worker(store, name, actor="ada")


async def test_all_workers_of_a_host_are_asked_and_no_others(store: Store):
    await beat(store, "w1", host="here")
    await beat(store, "w2", host="here")
    await beat(store, "w3", host="there")
    assert (await quiet_worker(store, "here", actor="ada", everything=True)).changed == 2
    assert {one.id: one.stage for one in (await observe.fleet(store)).workers} == {
        "w1": "requested",
        "w2": "requested",
        "w3": "",
    }
    with pytest.raises(UsageError, match="No worker runs on a host w1"):
        await quiet_worker(store, "w1", actor="ada", everything=True)


async def test_a_dry_run_asks_nobody(store: Store):
    await beat(store, "w1")
    report = await quiet_worker(store, "w1", actor="ada", dry_run=True)
    assert report.summary == "would ask w1 to be quiet"
    assert (await worker(store)).stage == ""


async def test_a_worker_that_declares_a_queue_otherwise_than_published_is_seen(store: Store):
    await beat(store, "w1", queues={NAME: {"running": 0, "concurrency": 5}}, declarations={NAME: "another"})
    assert (await worker(store)).drift == (NAME,)
    assert (await view(store)).drift == 1


async def test_what_is_published_has_the_fingerprint_of_what_is_declared(store: Store):
    published = await store.published_queues()
    assert fingerprint(published[NAME]) == fingerprint(declarations([QUEUE])[NAME])
    other = Queue(NAME, "to be steered", concurrency=6)
    assert fingerprint(declarations([other])[NAME]) != fingerprint(published[NAME])


async def test_the_doctor_names_workers_that_do_not_hear_and_those_that_run_other_code(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    await beat(store, "w1")
    await beat(store, "w2", queues={NAME: {"running": 0, "concurrency": 5}}, declarations={NAME: "another"})
    await quiet_worker(store, "w1", actor="ada")

    async def wrong() -> list[str]:
        return [one.found for one in await examination.examine(store) if one.check == "worker"]

    assert await wrong() == ["w2 declares test:steered otherwise than published"]
    monkeypatch.setattr(examination, "DEAF_MS", -1)
    assert "w1 does not hear that it was asked to quiet" in await wrong()
