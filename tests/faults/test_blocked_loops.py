"""Jobs that block the event loop: a busy worker keeps its leases, a stuck one loses them."""

import pytest
from arq.connections import ArqRedis

from tests.faults.fleet import Fleet, eventually
from tests.faults.ledger import Auditor, violations
from tests.faults.load import enqueue

pytestmark = pytest.mark.fault

LEASE = 3.0


async def test_a_loop_blocked_for_longer_than_a_lease_keeps_its_leases(
    fleet: Fleet, producer: ArqRedis, auditor: Auditor
) -> None:
    busy = await fleet.start(lease=LEASE)
    await enqueue(producer, "blocking", 1.5 * LEASE, job_id="j")  # leases end 4/3 of a lease after the loop's last sign
    await fleet.started("j", by=busy)
    await fleet.start(lease=LEASE)
    await eventually(lambda: auditor.done(["j"]))
    assert fleet.journal.pids("start", "j") == [busy.pid]
    assert await auditor.total("lapsed") == 0
    assert violations(await auditor.ledger(), ["j"]) == {}


async def test_a_loop_stuck_for_longer_than_the_watchdog_loses_its_job_and_its_late_outcome_is_dropped(
    fleet: Fleet, producer: ArqRedis, auditor: Auditor
) -> None:
    stuck = await fleet.start(lease=1.0)
    await enqueue(producer, "blocking", 4.0, job_id="j")
    await fleet.started("j", by=stuck)
    other = await fleet.start(lease=1.0)
    await eventually(lambda: auditor.done(["j"]))
    await eventually(lambda: auditor.total("refused"))
    assert fleet.journal.pids("end", "j") == [other.pid, stuck.pid]
    result = await auditor.result("j")
    assert result is not None
    assert result.result.startswith(f"{other.pid}:")
    assert violations(await auditor.ledger(), ["j"]) == {}
