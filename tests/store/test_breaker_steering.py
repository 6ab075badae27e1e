"""What operators do to breakers, and what they see of them."""

from datetime import timedelta

import pytest

from arqlight_core import observe
from arqlight_core.errors import BreakerNotFound, UsageError
from arqlight_core.observe import Rule
from arqlight_core.operations import close_breaker, half_open_breaker, reset_breaker, trip_breaker
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import SHARED
from arqlight_core.store.scripts import Steering
from tests.store.gate import LEASE_MS, MS, Api, Gate, breaker_turns, quick

FAR = timedelta(minutes=10)


async def test_a_breaker_that_an_operator_has_set_is_there_to_be_steered(gate: Gate):
    await gate.store.publish_queues({"crm:mail": {"wire": "arq:{crm:mail}", "breaker": ""}})
    assert await observe.breakers(gate.store) == ()
    await gate.store.run(scripts.override("crm:mail", "breaker", "faults=3", "ann", "", 0))
    [view] = await observe.breakers(gate.store)
    assert (view.name, view.rules) == ("crm:mail", "faults=3")
    await gate.store.run(scripts.override("crm:mail", "breaker", "none", "ann", "", 0))
    assert await observe.breakers(gate.store) == ()


async def test_forced_open_it_holds_everybody_until_its_time_is_over(gate: Gate, api: Api, declared: Store):
    report = await trip_breaker(declared, "api", actor="ada", reason="maintenance", for_=400 * MS)
    assert (report.changed, report.summary) == (1, "told to force breaker api open for 0.4 s")
    denial = await api.denied()
    assert (denial.why, denial.wait_ms <= 400) == ("is forced open", True)
    await gate.wait(401)
    await api.enter()
    assert await breaker_turns(gate) == [("closed", "forced open"), ("forced open", "closed")]


async def test_open_though_nobody_waits_for_it_it_is_an_alert_until_it_is_not(api: Api, declared: Store):
    async def told() -> list[tuple[str, str, str, bool]]:
        found = observe.alerts(await observe.fleet(declared), await observe.surroundings(declared))
        return [(one.queue, one.name, one.text, one.since_ms > 0) for one in found if one.rule is Rule.BREAKER]

    assert await told() == []
    await api.tripped()
    [(queue, name, text, dated)] = await told()
    assert (queue, name, dated) == ("", "api", True)
    assert text.startswith("the breaker of api is open, though no job waits for it: ")
    await close_breaker(declared, "api", actor="ada")
    assert await told() == []
    await trip_breaker(declared, "api", actor="ada", reason="maintenance")
    assert [one[2] for one in await told()] == ["the breaker of api is open, though no job waits for it: maintenance"]


async def test_forced_closed_it_lets_everybody_in_and_goes_on_to_judge(api: Api, declared: Store):
    await close_breaker(declared, "api", actor="ada")
    await api.tripped()
    for _ in range(5):
        await api.enter()
    own = (await observe.breakers(declared))[1]
    assert own.forced is not None
    assert (own.state, own.forced.state, own.forced.by, own.condition) == ("open", "closed", "ada", "forced closed")


async def test_made_half_open_it_tries_at_once(api: Api, declared: Store):
    await api.tripped()
    await trip_breaker(declared, "api", actor="ada")
    assert (await half_open_breaker(declared, "api", actor="ada")).changed == 1
    await api.calls("ok", "ok")
    assert await api.state() == "closed"


async def test_made_half_open_it_tries_at_once_though_it_was_told_to_wait(gate: Gate, api: Api, declared: Store):
    await api.leave(await api.enter(), "limited", wait_ms=60_000)
    assert (await api.denied()).why == "was told to wait"
    assert (await half_open_breaker(declared, "api", actor="ada")).changed == 1
    assert (await observe.breaker(declared, "api")).condition == "half-open"
    assert await breaker_turns(gate) == [("closed", "blocked"), ("blocked", "closed"), ("closed", "half-open")]
    await api.calls("ok", "ok")
    assert await api.state() == "closed"


async def test_made_half_open_again_it_ends_what_a_probe_was_told_to_wait(gate: Gate, api: Api, declared: Store):
    await half_open_breaker(declared, "api", actor="ada")  # one that nobody has asked yet
    await api.leave(await api.enter(), "limited", wait_ms=60_000)
    assert (await half_open_breaker(declared, "api", actor="ada")).changed == 1
    assert (await breaker_turns(gate))[-1] == ("blocked", "half-open")
    await api.enter()
    assert (await half_open_breaker(declared, "api", actor="ada")).changed == 0


async def test_whatever_a_reset_changes_of_a_closed_breaker_is_told(gate: Gate, api: Api, declared: Store):
    await api.leave(await api.enter(), "limited", wait_ms=60_000)
    assert (await reset_breaker(declared, "api", actor="ada", reason="called them")).changed == 1
    await api.calls("fault", "fault")
    assert (await reset_breaker(declared, "api", actor="ada")).changed == 1
    turns = await breaker_turns(gate)
    assert turns == [("closed", "blocked"), ("blocked", "closed"), ("2 in a row failed", "closed")]
    assert (await reset_breaker(declared, "api", actor="ada")).changed == 0
    assert await breaker_turns(gate) == turns


async def test_a_reset_forgets_everything(gate: Gate, declared: Store):
    api = Api(gate, quick(open_for=FAR))
    await api.leave(await api.enter(), "limited", wait_ms=60_000)
    await reset_breaker(declared, "api", actor="ada")
    await api.tripped()
    await trip_breaker(declared, "api", actor="ada")
    assert (await reset_breaker(declared, "api", actor="ada")).changed == 1
    await api.calls("fault", "fault")
    assert await api.state() == "closed"


async def test_an_operation_says_when_there_was_nothing_to_do_and_a_dry_run_does_nothing(api: Api, declared: Store):
    plan = await trip_breaker(declared, "api", actor="ada", dry_run=True)
    assert (plan.changed, plan.summary) == (0, "would force breaker api open, until it is reset; it is closed")
    await api.enter()
    assert (await reset_breaker(declared, "api", actor="ada")).skipped == {"stood so already": 1}
    await trip_breaker(declared, "api", actor="ada")
    assert (await trip_breaker(declared, "api", actor="bob")).changed == 0


@pytest.mark.parametrize("span", [0 * MS, -MS])
async def test_what_would_be_forced_for_no_time_is_refused(declared: Store, span: timedelta):
    for operation in (trip_breaker, close_breaker):
        with pytest.raises(UsageError, match="for no time changes nothing"):
            await operation(declared, "api", actor="ada", for_=span)
    assert (await observe.breaker(declared, "api")).forced is None


async def test_a_breaker_that_is_not_declared_is_refused_and_the_known_ones_are_told(declared: Store):
    with pytest.raises(BreakerNotFound, match="no breaker smtp; known are: api, crm:mail"):
        await trip_breaker(declared, "smtp", actor="ada")


async def test_a_view_shows_evidence_state_and_the_last_turn(gate: Gate, declared: Store):
    api = Api(gate, quick(open_for=FAR))
    await api.calls("ok", "fault", "fault")
    before = (await observe.breakers(declared))[1]
    assert (before.name, before.kind, before.queues, before.condition) == ("api", "dependency", ("crm:mail",), "closed")
    assert (before.in_a_row, before.calls, before.faults, before.trips) == (2, 3, 2, 0)
    await api.calls("fault")
    await api.denied()
    view = await observe.breaker(declared, "api")
    assert view.half_open_in_ms is not None
    assert 590_000 < view.half_open_in_ms <= 600_000
    assert (view.condition, view.trips, view.generation, view.denied) == ("open", 1, 1, 1)
    assert view.last.why == "3 jobs in a row failed"
    assert view.last.by.startswith("job")


async def test_probes_that_are_out_are_shown(api: Api, declared: Store):
    await api.half_open()
    await api.enter()
    view = await observe.breaker(declared, "api")
    assert (view.condition, view.probes, view.half_open_in_ms) == ("half-open", 1, None)


async def test_keeping_house_closes_what_nobody_has_asked_and_ends_what_is_over(gate: Gate, api: Api):
    await api.half_open()
    assert not await gate.store.run(scripts.recover(SHARED, "api", 60_000))
    await gate.wait(60)
    assert await gate.store.run(scripts.recover(SHARED, "api", 50))
    assert await api.state() == "closed"
    await gate.store.run(scripts.steer(SHARED, "api", Steering("open", 20, "ada", "")))
    await gate.wait(21)
    assert await gate.store.run(scripts.recover(SHARED, "api", 50))
    assert not await gate.store.run(scripts.recover(SHARED, "api", 50))


async def test_a_breaker_is_not_asked_more_than_it_has_leases_for(api: Api):
    """A probe whose holder's clock was ahead does not block its place for longer than a lease."""
    await api.half_open()
    await api.enter()
    ahead = await api.gate.store.time_ms() + 3_600_000
    key = f"{SHARED.prefix}breaker.probes:api"
    await api.gate.raw.zadd(key, dict.fromkeys(await api.gate.raw.zrange(key, 0, -1), ahead))
    await api.denied()
    [(_, ends)] = await api.gate.raw.zrange(key, 0, -1, withscores=True)
    assert ends <= await api.gate.store.time_ms() + LEASE_MS
