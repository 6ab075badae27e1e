"""What queues share on a real server, as these tests drive it: admissions, reports, breakers."""

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

from arqlight_core.jobs import JobId, Lease
from arqlight_core.policy import Breaker, Dependency, Limit, Rate
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import SHARED
from arqlight_core.store.scripts import Admission, Denial, Hold, Pass, Verdict
from arqlight_fleet.admission import Demands
from tests.store.line import eventually

LEASE_MS = 60_000
MS = timedelta(milliseconds=1)


def rate(limit: int, per_ms: int, burst: int = 0) -> Rate:
    return Rate(limit, per_ms * MS, burst)


def limited(*rates: Rate, name: str = "email", key: str = "acme", exact: bool = True) -> tuple[Limit, str]:
    """A limit, and whom a job is counted for."""
    return Limit(name, rates, exact=exact), key


def quick(**rules: Any) -> Breaker:
    """3 faults open it for a minute, 2 probes close it, no ramp follows."""
    given: dict[str, Any] = {"faults": 3, "open_for": timedelta(minutes=1), "ramp": timedelta(0), **rules}
    return Breaker(**given)


@dataclass
class Gate:
    """`run` numbers the leases, so that each call is of a run of its own unless a lease is given."""

    store: Store
    raw: Any
    runs: "count[int]" = field(default_factory=lambda: count(1))

    def lease(self, job_id: str = "", worker: str = "w1") -> Lease:
        number = next(self.runs)
        return Lease(JobId(job_id or f"job{number}"), f"{worker}:{number}:1".encode(), number)

    async def ask(
        self,
        demands: Demands,
        lease: Lease | None = None,
        *,
        lane: float = 0.0,
        again: int = 0,
        lease_ms: int = LEASE_MS,
    ) -> Admission:
        return await self.store.run(scripts.admit(lease or self.lease(), lane, again, lease_ms, demands.told))

    async def let_in(self, demands: Demands, lease: Lease | None = None, lease_ms: int = LEASE_MS) -> tuple[Pass, ...]:
        """The passes of a job that nothing is in the way of."""
        admission = await self.ask(demands, lease, lease_ms=lease_ms)
        assert admission.denial is None, admission.denial
        return admission.passes

    async def denied(self, demands: Demands, lease: Lease | None = None, **told: Any) -> Denial:
        admission = await self.ask(demands, lease, **told)
        assert admission.denial is not None, "it was let in"
        return admission.denial

    async def report(self, lease: Lease, *verdicts: Verdict, exclusive: str = "") -> bool:
        return await self.store.run(scripts.report(lease, exclusive, verdicts))

    async def keep(self, *holds: Hold, lease_ms: int = LEASE_MS) -> list[bool]:
        return await self.store.run(scripts.keep(lease_ms, holds))

    async def passed(self, moment_ms: int) -> None:
        async def past() -> bool:
            return await self.store.time_ms() > moment_ms

        await eventually(past)

    async def wait(self, milliseconds: int) -> None:
        """Until the server's clock has gone on so far."""
        await self.passed(await self.store.time_ms() + milliseconds)


@dataclass
class Api:
    """A dependency with a breaker, and runs of jobs that need it."""

    gate: Gate
    breaker: Breaker
    name: str = "api"

    @property
    def demands(self) -> Demands:
        return Demands("", (Dependency(self.name, self.breaker),), ())

    async def enter(self, job_id: str = "", lease_ms: int = LEASE_MS) -> tuple[Lease, Pass]:
        lease = self.gate.lease(job_id)
        [way] = await self.gate.let_in(self.demands, lease, lease_ms)
        return lease, way

    async def leave(self, run: tuple[Lease, Pass], verdict: str, wait_ms: int = 0) -> bool:
        lease, way = run
        return await self.gate.report(lease, Verdict(self.name, way.generation, verdict, wait_ms))

    async def calls(self, *verdicts: str) -> None:
        """One job after the other, each with such an end."""
        for verdict in verdicts:
            await self.leave(await self.enter(), verdict)

    async def denied(self) -> Denial:
        return await self.gate.denied(self.demands)

    async def tripped(self) -> None:
        await self.calls(*["fault"] * self.breaker.opens_at)

    async def open_long_enough(self) -> None:
        """As if its time had passed: the next job is a probe."""
        await self.gate.raw.hset(f"{SHARED.prefix}breaker:{self.name}", "until", await self.gate.store.time_ms())

    async def half_open(self) -> None:
        await self.tripped()
        await self.open_long_enough()

    async def field(self, name: str) -> float:
        return float(await self.gate.raw.hget(f"{SHARED.prefix}breaker:{self.name}", name) or 0)

    async def state(self) -> str:
        told = await self.gate.raw.hget(f"{SHARED.prefix}breaker:{self.name}", "state")
        return told.decode() if told else "closed"


async def breaker_turns(gate: Gate) -> list[tuple[str, str]]:
    """Every turn that was told, oldest first: from, to."""
    told = await gate.raw.xrange(SHARED.events)
    return [(row[b"from"].decode(), row[b"to"].decode()) for _, row in told if row[b"kind"] == b"breaker"]
