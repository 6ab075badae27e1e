"""admit.lua, report.lua and keep.lua: breakers of dependencies."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest

from arqlight_core import observe
from arqlight_core.policy import Dependency
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import SHARED
from arqlight_core.store.lease_line import LeaseLine
from arqlight_core.store.scripts import Hold, Steering, Verdict
from arqlight_fleet.admission import Demands
from arqlight_fleet.holds import Holds
from tests.store.gate import LEASE_MS, MS, Api, Gate, breaker_turns, limited, quick, rate

SITE = Demands("site:42", (), ())


# ------------------------------------------------------------------ when it opens


async def test_it_opens_when_so_many_jobs_in_a_row_have_failed(gate: Gate, api: Api):
    await api.calls("fault", "fault")
    assert await api.state() == "closed"
    await api.calls("fault")
    denial = await api.denied()
    assert (denial.kind, denial.name, denial.why) == ("breaker", "api", "is open")
    assert 50_000 < denial.wait_ms <= 60_000
    assert await breaker_turns(gate) == [("closed", "open")]


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
    assert await breaker_turns(gate) == [("closed", "blocked")]
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
    assert await breaker_turns(gate) == [("closed", "open"), ("open", "half-open"), ("half-open", "closed")]


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
