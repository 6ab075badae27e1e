"""FleetWorker: an arq.Worker that loses nothing.

It takes every argument arq.Worker takes, and serves either one queue by arq's own arguments or declared queues.
One life: connect, serve (exchange after exchange, attempts in between), drain.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Sequence
from secrets import token_hex
from signal import Signals
from typing import Any

from arq.typing import StartupShutdown
from arq.worker import Worker

from arqlight_core import codec
from arqlight_core.breaker_defaults import with_breaker_defaults
from arqlight_core.declaration import JobType, Queue
from arqlight_core.jobs import Awaiting, Deferred, Interrupted, Outcome, Retrying, Succeeded
from arqlight_core.secrecy import Sealer
from arqlight_core.settings import Settings
from arqlight_core.store import scripts
from arqlight_core.store.gateway import OUTAGES, Store
from arqlight_core.store.keys import QueueKeys
from arqlight_fleet.aborts import Aborts
from arqlight_fleet.admission import Admissions
from arqlight_fleet.arq_words import arq_function, arq_pool, in_our_words, read_job, url_of
from arqlight_fleet.attempt import Attempt, Workbench, perform
from arqlight_fleet.background import Background
from arqlight_fleet.claims import Claims
from arqlight_fleet.exchange import Exchange, Parcel
from arqlight_fleet.family import Kindred
from arqlight_fleet.handle import Resources
from arqlight_fleet.judge import Stop, stopped
from arqlight_fleet.lease import LeaseKeeper
from arqlight_fleet.orders import Obedience
from arqlight_fleet.reports import Reports
from arqlight_fleet.results import Results
from arqlight_fleet.served import ServedQueue
from arqlight_fleet.settle import completion, log_outcome, settlement
from arqlight_fleet.sharing import Order

logger = logging.getLogger("arq.worker")

_PARTING_SECONDS = 5.0
"""How long giving jobs back may take at the end of a drain."""


class FleetWorker(Worker):
    """An arq worker with leases, fences, dead letters and a drain; `queues` makes it serve declared queues instead."""

    def __init__(
        self,
        functions: Sequence[Any] = (),
        *,
        queues: Sequence[Queue] = (),
        url: str | None = None,
        settings: Settings | None = None,
        lease: float = 15.0,
        capacity: int | None = None,
        order: Order = Order.WEIGHTED,
        **arguments: Any,
    ) -> None:
        declared = [arq_function(job) for queue in queues for job in queue.job_types.values()]
        if queues:
            arguments |= {"job_serializer": codec.pack, "job_deserializer": codec.unpack}
        super().__init__([*functions, *declared], **arguments)
        self.url = url or url_of(self.redis_settings, self._pool)
        self.worker_id = f"{socket.gethostname()}-{os.getpid()}-{token_hex(2)}"
        self.settings = settings or Settings()
        self.queues = [with_breaker_defaults(queue, self.settings) for queue in queues]
        self.capacity, self.order, self.lease_seconds = capacity, order, lease
        own = ServedQueue(QueueKeys(self.queue_name), self.max_jobs)
        self.served = [ServedQueue.declared(queue) for queue in self.queues] or [own]
        self.attempts: dict[str, Attempt] = {}
        self.draining: Signals | None = None
        self.jobs_complete: int = 0
        self.jobs_failed: int = 0
        self.jobs_retried: int = 0
        self.resources = Resources(self.settings)
        self.claims = Claims(self, self._start)
        self.aborts = Aborts(self)
        self.reports = Reports(self)
        self.orders = Obedience(self)
        self.alarm: JobType[Any] | None = None  # by which people are told of alerts: without one it looks for none
        self._afterwards: set[asyncio.Task[None]] = set()
        self.up = asyncio.Event()
        """Set when the server has heard of this worker: it serves."""

    # ------------------------------------------------------------------ life

    async def main(self) -> None:
        """Connect, serve until drained (or, in burst mode, until there is nothing left), and let go."""
        self._connect()
        self._bench = self._workbench()
        self._results = Results(self)
        if self.on_startup:
            await self.on_startup(self.ctx)
        logger.info("Starting worker for %d functions: %s", len(self.functions), ", ".join(self.functions))
        self.leases.start()
        try:
            async with Background(self):
                await self._serve()
        finally:
            self.leases.stop()

    def _connect(self) -> None:
        self.store = Store(self.url, sealer=Sealer.of(self.settings))
        self.leases = LeaseKeeper(self.url, self.lease_seconds)
        self.exchange = Exchange(self.store, self.worker_id, brief_outage=self.lease_seconds / 3)
        if self._pool is None:
            self._pool = arq_pool(self.url, self)
        self.ctx["redis"] = self._pool

    def _workbench(self) -> Workbench:
        return Workbench(
            worker_id=self.worker_id,
            functions=self.functions,  # pyright: ignore[reportArgumentType] - both kinds have what an attempt needs
            context=self.ctx,
            read=lambda data: read_job(data, self.job_deserializer),
            in_our_words=in_our_words,
            timeout_s=self.job_timeout_s,
            max_tries=self.max_tries,
            resources=self.resources,
            sealer=self.store.sealer,
            kindred=Kindred.of(self.store, self.queues),
            retry_jobs=self.retry_jobs,
            burst=self.burst,
            on_job_start=self.on_job_start,
            on_job_end=self.on_job_end,
            forestalled=self.aborts.forestalls if self.allow_abort_jobs else None,
            admissions=Admissions(self),
        )

    async def close(self) -> None:
        """Run the shutdown hook and close every connection; the server may be away."""
        if not self._handle_signals and self.main_task and not self.main_task.done():
            self.handle_sig(Signals.SIGUSR1)  # a worker without signals is ended by whoever closes it
            await asyncio.wait([self.main_task])
        if self._pool is None:
            return
        try:
            await self._pool.delete(self.health_check_key)
        except OUTAGES as problem:
            logger.warning("the health check key stays until it expires: %s", problem)
        if self.on_shutdown:
            await self.on_shutdown(self.ctx)
        await self.resources.close()
        await self.store.close()
        await self._pool.aclose(close_connection_pool=True)
        self._pool = None

    # ------------------------------------------------------------------ serve

    async def _serve(self) -> None:
        while not await self._is_over():
            claims = self.claims.due()
            if claims or self.exchange.pending:
                await self.exchange.turn(claims)
                self.claims.heed_outage()
            else:
                await self.claims.rest()

    async def _is_over(self) -> bool:
        busy = bool(self.attempts or self._afterwards) or self.exchange.pending or self.reports.busy
        if self.draining:
            return not busy
        if not self.burst or busy:
            return False
        return self.claims.left == 0 or await self._all_empty()

    async def _all_empty(self) -> bool:
        try:
            return not any([await self.pool.zcard(served.keys.wire) for served in self.served])
        except OUTAGES:
            return False

    def _start(self, attempt: Attempt) -> None:
        earlier = self.attempts.get(attempt.job_id)
        if earlier:  # its lease lapsed, and this claim is the first to tell
            self.stop_attempt(earlier, Stop.LEASE_LOST)
        self.attempts[attempt.job_id] = attempt
        attempt.served.running += 1
        if self.draining:  # claimed by a call that was under way when the drain began
            self._post(attempt, Interrupted())
            return
        lease, keys = attempt.claimed.lease, attempt.served.keys
        self.leases.hold(keys, lease, lambda: self.stop_attempt(attempt, Stop.LEASE_LOST))
        self.tasks[attempt.job_id] = self.loop.create_task(self._attend(attempt))

    # ------------------------------------------------------------------ one attempt

    async def _attend(self, attempt: Attempt) -> None:
        try:
            outcome = await perform(attempt, self._bench)
        except asyncio.CancelledError as error:
            outcome = stopped(attempt.stop, error) if attempt.stop else Interrupted()
        if outcome is None:
            logger.warning("%s lost its lease: its outcome is dropped", attempt.job_id)
            self._let_go(attempt)
            self._make_room(attempt)
            return
        if not self._results.log(attempt, outcome):
            log_outcome(attempt, outcome)
        self._count(outcome)
        if attempt.handle.changed:
            self.post_progress(attempt)
        self._post(attempt, outcome)

    def post_progress(self, attempt: Attempt) -> None:
        """Send what the handler has said since the last time."""
        handle = attempt.handle
        handle.changed = False
        told = (handle.done, handle.total, handle.stage, handle.take_lines())
        call = scripts.progress(attempt.served.keys, attempt.claimed.lease, *told)

        def heard(accepted: bool) -> None:  # noqa: FBT001 - the answer of a script
            if not accepted:
                self.stop_attempt(attempt, Stop.LEASE_LOST)

        self.exchange.post(Parcel(call, heard))

    def _post(self, attempt: Attempt, outcome: Outcome) -> None:
        def acknowledged(accepted: bool) -> None:  # noqa: FBT001 - the answer of a script
            if not accepted:
                logger.warning("the outcome of %s was refused", attempt.job_id)
            self._let_go(attempt)
            self.reports.heed(attempt, outcome)
            if self.after_job_end and attempt.context:
                task = self.loop.create_task(self._after(attempt, self.after_job_end))
                self._afterwards.add(task)
                task.add_done_callback(self._afterwards.discard)

        kept = self._results.of(attempt, outcome)
        if isinstance(outcome, Succeeded):
            self.exchange.finish(attempt.served, completion(attempt, kept), acknowledged)
        else:
            call = settlement(attempt, outcome, kept)
            self.exchange.post(Parcel(call, acknowledged, refused=lambda: acknowledged(accepted=False)))
        self._make_room(attempt)

    async def _after(self, attempt: Attempt, hook: StartupShutdown) -> None:
        try:
            await hook(attempt.context)
        except Exception:
            logger.exception("after_job_end of %s failed", attempt.job_id)
        self.exchange.stir.set()

    def _make_room(self, attempt: Attempt) -> None:
        attempt.served.running -= 1
        attempt.served.next_look = 0.0
        self.exchange.stir.set()

    def _let_go(self, attempt: Attempt) -> None:
        self.leases.drop(attempt.claimed.lease)
        if self.attempts.get(attempt.job_id) is attempt:
            del self.attempts[attempt.job_id]
            self.tasks.pop(attempt.job_id, None)

    def _count(self, outcome: Outcome) -> None:
        if isinstance(outcome, Succeeded):
            self.jobs_complete += 1
        elif isinstance(outcome, (Retrying, Interrupted, Deferred, Awaiting)):
            self.jobs_retried += 1
        else:
            self.jobs_failed += 1

    # ------------------------------------------------------------------ stop

    def stop_attempt(self, attempt: Attempt, why: Stop) -> None:
        """Cancel a running attempt and remember why."""
        task = self.tasks.get(attempt.job_id)
        if self.attempts.get(attempt.job_id) is attempt and task and not task.done():
            if attempt.stop is not Stop.ABORT or why is Stop.LEASE_LOST:  # a drain makes nothing wanted again
                attempt.stop = why
            if attempt.started_ms:  # a task cancelled before its first step would never settle its job
                task.cancel()

    def handle_sig(self, signum: Signals) -> None:
        """Drain: claim no more, let running jobs finish within the grace, then give back what is left."""
        if self.draining:
            self._give_back()
            return
        self.draining, grace = Signals(signum), float(self._job_completion_wait)
        logger.info("shutdown on %s ◆ %d jobs running, %ds grace", signum.name, len(self.attempts), grace)
        self.loop.call_later(grace, self._give_back)
        self.exchange.stir.set()
        if self.on_stop:
            self.on_stop(self.draining)

    handle_sig_wait_for_completion = handle_sig

    def _give_back(self) -> None:
        for attempt in list(self.attempts.values()):
            self.stop_attempt(attempt, Stop.DRAIN)
        if self.main_task:  # with the server away nothing can be given back: the leases run out by themselves
            self.loop.call_later(_PARTING_SECONDS, self.main_task.cancel)
