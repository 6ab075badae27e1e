"""What a run queues: follow-ups, and children that its job waits for.

Every id follows from the job, its life and the order of the calls, so that what is queued again is queued once.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from arqlight_core.codec import Envelope
from arqlight_core.declaration import JobType, Queue
from arqlight_core.enqueue import CHUNK, Enqueued, born, enqueued
from arqlight_core.errors import LeaseLost, PayloadInvalid, Snooze, UsageError
from arqlight_core.flow import Flow, Kinship, OnFailure, Parent, Tally, descendant
from arqlight_core.jobs import Awaiting, Dead, Lease, Outcome
from arqlight_core.policy import milliseconds
from arqlight_core.store import scripts
from arqlight_core.store.connect import will_pass
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys, own_id
from arqlight_core.store.scripts import Call, ChildEnd, NewJob, Reached, Spawned
from arqlight_fleet.reports import drain

P = TypeVar("P")
R = TypeVar("R")
Payloads = Iterable[P] | AsyncIterable[P]

LONGEST_PAUSE = 2.0


@dataclass(frozen=True, slots=True)
class Kindred:
    """What all families of a worker share: the store, and the job types known by name."""

    store: Store
    job_types: Mapping[str, JobType[Any]]

    @classmethod
    def of(cls, store: Store, queues: Iterable[Queue]) -> "Kindred":
        """The families of a worker that serves these queues."""
        return cls(store, {job.name: job for queue in queues for job in queue.job_types.values()})

    async def through(self, work: Callable[[], Awaitable[R]]) -> R:
        """What the work answers, however long the server is away: it is repeated until it has gone through."""
        pause = 0.1
        while True:
            try:
                return await work()
            except Exception as problem:
                if not will_pass(problem):
                    raise
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
            pause = min(pause * 2, LONGEST_PAUSE)

    async def ask(self, call: Call[R]) -> R:
        """The call's answer, however long the server is away."""
        return await self.through(lambda: self.store.run(call))

    async def live(self, job_type: JobType[Any]) -> JobType[Any]:
        """The job type as operators want its jobs queued now."""
        return await self.through(lambda: self.store.live.of(job_type))

    async def plant(self, correlation_id: str, *job_ids: str) -> None:
        """Note which jobs belong together."""
        await self.through(lambda: self.store.plant(correlation_id, job_ids))

    def follow_up(self, asked: JobType[Any] | str, of: JobType[Any]) -> JobType[Any]:
        """The job type that a handler wants to queue. Raises UsageError when it is not declared to."""
        name = asked if isinstance(asked, str) else asked.name
        if name not in of.follow_ups:
            raise UsageError(f"Job type {of.name} may not queue {name}: name it in its follow_ups.")
        known = (self.job_types.get(name) or of.queue.relatives.get(name)) if isinstance(asked, str) else asked
        if known is None:
            raise UsageError(f"This worker does not know job type {name} by name: pass the job type itself.")
        return known


@dataclass(frozen=True, slots=True)
class Child:
    """One of a parent's children, by its number, to be queued."""

    number: int
    job: NewJob


class Family:
    """One run's descendants. `look` comes first: it learns what earlier runs of the same job have left."""

    def __init__(self, kindred: Kindred, job_type: JobType[Any], lease: Lease, envelope: Envelope) -> None:
        self.children: Tally | None = None
        self._kindred = kindred
        self._job_type = job_type
        self._lease = lease
        self._life = envelope.enqueued_ms
        self._queue = QueueKeys.declared(job_type.queue.name)
        self._correlation_id = envelope.correlation_id or lease.job_id  # a stock producer gives none
        self._spawns = 0
        self._spawning = False
        self._follow_ups = 0

    async def look(self) -> Outcome | None:
        """What the children decide before the handler runs: nothing, to wait on, or the parent's death."""
        flow = (await self._kindred.ask(scripts.children(self._queue, self._lease.job_id, 0, 0))).flow
        if flow is None or flow.life != self._life or not flow.waits:
            return None
        if flow.fatal:
            return Dead(f"{self._named(flow)} died", None)
        if flow.tally.open > 0:
            return Awaiting()
        self.children = flow.tally
        return None

    def _named(self, flow: Flow) -> str:
        brood = flow.brood_of(flow.first_fatal)
        if brood is None:
            return "a child of it"
        return f"its child {self._descendant(QueueKeys.declared(brood.queue), str(flow.first_fatal))}"

    def _descendant(self, queue: QueueKeys, place: str) -> str:
        return queue.job_id(descendant(own_id(self._lease.job_id), self._life, place))

    # ------------------------------------------------------------------ follow-ups

    async def enqueue(self, asked: JobType[Any] | str, payload: Any, delay: timedelta) -> Enqueued:
        """Queue one follow-up."""
        job_type = self._kindred.follow_up(asked, self._job_type)
        _check(job_type, payload)
        self._follow_ups += 1
        queue = QueueKeys.declared(job_type.queue.name)
        place = f"{'f' if self.children is None else 'c'}{self._follow_ups}"
        job_id = queue.job_id(job_type.id_of(payload)) if job_type.id_of else self._descendant(queue, place)
        kin = Kinship(self._correlation_id, origin=self._lease.job_id)
        live = await self._kindred.live(job_type)  # not sooner: ids follow from the order of the calls
        job = born(job_id, live, payload, milliseconds(delay), kin, self._kindred.store.sealer)
        [placed] = await self._kindred.ask(scripts.enqueue(queue, [job]))
        queued = enqueued(job, placed)
        await self._kindred.plant(self._correlation_id, self._lease.job_id, queued.job_id)
        return queued

    # ------------------------------------------------------------------ children

    async def spawn(self, asked: JobType[Any] | str, payloads: Payloads[Any], on_failure: OnFailure) -> int:
        """Queue a child for each payload, in chunks; goes on where an earlier run was cut off."""
        if self._spawning:  # both would number their children alike
            raise UsageError(f"{self._job_type.name} spawns twice at once: await one spawn before the next.")
        self._spawning = True
        try:
            return await self._spawn(asked, payloads, on_failure)
        finally:
            self._spawning = False

    async def _spawn(self, asked: JobType[Any] | str, payloads: Payloads[Any], on_failure: OnFailure) -> int:
        job_type = self._kindred.follow_up(asked, self._job_type)
        news = Spawned(self._life, self._spawns, job_type.name, job_type.queue.name)
        self._spawns += 1
        reached = await self._kindred.through(partial(self._reach, news))
        if reached.last >= 0:
            return reached.last - reached.first
        if self.children is not None:
            raise UsageError(f"{self._job_type.name} cannot spawn again after its children have ended.")
        await self._kindred.plant(self._correlation_id, self._lease.job_id)
        total = reached.total
        async with aclosing(_chunks(payloads, skip=total - reached.first)) as chunks:
            async for chunk in chunks:
                children = self._children(await self._kindred.live(job_type), chunk, total, on_failure)
                grown = replace(news, before=total, count=len(chunk))
                await self._kindred.through(partial(self._bear, children, grown))
                total += len(chunk)
        await self._kindred.through(partial(self._reach, replace(news, before=total, sealed=1)))
        return total - reached.first

    async def _reach(self, news: Spawned) -> Reached:
        reached = await self._kindred.store.run(scripts.spawned(self._queue, self._lease, news))
        if reached is None:
            raise LeaseLost(f"Another worker owns {self._lease.job_id} now.")
        if reached.total < news.before + news.count:
            raise Snooze(timedelta(0), "the server came back without its last second: children are spawned again")
        return reached

    def _children(self, job_type: JobType[Any], payloads: list[Any], first: int, on_failure: OnFailure) -> list[Child]:
        queue = QueueKeys.declared(job_type.queue.name)
        me = Parent(self._queue.name, self._lease.job_id, self._life, first, on_failure is OnFailure.FAIL)
        return [
            self._child(queue, job_type, payload, replace(me, number=number))
            for number, payload in enumerate(payloads, first)
        ]

    def _child(self, queue: QueueKeys, job_type: JobType[Any], payload: Any, parent: Parent) -> Child:
        _check(job_type, payload)
        job_id = self._descendant(queue, str(parent.number))
        kin, sealer = Kinship(self._correlation_id, parent), self._kindred.store.sealer
        return Child(parent.number, born(job_id, job_type, payload, 0, kin, sealer))

    async def _bear(self, children: list[Child], news: Spawned) -> None:
        """Queue a chunk of children and take note of it. Whatever was queued before stays as it is."""
        store, queue = self._kindred.store, QueueKeys.declared(news.child_queue)
        await drain(store, queue)
        told = await store.run(scripts.children(self._queue, self._lease.job_id, children[0].number, len(children)))
        missing = [child for child, ended in zip(children, told.ended, strict=True) if not ended]
        placed = await store.run(scripts.enqueue(queue, [child.job for child in missing]))
        refused = [
            ChildEnd(self._lease.job_id, self._life, child.number, "cancelled")
            for child, answer in zip(missing, placed, strict=True)
            if not answer.new and answer.holder != child.job.job_id
        ]  # by a unique key that another job holds
        await store.run(scripts.tally(self._queue, refused))
        await self._reach(news)


def _check(job_type: JobType[Any], payload: object) -> None:
    if not isinstance(payload, job_type.payload):
        wanted = job_type.payload.__name__
        raise PayloadInvalid(f"Job type {job_type.name} takes {wanted}, and not {type(payload).__name__}.")


async def _chunks(payloads: Payloads[P], skip: int) -> AsyncGenerator[list[P]]:
    chunk: list[P] = []
    async with aclosing(_each(payloads)) as each:
        async for payload in each:
            if skip > 0:
                skip -= 1
                continue
            chunk.append(payload)
            if len(chunk) == CHUNK:
                yield chunk
                chunk = []
    if chunk:
        yield chunk


async def _each(payloads: Payloads[P]) -> AsyncGenerator[P]:
    if isinstance(payloads, AsyncIterable):
        async for payload in payloads:
            yield payload
    else:
        for payload in payloads:
            yield payload
