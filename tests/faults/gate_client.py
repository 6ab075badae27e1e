"""Clients of one gate as a process of their own: `python -m tests.faults.gate_client OPTIONS`, the options as JSON.

Each asks again and again for leave to run, and notes in a file what happened by the server's clock.
"""

import asyncio
import os
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from arqlight_core.jobs import JobId, Lease
from arqlight_core.policy import Breaker, Dependency, Limit, Rate
from arqlight_core.store import connect, scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import SHARED
from arqlight_core.store.scripts import Admission, Hold, Verdict, script
from arqlight_fleet.admission import Demands

MS = timedelta(milliseconds=1)
LEASE_MS = 1_200
QUOTA = 3
LIMIT, PER_MS, BURST = 20, 250, 4
LIMITS = {
    "exact": Limit("exact", (Rate(LIMIT, PER_MS * MS),), exact=True),
    "spread": Limit("spread", (Rate(LIMIT, PER_MS * MS, BURST),)),
}
API = Dependency("api", Breaker(faults=1, probes=QUOTA, successes=1_000_000, ramp=timedelta(0)))


class Options(msgspec.Struct, frozen=True):
    """What the clients of one process do: ask a limit (exact, spread), or be probes of a breaker (probe)."""

    url: str
    notes: str
    kind: str
    clients: int = 10

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", "tests.faults.gate_client", msgspec.json.encode(self).decode()]


def demands(kind: str) -> Demands:
    return Demands("", (), ((LIMITS[kind], "acme"),)) if kind in LIMITS else Demands("", (API,), ())


@dataclass
class Client:
    """One connection; `note` writes a line that is whole, or not there, whoever is killed meanwhile."""

    store: Store
    raw: Any
    number: int
    note: Callable[[str], None]
    asked: int = 0

    async def ask(self, kind: str) -> tuple[Lease, int, int, Admission]:
        """An admission between two looks at the server's clock (us), all in one transaction."""
        self.asked += 1
        lease = Lease(JobId("job"), f"{os.getpid()}-{self.number}:{self.asked}:1".encode(), self.asked)
        call = scripts.admit(lease, 0.0, 0, LEASE_MS, demands(kind).told)
        async with self.raw.pipeline(transaction=True) as pipe:
            pipe.time()
            pipe.evalsha(script("admit").sha, 2, *SHARED.both, *call.arguments)
            pipe.time()
            before, answer, after = await pipe.execute()
        return lease, _micros(before), _micros(after), call.read(answer)

    async def besiege(self, kind: str) -> None:
        """Ask a limit as fast as can be."""
        while True:
            _, before, after, admission = await self.ask(kind)
            if admission.denial is None:
                self.note(f"admitted {before} {after}")

    async def probe(self) -> None:
        """Ask a breaker; be a probe for a while, renewing it; tell nothing of how it went."""
        while True:
            lease, _, after, admission = await self.ask("probe")
            if admission.denial:
                await asyncio.sleep(0.02)
                continue
            run = f"{lease.owner.decode()}"
            self.note(f"enter {run} {os.getpid()} {after}")
            for _ in range(random.randint(1, 4)):  # noqa: S311 - how long a job takes
                await asyncio.sleep(0.1)
                await self.store.run(scripts.keep(LEASE_MS, [Hold(lease, "probe", "api")]))
            seconds, micros = await self.raw.time()
            self.note(f"leave {run} {os.getpid()} {seconds * 1_000_000 + micros}")
            [way] = admission.passes
            await self.store.run(scripts.report(lease, "", [Verdict("api", way.generation, "")]))


def _micros(told: tuple[int, int]) -> int:
    return told[0] * 1_000_000 + told[1]


async def main(options: Options) -> None:
    opened = os.open(Path(options.notes), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    store = Store(options.url)
    raw: Any = connect.asynchronous(options.url)
    await raw.script_load(script("admit").source)
    clients = [Client(store, raw, number, lambda line: _write(opened, line)) for number in range(options.clients)]
    await asyncio.gather(*(one.probe() if options.kind == "probe" else one.besiege(options.kind) for one in clients))


def _write(opened: int, line: str) -> None:
    os.write(opened, f"{line}\n".encode())


if __name__ == "__main__":
    asyncio.run(main(msgspec.json.decode(sys.argv[1], type=Options)))
