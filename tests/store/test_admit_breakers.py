"""admit.lua, report.lua and keep.lua: breakers of dependencies, and keys of which one job runs at a time."""

import asyncio
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from arqlight_core import observe
from arqlight_core.errors import BreakerNotFound
from arqlight_core.operations import close_breaker, half_open_breaker, reset_breaker, trip_breaker
from arqlight_core.policy import Dependency
from arqlight_core.store import scripts
from arqlight_core.store.gateway import LeaseLine, Store
from arqlight_core.store.keys import SHARED
from arqlight_core.store.scripts import Hold, Steering, Verdict
from arqlight_fleet.admission import Demands
from arqlight_fleet.holds import Holds
from tests.store.gate import LEASE_MS, MS, Api, Gate, limited, quick, rate

SITE = Demands("site:42", (), ())
FAR = timedelta(minutes=10)


@pytest.fixture
def api(gate: Gate) -> Api:
    return Api(gate, quick())


async def events(gate: Gate) -> list[tuple[str, str]]:
    """Every turn that was told, oldest first: from, to."""
    told = await gate.raw.xrange(SHARED.events)
    return [(row[b"from"].decode(), row[b"to"].decode()) for _, row in told if row[b"kind"] == b"breaker"]


# ------------------------------------------------------------------ when it opens


async def test_it_opens_when_so_many_jobs_in_a_row_have_failed(gate: Gate, api: Api):
    await api.calls("fault", "fault")
    assert await api.state() == "closed"
    await api.calls("fault")
    denial = await api.denied()
    assert (denial.kind, denial.name, denial.why) == ("breaker", "api", "is open")
    assert 50_000 < denial.wait_ms <= 60_000
    assert await events(gate) == [("closed", "open")]


async def test_one_job_that_fails_again_and_again_does_not_open_it(api: Api):
    for _ in range(10):
        await api.leave(await api.enter("stubborn"), "fault")
    assert await api.state() == "closed"


async def test_a_success_in_between_starts_the_row_anew(api: Api):
    await api.calls("fault", "fault", "ok", "fault", "fault")
    assert await api.state() == "closed"


@pytest.mark.parametrize("neutral", ["", "limited"])
async def test_what_says_nothing_of_the_dependency_neither_counts_nor_comforts(api: Api, neutral: str):
    await api.calls("fault", "fault", neutral)
    assert await api.state() == "closed"
    await api.calls("fault")
    assert await api.state() == "open"


async def test_a_share_of_faults_opens_it_once_enough_calls_were_made(gate: Gate):
    api = Api(gate, quick(faults=100, rate=0.5, min_calls=6))
    await api.calls("fault", "fault", "ok", "fault", "ok")
    assert await api.state() == "closed"
    await api.calls("fault")
    assert await api.state() == "open"


async def test_calls_before_the_window_do_not_count(gate: Gate):
    api = Api(gate, quick(faults=100, rate=0.5, min_calls=4, window=100 * MS))
    await api.calls("fault", "fault", "fault")
    await gate.wait(130)
    await api.calls("ok", "ok", "fault")
    assert await api.state() == "closed"


async def test_calls_before_the_window_are_not_shown_either(gate: Gate, declared: Store):
    api = Api(gate, quick(window=200 * MS))
    await api.calls("ok", "fault")
    await gate.wait(221)
    view = await observe.breaker(declared, "api")
    assert (view.calls, view.faults, view.in_a_row) == (0, 0, 1)


async def test_a_refusal_as_misconfigured_opens_it_at_once(api: Api):
    await api.calls("config")
    assert await api.state() == "open"


async def test_being_told_to_wait_holds_everybody_until_then_and_is_no_fault(gate: Gate, api: Api):
    await api.leave(await api.enter(), "limited", wait_ms=500)
    denial = await api.denied()
    assert denial.why == "was told to wait"
    assert 0 < denial.wait_ms <= 500
    assert await events(gate) == [("closed", "blocked")]
    await gate.wait(500)
    await api.enter()
    assert await api.state() == "closed"


# ------------------------------------------------------------------ how it closes again


async def test_open_long_enough_it_lets_no_more_probes_in_than_its_quota(gate: Gate):
    api = Api(gate, quick(probes=3))
    await api.half_open()
    answers = await asyncio.gather(*(gate.ask(api.demands) for _ in range(50)))
    assert sum(one.denial is None for one in answers) == 3
    assert {one.denial.why for one in answers if one.denial} == {"is half-open"}
    assert all(way.is_probe for one in answers for way in one.passes)


async def test_enough_probes_that_go_well_close_it(gate: Gate, api: Api):
    await api.half_open()
    await api.calls("ok")
    assert await api.state() == "half-open"
    await api.calls("ok")
    assert await api.state() == "closed"
    assert await events(gate) == [("closed", "open"), ("open", "half-open"), ("half-open", "closed")]


async def test_one_probe_that_fails_opens_it_for_twice_as_long(api: Api):
    await api.half_open()
    await api.calls("ok", "fault")
    assert await api.state() == "open"
    assert await api.field("until") - await api.field("since") == 120_000
    await api.open_long_enough()
    await api.calls("config")
    assert await api.field("until") - await api.field("since") == 240_000
    assert await api.field("trips") == 3


async def test_it_is_open_for_half_an_hour_at_most_however_often_probes_fail(gate: Gate):
    api = Api(gate, quick())
    await api.tripped()
    await gate.raw.hset(f"{SHARED.prefix}breaker:api", mapping={"until": 1, "reopened": 40})
    await api.calls("fault")
    assert await api.field("until") - await api.field("since") == 1_800_000


async def test_a_probe_whose_end_says_nothing_makes_room_for_another(api: Api):
    await api.half_open()
    await api.leave(await api.enter(), "")
    await api.enter()
    assert (await api.denied()).why == "is half-open"


async def test_a_dead_probes_place_is_free_within_its_lease_and_its_late_report_counts_for_nothing(api: Api):
    await api.half_open()
    dead = await api.enter(lease_ms=400)
    assert (await api.denied()).why == "is half-open"
    await api.gate.wait(401)
    await api.enter()
    await api.leave(dead, "fault")
    assert await api.state() == "half-open"


async def test_a_probe_that_is_kept_holds_its_place(api: Api):
    await api.half_open()
    lease, _ = await api.enter(lease_ms=300)
    for _ in range(3):
        assert await api.gate.keep(Hold(lease, "probe", "api"), lease_ms=300) == [True]
        await api.gate.wait(130)
    assert (await api.denied()).why == "is half-open"
    await api.gate.wait(301)
    await api.enter()
    assert await api.gate.keep(Hold(lease, "probe", "api")) == [False]


async def test_a_probe_runs_on_when_the_breaker_turns_and_its_place_is_gone(gate: Gate, api: Api):
    await api.half_open()
    (lease, _), told = await api.enter(), list[str]()
    holds, line = Holds(), LeaseLine(gate.store.url)
    holds.take([Hold(lease, "probe", "api")], lambda: told.append("probe"))
    holds.take([Hold(lease, "exclusive", "site:42")], lambda: told.append("exclusive"))
    await gate.let_in(SITE)
    await gate.store.run(scripts.steer(SHARED, "api", Steering("reset", 0, "ada", "mended")))
    for on_lost in holds.renew(line, LEASE_MS):
        on_lost()
    line.close()
    assert told == ["exclusive"]


@pytest.mark.parametrize("verdict", ["ok", "fault", "config"])
async def test_a_report_of_an_earlier_generation_is_ignored(api: Api, verdict: str):
    early = await api.enter()
    await api.half_open()
    await api.enter()
    before = await api.field("generation")
    await api.leave(early, verdict)
    assert (await api.state(), await api.field("generation"), await api.field("passed")) == ("half-open", before, 0)


@pytest.mark.parametrize("verdict", ["fault", "config"])
async def test_a_fault_of_before_it_opened_does_not_count_when_it_is_closed_again(api: Api, verdict: str):
    early = await api.enter()
    await api.half_open()
    await api.calls("ok", "ok", "fault", "fault")
    await api.leave(early, verdict)
    assert await api.state() == "closed"


async def test_once_closed_the_flow_grows(gate: Gate):
    api = Api(gate, quick(probes=2, successes=1, ramp=timedelta(seconds=10)))
    await api.half_open()
    await api.calls("ok")
    admitted = [(await gate.ask(api.demands)).denial is None for _ in range(10)]
    assert admitted == [True] * 2 + [False] * 8
    denial = await api.denied()
    assert denial.why == "has just closed"
    await gate.passed(int(await api.field("since")) + 1_000)
    assert sum([(await gate.ask(api.demands)).denial is None for _ in range(10)]) == 4


async def test_after_the_ramp_everybody_comes_in(gate: Gate):
    api = Api(gate, quick(successes=1, ramp=50 * MS))
    await api.half_open()
    await api.calls("ok")
    await gate.passed(int(await api.field("ramp")))
    for _ in range(20):
        await api.enter()


async def test_those_it_turns_away_do_not_all_come_back_at_once(gate: Gate):
    api = Api(gate, quick())
    await api.tripped()
    assert 50_000 < (await api.denied()).wait_ms <= 60_000
    line = [(await api.denied(), await api.field("line"))[1] for _ in range(30)]
    assert [later - earlier for earlier, later in pairwise(line)] == [20] * 29


async def test_a_clock_that_was_set_back_does_not_keep_it_open(gate: Gate, api: Api):
    await api.tripped()
    ahead = await gate.store.time_ms() + 3_600_000
    await gate.raw.hset(f"{SHARED.prefix}breaker:api", mapping={"since": ahead, "until": ahead + 100})
    assert (await api.denied()).wait_ms <= 101
    await gate.wait(101)
    await api.enter()


# ------------------------------------------------------------------ lost answers, several demands


async def test_a_repeated_call_takes_no_second_probe(api: Api):
    await api.half_open()
    lease = api.gate.lease()
    first = await api.gate.ask(api.demands, lease)
    assert await api.gate.ask(api.demands, lease) == first
    await api.gate.report(lease, Verdict("api", first.passes[0].generation, ""))
    await api.enter()


async def test_a_repeated_report_counts_once(api: Api):
    await api.half_open()
    run = await api.enter()
    assert await api.leave(run, "ok")
    assert not await api.leave(run, "ok")
    assert (await api.state(), await api.field("passed")) == ("half-open", 1)


async def test_an_admission_that_arrives_after_the_report_takes_nothing(gate: Gate):
    lease = gate.lease()
    await gate.let_in(SITE, lease)
    await gate.report(lease, exclusive="site:42")
    assert (await gate.denied(SITE, lease)).kind == "over"
    assert await gate.keep(Hold(lease, "exclusive", "site:42")) == [False]
    await gate.let_in(SITE)


async def test_what_a_breaker_turns_away_charges_no_limit_and_takes_no_key(gate: Gate, api: Api):
    await api.tripped()
    email = limited(rate(1, 60_000))
    needs = (Dependency("api", api.breaker),)
    assert (await gate.denied(Demands("site:42", needs, (email,)))).kind == "breaker"
    await gate.let_in(Demands("site:42", (), (email,)))


async def test_what_a_limit_turns_away_takes_no_probe_and_no_key(gate: Gate, api: Api):
    await api.half_open()
    email = limited(rate(1, 60_000))
    await gate.let_in(Demands("", (), (email,)))
    assert (await gate.denied(Demands("site:42", (Dependency("api", api.breaker),), (email,)))).kind == "limit"
    await gate.let_in(SITE)
    await api.enter()


async def test_a_job_that_needs_two_things_waits_for_each(gate: Gate, api: Api):
    other = Api(gate, quick(), "mail")
    await other.tripped()
    both = Demands("", (Dependency("api", api.breaker), Dependency("mail", other.breaker)), ())
    assert (await gate.denied(both)).name == "mail"
    await other.open_long_enough()
    assert [way.dependency for way in await gate.let_in(both)] == ["api", "mail"]


# ------------------------------------------------------------------ one running per key


async def test_of_a_key_one_job_runs_and_the_others_hear_which(gate: Gate):
    lease = gate.lease("{wp:fix}:7")
    await gate.let_in(SITE, lease)
    denial = await gate.denied(SITE)
    assert (denial.kind, denial.name, denial.holder, denial.why, denial.wait_ms) == (
        "exclusive",
        "site:42",
        "{wp:fix}:7",
        "job {wp:fix}:7 is running",
        1_000,
    )
    await gate.let_in(Demands("site:43", (), ()))
    await gate.report(lease, exclusive="site:42")
    await gate.let_in(SITE)


async def test_those_who_find_a_key_taken_look_again_one_after_the_other_within_a_minute(gate: Gate):
    await gate.let_in(SITE)
    assert (await gate.denied(SITE)).wait_ms == 1_000
    key = f"{SHARED.prefix}line:site:42"
    line = [(await gate.denied(SITE), int(await gate.raw.get(key)))[1] for _ in range(20)]
    assert all(later - earlier >= 100 for earlier, later in pairwise(line))
    await gate.raw.set(key, await gate.store.time_ms() + 3_600_000)
    assert (await gate.denied(SITE)).wait_ms <= 60_000


async def test_only_its_holder_gives_a_key_back(gate: Gate):
    await gate.let_in(SITE)
    await gate.report(gate.lease(), exclusive="site:42")
    await gate.denied(SITE)


async def test_a_dead_jobs_key_is_free_within_its_lease_and_a_living_ones_is_kept(gate: Gate):
    lease = gate.lease()
    hold = Hold(lease, "exclusive", "site:42")
    await gate.let_in(SITE, lease, lease_ms=300)
    for _ in range(3):
        assert await gate.keep(hold, lease_ms=300) == [True]
        await gate.wait(130)
    await gate.denied(SITE)
    await gate.wait(301)
    heir = gate.lease()
    await gate.let_in(SITE, heir)
    assert await gate.keep(hold, Hold(heir, "exclusive", "site:42")) == [False, True]


async def test_a_key_that_lapsed_while_nobody_could_renew_is_its_owners_again(gate: Gate):
    lease = gate.lease()
    await gate.let_in(SITE, lease, lease_ms=20)
    await gate.wait(21)
    assert await gate.keep(Hold(lease, "exclusive", "site:42")) == [True]
    await gate.denied(SITE)


# ------------------------------------------------------------------ operators


@pytest.fixture
async def declared(gate: Gate) -> Store:
    """A queue with a breaker of its own, and a job type that needs `api`."""
    told: dict[str, Any] = {
        "wire": "arq:{crm:mail}",
        "breaker": "faults=3",
        "job_types": {"crm.mail": {"needs": {"api": "faults=3"}}},
    }
    await gate.store.publish_queues({"crm:mail": told})
    return gate.store


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
    assert await events(gate) == [("closed", "forced open"), ("forced open", "closed")]


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
