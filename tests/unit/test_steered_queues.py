"""Live settings on a real server: who, why and until when, what was before, what is refused."""

from datetime import timedelta

import msgspec
import pytest

from arqlight_core import observe
from arqlight_core.declaration import Queue
from arqlight_core.errors import UsageError
from arqlight_core.observe import SettingView
from arqlight_core.operations import (
    reset_setting,
    set_breaker,
    set_concurrency,
    set_deadline,
    set_fleet_concurrency,
    set_rate,
    set_retry,
    set_timeout,
)
from arqlight_core.policy import HOUR, MINUTE, SECOND, Backoff, Dependency, Limit, Rate
from arqlight_core.run import Run
from arqlight_core.store import scripts
from arqlight_core.store.declarations import publish
from arqlight_core.store.gateway import Store
from tests.store.line import eventually
from tests.unit.steered import NAME, SENDING, beat, view

pytestmark = pytest.mark.usefixtures("steered")
SOON = SECOND / 20


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


async def test_retries_are_set_by_job_type_and_a_lonely_one_need_not_be_named(store: Store):
    queue = Queue(NAME, "to be steered", concurrency=1)
    queue.job("page.read", Page, timeout=SECOND, retry=Backoff(3))(read)
    await publish(store, [queue])
    report = await set_retry(store, NAME, "attempts=5", actor="ada")
    waits = "first=2 s, factor=2, cap=15 min, jitter=0.1"
    told = f"set retry:page.read of test:steered from attempts=3, {waits} to attempts=5, {waits}, until it is reset"
    assert report.summary == told
    queue.job("page.send", Page, timeout=SECOND, retry=Backoff(3))(read)
    await publish(store, [queue])
    with pytest.raises(UsageError, match=r"Say which job type .* it has: page.read, page.send"):
        await set_retry(store, NAME, "attempts=5", actor="ada")
    await set_retry(store, NAME, "page.send=2", actor="ada")
    assert (await setting(store, "retry:page.send")).effective == f"attempts=2, {waits}"
    await set_retry(store, NAME, "page.send=steps=5s/5m, jitter=0", actor="ada")
    assert (await setting(store, "retry:page.send")).effective == "steps=5 s/5 min, jitter=0"
    with pytest.raises(UsageError, match="whole number"):
        await set_retry(store, NAME, "page.send=0", actor="ada")


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


async def test_rules_of_a_breaker_are_a_dependencys_behind_its_name(store: Store):
    queue = Queue(NAME, "to be steered", concurrency=1)
    needs = (Dependency("fake-api"),)
    queue.job("page.read", Page, timeout=SECOND, retry=Backoff(3), needs=needs)(read)
    await publish(store, [queue])
    await set_breaker(store, NAME, "fake-api=faults=2", actor="ada")
    assert (await setting(store, "breaker:fake-api")).effective.startswith("faults=2, open_for=5 min, ")
    await set_breaker(store, NAME, "faults=4", actor="ada")
    assert (await setting(store, "breaker")).effective.startswith("faults=4, ")
    with pytest.raises(UsageError, match=r"no live setting breaker:other; it has: .*breaker:fake-api"):
        await set_breaker(store, NAME, "other=faults=2", actor="ada")


async def test_a_live_value_that_contradicts_what_counts_now_is_refused(store: Store):
    queue = Queue(NAME, "to be steered", concurrency=1)
    queue.job("page.read", Page, timeout=MINUTE, retry=Backoff(1), deadline=HOUR)(read)
    await publish(store, [queue])
    with pytest.raises(UsageError, match=r"job type page.read then has a timeout longer than its deadline \(1 h\)"):
        await set_timeout(store, NAME, "2h", actor="ada")
    await set_deadline(store, NAME, "3h", actor="ada")
    await set_timeout(store, NAME, "2h", actor="ada")
    with pytest.raises(UsageError, match="has a timeout longer than its deadline"):
        await set_deadline(store, NAME, "page.read=1h", actor="ada")
