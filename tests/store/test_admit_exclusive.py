"""admit.lua, report.lua and keep.lua: keys of which one job runs at a time."""

from itertools import pairwise

from arqlight_core.store.keys import SHARED
from arqlight_core.store.scripts import Hold
from arqlight_fleet.admission import Demands
from tests.store.gate import Gate

SITE = Demands("site:42", (), ())


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
