"""What the server holds of a queue, and the invariants that have to hold of it whatever happened."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from arq.jobs import JobResult, deserialize_result

from arqlight_core.store import connect
from arqlight_core.store.keys import QueueKeys

LIVE = ("arq:job:", "arq:in-progress:", "arq:retry:")
"""What arq keeps of a job for only as long as it is not over."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """One moment's state of a queue: job ids by state, the scripts' counters, results, and every key's time to live."""

    queued: frozenset[str]
    states: dict[str, frozenset[str]]
    totals: Counter[str]
    ttls: dict[str, int]

    @property
    def ended(self) -> frozenset[str]:
        return self.states["completed"] | self.states["dead"] | self.states["cancelled"]

    def lost(self, acknowledged: Iterable[str]) -> set[str]:
        """I1: jobs whose enqueue was acknowledged and of which nothing is left."""
        return set(acknowledged) - self.queued - self.ended

    @property
    def repeated_finishes(self) -> int:
        """I3: completions that were accepted beyond one for each job."""
        return self.totals["completed"] - len(self.states["completed"])

    @property
    def without_payload(self) -> set[str]:
        """I7: queued ids with nothing to run."""
        return {job_id for job_id in self.queued if f"arq:job:{job_id}" not in self.ttls}

    @property
    def leftovers(self) -> set[str]:
        """I7: what must not be there of jobs that are over, or would stay for ever."""
        over = {key for key in self.ttls if key.startswith(LIVE) and key.split(":", 2)[2] not in self.queued}
        held = {f"{state} {one}" for state in ("active", "scheduled", "retrying") for one in self.states[state]}
        memories = (":claim:", ":finish:", ":settled:", ":minute:")
        eternal = {key for key, ttl in self.ttls.items() if ttl < 0 and any(part in key for part in memories)}
        return over | eternal | (held if not self.queued else set())


class Auditor:
    """Reads a queue as the checks need it, on a connection of its own."""

    def __init__(self, url: str, queue: QueueKeys) -> None:
        self.client: Any = connect.asynchronous(url)
        self.queue = queue
        self._first_results: dict[str, bytes] = {}

    async def ledger(self) -> Ledger:
        names = ("active", "scheduled", "retrying", "completed", "dead", "cancelled")
        told = await self.client.hgetall(f"{self.queue.prefix}totals")
        return Ledger(
            await self._members(self.queue.wire),
            {name: await self._members(self.queue.index(name)) for name in names},
            Counter({event.decode(): int(count) for event, count in told.items()}),
            await self._ttls(),
        )

    async def _ttls(self) -> dict[str, int]:
        """Seconds by key, -1 for ever; without those that expire under our eyes."""
        told = {key.decode(): await self.client.ttl(key) for key in await self.client.keys("*")}
        return {key: ttl for key, ttl in told.items() if ttl != -2}

    async def total(self, event: str) -> int:
        return int(await self.client.hget(f"{self.queue.prefix}totals", event) or 0)

    async def done(self, job_ids: Iterable[str]) -> bool:
        """Whether these jobs are all over; looks at the results on the way (I4: a success never changes)."""
        wanted = set(job_ids)
        await self.look(wanted)
        ended = [await self._members(self.queue.index(state)) for state in ("completed", "dead", "cancelled")]
        return wanted <= frozenset[str]().union(*ended)

    async def look(self, job_ids: Iterable[str]) -> None:
        """Remembers each result when it is first seen, and fails when it is another one later."""
        ids = sorted(job_ids)
        results: list[bytes | None] = await self.client.mget(["-", *(f"arq:result:{job_id}" for job_id in ids)])
        for job_id, result in zip(ids, results[1:], strict=True):
            if result is not None:
                assert self._first_results.setdefault(job_id, result) == result, f"the result of {job_id} changed"

    async def result(self, job_id: str) -> JobResult | None:
        data = await self.client.get(f"arq:result:{job_id}")
        return deserialize_result(data) if data else None

    async def _members(self, key: str) -> frozenset[str]:
        return frozenset(member.decode() for member in await self.client.zrange(key, 0, -1))

    async def close(self) -> None:
        await self.client.aclose()


def violations(ledger: Ledger, acknowledged: Iterable[str]) -> dict[str, object]:
    """What is wrong with a queue at rest, by invariant: nothing may be, whatever happened on the way."""
    found = {
        "lost": ledger.lost(acknowledged),
        "repeated finishes": ledger.repeated_finishes,
        "without payload": ledger.without_payload,
        "left over": ledger.leftovers,
    }
    return {invariant: what for invariant, what in found.items() if what}
