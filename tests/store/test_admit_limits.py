"""admit.lua and limits: no span ever holds more than its limit, all limits are charged or none, denied jobs spread."""

import asyncio
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from arqlight_core import observe
from arqlight_core.policy import Limit, Rate
from arqlight_core.store import scripts
from arqlight_core.store.keys import SHARED
from arqlight_core.store.scripts import Admission, script
from arqlight_fleet.admission import Demands
from tests.store.gate import LEASE_MS, Gate, limited, rate

HOUR_MS = 3_600_000
EXACT = "sliding log"
BOTH_KINDS = pytest.mark.parametrize("kind", [EXACT, "GCRA"])


def demanding(*limits: tuple[Limit, str]) -> Demands:
    return Demands("", (), limits)


def most_in_a_span(moments: Sequence[int], span: int) -> int:
    """How many at most lie within any half-open span of that length."""
    moments = sorted(moments)
    return max((sum(first <= one < first + span for one in moments) for first in moments), default=0)


async def timed(gate: Gate, demands: Demands) -> tuple[int, int, Admission]:
    """An admission between two looks at the server's clock (us), all in one transaction."""
    call = scripts.admit(gate.lease(), 0.0, 0, LEASE_MS, demands.told)
    await gate.raw.script_load(script("admit").source)
    async with gate.raw.pipeline(transaction=True) as pipe:
        pipe.time()
        pipe.evalsha(script("admit").sha, 2, *SHARED.both, *call.arguments)
        pipe.time()
        before, answer, after = await pipe.execute()
    return before[0] * 1_000_000 + before[1], after[0] * 1_000_000 + after[1], call.read(answer)


rates = st.builds(rate, st.integers(1, 6), st.integers(20, 60), st.integers(1, 6))
gaps_ms = st.lists(st.sampled_from([0, 0, 0, 1, 3, 8, 20, 45]), min_size=20, max_size=50)


@BOTH_KINDS
@settings(
    max_examples=12,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(windows=st.lists(rates, min_size=1, max_size=2, unique_by=lambda one: one.per), gaps=gaps_ms)
async def test_no_span_holds_more_than_its_limit_however_jobs_arrive(
    gate: Gate, kind: str, windows: list[Rate], gaps: list[int]
):
    await gate.raw.flushall()
    demands = demanding(limited(*windows, exact=kind == EXACT))
    admitted: list[int] = []
    doubt = 0
    for gap in gaps:
        await asyncio.sleep(gap / 1000)
        before, after, admission = await timed(gate, demands)
        doubt = max(doubt, after - before)
        if admission.denial is None:
            admitted.append(before)
    assert admitted
    for window in windows:
        span = round(window.per.total_seconds() * 1_000_000) - doubt
        assert most_in_a_span(admitted, span) <= window.limit


async def test_an_exact_limit_lets_all_of_it_go_at_once_and_the_next_when_the_first_is_past(gate: Gate):
    demands = demanding(limited(rate(3, 400)))
    for _ in range(3):
        await gate.let_in(demands)
    denial = await gate.denied(demands)
    assert (denial.kind, denial.name, denial.key, denial.why) == ("limit", "email", "acme", "3 per 0.4 s")
    assert 0 < denial.wait_ms <= 400
    await gate.wait(denial.wait_ms)
    await gate.let_in(demands)


async def test_a_spread_limit_lets_its_burst_go_at_once_and_the_others_one_by_one(gate: Gate):
    demands = demanding(limited(rate(10, 6_000, burst=2), exact=False))
    await gate.let_in(demands)
    await gate.let_in(demands)
    denial = await gate.denied(demands)
    assert 1 <= denial.wait_ms <= 667  # 6000 / (10 - 2 + 1)


@pytest.mark.parametrize("burst", [1, 5, 9])
async def test_a_burst_as_large_as_the_limit_or_larger_does_not_break_it(gate: Gate, burst: int):
    demands = demanding(limited(rate(5, 60_000, burst), exact=False))
    answers = [await gate.ask(demands) for _ in range(20)]
    assert sum(one.denial is None for one in answers) == min(burst, 5)


async def test_every_key_is_counted_by_itself(gate: Gate):
    for key in ("acme", "bolt", ""):
        await gate.let_in(demanding(limited(rate(1, 60_000), key=key)))
    assert (await gate.denied(demanding(limited(rate(1, 60_000), key="bolt")))).key == "bolt"


async def test_two_limits_whose_names_and_keys_run_together_are_not_one(gate: Gate):
    await gate.let_in(demanding(limited(rate(1, 60_000), name="a", key="b:c")))
    await gate.let_in(demanding(limited(rate(1, 60_000), name="a:b", key="c")))


@BOTH_KINDS
async def test_several_limits_are_charged_together_or_not_at_all(gate: Gate, kind: str):
    tenant = limited(rate(2, 60_000, 2), name="tenant", exact=kind == EXACT)
    sender = limited(rate(1, 60_000), name="sender", exact=kind == EXACT)
    await gate.let_in(demanding(sender))
    for _ in range(5):
        assert (await gate.denied(demanding(tenant, sender))).name == "sender"
    await gate.let_in(demanding(tenant))
    await gate.let_in(demanding(tenant))


async def test_the_window_that_binds_longest_is_told(gate: Gate):
    demands = demanding(limited(rate(1, 400), rate(2, 60_000)))
    await gate.let_in(demands)
    assert (await gate.denied(demands)).why == "1 per 0.4 s"
    await gate.wait(401)
    await gate.let_in(demands)
    denial = await gate.denied(demands)
    assert denial.why == "2 per min"
    assert 50_000 < denial.wait_ms <= 60_000


@BOTH_KINDS
async def test_a_repeated_call_is_answered_as_before_and_charges_nothing(gate: Gate, kind: str):
    demands = demanding(limited(rate(2, 60_000, 2), exact=kind == EXACT))
    lease = gate.lease()
    assert [await gate.ask(demands, lease) for _ in range(4)] == [Admission()] * 4
    await gate.let_in(demands)
    refused = gate.lease()
    first = await gate.denied(demands, refused)
    assert await gate.denied(demands, refused) == first
    [view] = (await gate.store.run(scripts.limits(20, ["email"])))[1:]
    assert view[0] == 1  # one denial


async def test_two_queues_with_the_same_fence_are_two_runs(gate: Gate):
    demands = demanding(limited(rate(1, 60_000)))
    one = gate.lease("{a:a}:1")
    other = type(one)(type(one.job_id)("{b:b}:1"), one.owner, one.fence)
    await gate.let_in(demands, one)
    await gate.denied(demands, other)


@BOTH_KINDS
async def test_a_clock_that_was_set_back_locks_no_key_out(gate: Gate, kind: str):
    demands = demanding(limited(rate(2, 100, 2), exact=kind == EXACT))
    await gate.let_in(demands)
    ahead = (await gate.store.time_ms() + HOUR_MS) * 1000
    if kind == EXACT:
        await gate.raw.zadd(f"{SHARED.prefix}log:email|acme", {"x": ahead, "y": ahead})
    else:
        await gate.raw.hset(f"{SHARED.prefix}pace:email|acme", "100", ahead)
    assert (await gate.denied(demands)).wait_ms <= 200
    await gate.wait(201)
    await gate.let_in(demands)


@BOTH_KINDS
async def test_what_is_kept_of_a_key_goes_by_itself(gate: Gate, kind: str):
    demands = demanding(limited(rate(1, 5_000), exact=kind == EXACT))
    await gate.let_in(demands)
    await gate.denied(demands)
    kept = [key.decode() for key in await gate.raw.keys("*") if b"email" in key]
    assert kept
    assert min([await gate.raw.pttl(key) for key in kept]) > 0


async def test_a_log_forgets_what_its_longest_window_no_longer_counts(gate: Gate):
    demands = demanding(limited(rate(5, 20), rate(1000, 40)))
    for _ in range(3):
        await gate.let_in(demands)
        await gate.wait(41)
    assert await gate.raw.zcard(f"{SHARED.prefix}log:email|acme") == 1


async def test_denied_jobs_of_a_key_come_back_one_by_one(gate: Gate):
    demands = demanding(limited(rate(10, 1_000)))
    for _ in range(10):
        await gate.let_in(demands)
    lines = f"{SHARED.prefix}lines:email|acme"
    line = [(await gate.denied(demands), float(await gate.raw.hget(lines, "0.0")))[1] for _ in range(40)]
    assert all(later - earlier >= 100 for earlier, later in pairwise(line))
    assert 3_500 < (await gate.denied(demands)).wait_ms <= 5_000


async def test_a_higher_lane_has_a_line_of_its_own(gate: Gate):
    demands = demanding(limited(rate(1, 1_000)))
    await gate.let_in(demands)
    low = [(await gate.denied(demands)).wait_ms for _ in range(5)]
    high = await gate.denied(demands, lane=0.75)
    assert high.wait_ms <= low[0] < low[-1]


async def test_a_job_that_was_beaten_to_its_moment_does_not_go_to_the_end_of_the_line(gate: Gate):
    demands = demanding(limited(rate(1, 1_000)))
    await gate.let_in(demands)
    last = [await gate.denied(demands) for _ in range(20)][-1]
    beaten = [(await gate.denied(demands, again=1)).wait_ms for _ in range(2)]
    assert beaten[0] <= 1_000 < beaten[1] < 2_100 < last.wait_ms


async def test_nobody_waits_longer_than_an_hour_for_a_place_in_line(gate: Gate):
    demands = demanding(limited(rate(1, 86_400_000)))
    await gate.let_in(demands)
    waits = [(await gate.denied(demands)).wait_ms for _ in range(6)]
    assert max(waits) <= HOUR_MS


async def test_denials_and_whom_they_concern_can_be_seen(gate: Gate):
    told = {"wire": "arq:{crm:email}", "limits": {"email": {"rates": ["1 per min"], "exact": True}}}
    await gate.store.publish_queues({"crm:email": told})
    for key in ("acme", "bolt"):
        await gate.let_in(demanding(limited(rate(1, 60_000), key=key)))
    await gate.denied(demanding(limited(rate(1, 60_000), key="acme")))
    await gate.denied(demanding(limited(rate(1, 60_000), key="acme")))
    await gate.denied(demanding(limited(rate(1, 60_000), key="bolt")))
    [view] = await observe.limits(gate.store)
    assert (view.name, view.queues, view.rates, view.denials, view.limited) == (
        "email",
        ("crm:email",),
        ("1 per min",),
        3,
        2,
    )
    assert {one.key for one in view.keys} == {"acme", "bolt"}
    assert view.set_to == {}
    await gate.store.run(scripts.override("crm:email", "rate:email", "5/min", "ann", "", 0))
    [view] = await observe.limits(gate.store)
    assert (view.rates, view.set_to) == (("1 per min",), {"crm:email": "5/min"})
    assert all(view.at_ms + 50_000 < one.free_ms <= view.at_ms + 60_000 for one in view.keys)


async def test_a_thousand_limited_keys_are_the_most_that_is_kept(gate: Gate):
    limited_keys = f"{SHARED.prefix}limited:email"
    future = await gate.store.time_ms() + HOUR_MS
    await gate.raw.zadd(limited_keys, {f"tenant{n}": future + n for n in range(1_200)})
    await gate.let_in(demanding(limited(rate(1, 60_000))))
    await gate.denied(demanding(limited(rate(1, 60_000))))
    assert await gate.raw.zcard(limited_keys) == 1_000
