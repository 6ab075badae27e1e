"""One queue on a real server as these tests drive it: short words for calls, and a look at what they left behind."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeVar

import msgspec

from arqlight_core import observe
from arqlight_core.clock import monotonic
from arqlight_core.codec import Envelope, encode_job
from arqlight_core.errors import JobNotFound
from arqlight_core.jobs import Failure, JobId, Lease, State
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts import (
    Acted,
    Appetite,
    Burial,
    Call,
    Claim,
    Deferral,
    FinishedJob,
    Grouping,
    NewJob,
    Retrial,
    Step,
)

R = TypeVar("R")

QUEUE = QueueKeys.declared("test:line")
PAYLOAD = encode_job(Envelope("work", ({"n": 1},), {}, 1_000))
LEASE, LOCK = 60_000, 600_000
PATIENT: dict[str, Any] = {"poison_after": 1_000_000}
"""A queue in which no job is ever suspected."""
FAR = 600_000
"""ms; a delay that no test outlives."""

UNGROUPED = Grouping()

NOISE = ("events", "totals", ":types", ":minute:", ":settled:", ":finish:", ":claim:", "pulse", ":bulk")
"""Keys that tell of calls, refused ones included, and hold no job."""

NOT_MADE = Acted(made=False, changed=0, left={})
"""The answer to a step that was made before, or may not be made."""


def acted(changed: int, **left: int) -> Acted:
    """A step was made; of what it left alone the reasons stand in names, as in it_is_waiting."""
    return Acted(made=True, changed=changed, left={why.replace("_", " "): n for why, n in left.items()})


def failed(message: str = "it broke") -> bytes:
    """A failure as a worker packs it."""
    return msgspec.msgpack.encode(Failure(1, "Broken", message, "Traceback ...", "w1", 1_000, 2_000))


def dead(reason: str = "broken", ttl_ms: int = 0, failure: bytes = b"") -> Burial:
    return Burial("dead", reason, failure, "Broken: it broke", b"result", ttl_ms)


def cancelled(reason: str = "unwanted", ttl_ms: int = 0) -> Burial:
    return Burial("cancelled", reason, b"", "", b"result", ttl_ms)


async def eventually(holds: Callable[[], Awaitable[bool]], seconds: float = 5.0) -> None:
    """Asks the server again and again until it holds; fails after the deadline."""
    deadline = monotonic() + seconds
    while not await holds():
        assert monotonic() < deadline, "what was waited for did not come"


@dataclass
class Line:
    """`raw` is the client underneath: for what stock arq, or a broken world, writes and reads."""

    store: Store
    raw: Any
    queue: QueueKeys = QUEUE
    seqs: "count[int]" = field(default_factory=lambda: count(1))

    async def run(self, call: Call[R]) -> R:
        return await self.store.run(call)

    async def put(self, *ids: str, delay_ms: int = 0, payload: bytes = PAYLOAD, lane: float = 0.0) -> list[bool]:
        placed = await self.run(scripts.enqueue(self.queue, [NewJob(one, payload, delay_ms, lane) for one in ids]))
        return [one.new for one in placed]

    async def claim(
        self, worker: str = "w1", limit: int = 10, lease_ms: int = LEASE, seq: int = 0, **appetite: Any
    ) -> Claim:
        wanted = Appetite(limit, **(PATIENT | appetite))
        return await self.run(scripts.claim(self.queue, wanted, lease_ms, LOCK, worker, seq or next(self.seqs)))

    async def claimed(self, worker: str = "w1", limit: int = 10) -> list[str]:
        """The ids that a claim gives."""
        return [job.lease.job_id for job in (await self.claim(worker, limit)).jobs]

    async def lease(self, worker: str = "w1") -> Lease:
        """The lease of the next job."""
        [job] = (await self.claim(worker, limit=1)).jobs
        return job.lease

    async def running(self, job_id: str = "a", worker: str = "w1") -> Lease:
        """A new job that this worker runs."""
        await self.put(job_id)
        lease = await self.lease(worker)
        assert lease.job_id == job_id, "another job is older"
        return lease

    async def finish(self, *leases: Lease, result: bytes = b"", ttl_ms: int = 0, seq: int = 0) -> list[bool]:
        jobs = [FinishedJob(lease, result, ttl_ms, 5) for lease in leases]
        return await self.run(scripts.finish(self.queue, "w1", seq or next(self.seqs), jobs))

    async def retry(
        self,
        lease: Lease,
        delay_ms: int = FAR,
        failure: bytes = b"",
        error: str = "E: e",
        grouping: Grouping = UNGROUPED,
    ) -> bool:
        again = Retrial(delay_ms, failure or failed(), error, "work", grouping=grouping)
        return await self.run(scripts.retry(self.queue, lease, again))

    async def defer(self, lease: Lease, delay_ms: int = FAR, state: State = State.SCHEDULED) -> bool:
        deferral = Deferral(delay_ms, "rate limit", "limiter", state)
        return await self.run(scripts.defer(self.queue, lease, deferral, "work"))

    async def release(self, lease: Lease) -> bool:
        return await self.run(scripts.release(self.queue, lease))

    async def bury(self, lease: Lease, end: Burial) -> bool:
        return await self.run(scripts.bury(self.queue, lease, end))

    async def progress(self, lease: Lease, *lines: str) -> bool:
        return await self.run(scripts.progress(self.queue, lease, 3, 10, "reading", lines))

    async def renew(self, *leases: Lease, lease_ms: int = LEASE) -> list[str]:
        return await self.run(scripts.renew(self.queue, lease_ms, LOCK, leases))

    async def step(self, states: str, bulk: str = "") -> Step:
        """The next step of a bulk that this process carries, on jobs in one of these states."""
        name = bulk or f"bulk{next(self.seqs)}"
        await self.run(scripts.submit(self.queue, scripts.Submission(name, "test", "{}", 10_000, "ada", "mended", "")))
        record = await self.run(scripts.carry(self.queue, name, "here", FAR))
        return Step(name, int(record.get("step", 0)) + 1, "", states, "ada", "mended")

    async def revive(self, *ids: str, states: str = "dead,cancelled,retrying", bulk: str = "") -> Acted:
        return await self.run(scripts.revive(self.queue, await self.step(states, bulk), ids))

    async def throw_away(self, *ids: str, states: str = "waiting", operation: str = "op1") -> Acted:
        """Moves these jobs to the trash of an operation."""
        return await self.run(scripts.purge(self.queue, await self.step(states, operation), FAR, ids))

    async def walk(self, where: str, moment_ms: int = 0, limit: int = 100) -> list[str]:
        """The first jobs of a state that were there at the moment, or of a trash; so many are looked at in one call."""
        moment, ids, cursor = moment_ms or await self.store.time_ms(), list[str](), ""
        while not ids:
            walked = await self.run(scripts.walk(self.queue, where, cursor, moment, limit, 0))
            ids, cursor = walked.ids, walked.cursor
            if not cursor:
                break
        return ids

    async def purge(self, state: State, moment_ms: int = 0, limit: int = 100, operation: str = "op1") -> int:
        """Moves the first jobs of a state to the trash; answers how many went."""
        ids = await self.walk(state, moment_ms, limit)
        return (await self.throw_away(*ids, states=state, operation=operation)).changed

    async def undo(self, operation: str = "op1", limit: int = 100) -> Acted:
        """Puts the first jobs of a trash back."""
        ids = await self.walk(f"trash:{operation}", limit=limit)
        return await self.run(scripts.undo(self.queue, await self.step(""), operation, ids))

    async def prune(
        self, state: State, keep_count: int = 0, keep_age_ms: int = FAR, limit: int = 100, results: int = 1
    ) -> int:
        return await self.run(scripts.prune(self.queue, state, keep_count, keep_age_ms, limit, results))

    async def passed(self, moment_ms: int) -> None:
        """Waits until the server's clock is past the moment."""

        async def past() -> bool:
            return await self.store.time_ms() > moment_ms

        await eventually(past)

    async def lapse(self, *leases: Lease) -> None:
        """Lets leases run out, as if their worker had stopped renewing them."""
        assert await self.renew(*leases, lease_ms=1) == []
        await self.passed(await self.store.time_ms() + 1)

    async def ended(self, job_id: str, end: Burial) -> None:
        """A job that has ended so."""
        assert await self.bury(await self.running(job_id), end)

    async def state(self, job_id: str) -> State | None:
        try:
            return (await observe.job(self.store, job_id)).state
        except JobNotFound:
            return None

    async def totals(self) -> dict[str, int]:
        return {k.decode(): int(v) for k, v in (await self.raw.hgetall(f"{self.queue.prefix}totals")).items()}

    async def counts(self) -> dict[State, int]:
        """How many jobs are in each state that has some."""
        view = (await observe.fleet(self.store)).queue(self.queue.name)
        assert view is not None
        return {state: count for state, count in view.counts.items() if count}

    async def events(self, kind: str) -> list[dict[str, str]]:
        """What was told of this kind, oldest first."""
        told = reversed(await self.store.events(self.queue, 1000))
        return [fields for _, fields in told if fields["kind"] == kind]

    async def score(self, job_id: str, index: str = "") -> float | None:
        return await self.raw.zscore(self.queue.index(index) if index else self.queue.wire, job_id)

    async def record(self, job_id: str) -> dict[str, bytes]:
        return {k.decode(): v for k, v in (await self.raw.hgetall(f"arqlight:job:{job_id}")).items()}

    async def picture(self) -> dict[str, Any]:
        """Every key that holds something of a job, with what it holds: two equal ones mean that nothing was changed."""
        names = sorted(key.decode() for key in await self.raw.keys("*"))
        kept = [name for name in names if not any(noise in name for noise in NOISE)]
        return {name: await self._held(name) for name in kept}

    async def _held(self, name: str) -> Any:
        """Its bytes; of a hash its fields, for their order is the server's own affair."""
        return await (self.raw.hgetall(name) if await self.raw.type(name) == b"hash" else self.raw.dump(name))


@dataclass(frozen=True)
class Settling:
    """One way to settle a job, to be tried on leases that stand and on leases that are lost."""

    name: str
    call: Callable[[Line, Lease], Awaitable[bool]]

    async def __call__(self, line: Line, lease: Lease) -> bool:
        return await self.call(line, lease)


async def _finish(line: Line, lease: Lease) -> bool:
    [accepted] = await line.finish(lease, result=b"zombie", ttl_ms=FAR)
    return accepted


SETTLINGS = {
    "finish": Settling("finish", _finish),
    "retry": Settling("retry", lambda line, lease: line.retry(lease)),
    "defer": Settling("defer", lambda line, lease: line.defer(lease)),
    "release": Settling("release", lambda line, lease: line.release(lease)),
    "bury": Settling("bury", lambda line, lease: line.bury(lease, dead(ttl_ms=FAR))),
    "cancel": Settling("cancel", lambda line, lease: line.bury(lease, cancelled(ttl_ms=FAR))),
}


def lease_of(job_id: str, owner: bytes = b"nobody:1:1") -> Lease:
    return Lease(JobId(job_id), owner, 1)
