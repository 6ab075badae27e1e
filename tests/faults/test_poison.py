"""A job that takes its worker down: set aside after so many workers, while the fleet and the other jobs live on."""

import pytest
from arq.connections import ArqRedis
from arq.jobs import Job
from arq.worker import JobExecutionFailed

from tests.faults.fleet import Fleet, eventually, until
from tests.faults.ledger import Auditor, violations
from tests.faults.load import enqueue
from tests.faults.supervision import Supervise

pytestmark = pytest.mark.fault


@pytest.mark.parametrize("poison_after", [1, 3])
async def test_a_job_is_dead_lettered_as_poison_after_it_killed_so_many_workers(
    fleet: Fleet, producer: ArqRedis, auditor: Auditor, poison_after: int
) -> None:
    await enqueue(producer, "deadly", job_id="pill")
    for _ in range(poison_after):
        victim = fleet.begin(lease=1.0, poison_after=poison_after)
        assert await victim.exit_code() == 70
    survivor = await fleet.start(lease=1.0, poison_after=poison_after)
    await enqueue(producer, "work", job_id="other")
    await eventually(lambda: auditor.done(["pill", "other"]))
    ledger = await auditor.ledger()
    assert (ledger.states["dead"], ledger.states["completed"]) == ({"pill"}, {"other"})
    assert fleet.journal.runs() == {"pill": poison_after, "other": 1}
    assert survivor.alive
    assert violations(ledger, ["pill", "other"]) == {}
    with pytest.raises(JobExecutionFailed, match="poison"):
        await Job("pill", producer).result()


async def test_a_supervised_fleet_survives_poison_and_goes_on(
    fleet: Fleet, supervise: Supervise, producer: ArqRedis, auditor: Auditor
) -> None:
    supervised = supervise(2, fleet.options(lease=1.0, max_jobs=1, poison_after=2).command)
    await until(lambda: len(fleet.journal.entries("ready")) == 2)
    await enqueue(producer, "deadly", job_id="pill")
    jobs = {await enqueue(producer, "work", 0.01, job_id=f"job-{number}") for number in range(50)}
    await eventually(lambda: auditor.done({"pill", *jobs}))
    ledger = await auditor.ledger()
    assert (ledger.states["dead"], ledger.states["completed"]) == ({"pill"}, jobs)
    assert supervised.process.alive
    assert violations(ledger, {"pill", *jobs}) == {}


async def test_jobs_that_ran_beside_poison_are_not_condemned_with_it(
    fleet: Fleet, producer: ArqRedis, auditor: Auditor
) -> None:
    beside = {await enqueue(producer, "gated", "g", job_id=f"job-{number}") for number in range(3)}
    await enqueue(producer, "deadly", job_id="pill")
    assert await fleet.begin(lease=1.0, poison_after=2).exit_code() == 70
    fleet.open_gate("g")
    beside |= {await enqueue(producer, "gated", "h", job_id=f"new-{number}") for number in range(3)}
    for _ in ("the second in company", "the one that it was suspected in"):
        assert await fleet.begin(lease=1.0, poison_after=2).exit_code() == 70
    fleet.open_gate("h")
    await fleet.start(lease=1.0, poison_after=2)
    await eventually(lambda: auditor.done({"pill", *beside}))
    ledger = await auditor.ledger()
    assert (ledger.states["dead"], ledger.states["completed"]) == ({"pill"}, beside)
