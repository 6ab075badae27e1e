"""Any order of calls, with lost answers, crashed workers and zombies: the scripts do what the model does."""

import asyncio
from collections.abc import Coroutine
from itertools import count
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from arqlight_core import observe
from arqlight_core.codec import Envelope, encode_job
from arqlight_core.jobs import Lease, State, Transition
from arqlight_core.store import scripts
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import Store
from arqlight_core.store.scripts import NewJob
from tests.store.line import FAR, QUEUE, Line, cancelled, dead
from tests.store.model import Model

R = TypeVar("R")

IDS, WORKERS = ("a", "b", "c"), ("w1", "w2", "w3")
SOON = 2
DELAYS = st.sampled_from([0, SOON, FAR])
TTLS = st.sampled_from([0, -1])
ENDED = (State.COMPLETED, State.DEAD, State.CANCELLED)
PURGEABLE = st.sampled_from([State.WAITING, State.SCHEDULED, State.RETRYING, State.DEAD, State.CANCELLED])
BACK = {Transition.RETRY: State.RETRYING, Transition.DEFER: State.SCHEDULED}


class QueueMachine(RuleBasedStateMachine):
    """Every rule makes its call twice: the first answer may have been lost on the way."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.store = Store(url)
        self.line = Line(self.store, self.store._client)  # pyright: ignore[reportPrivateUsage] - it looks at the keys
        self.model = Model()
        self.leases: list[Lease] = []
        self.numbers = count(1)
        self.go(self.line.raw.flushall())
        self.go(self.store.publish_queues({QUEUE.name: {"wire": QUEUE.wire}}))

    def go(self, work: Coroutine[Any, Any, R]) -> R:
        return self.runner.run(work)

    def teardown(self) -> None:
        self.go(self.store.close())
        self.runner.close()

    def some_lease(self, data: st.DataObject) -> Lease:
        """Any lease there ever was, but more often one that stands."""
        standing = [lease for lease in self.leases if self.model.holds(lease)]
        any_of = self.leases if data.draw(st.integers(0, 3)) == 0 else standing or self.leases
        return data.draw(st.sampled_from(any_of))

    def pass_time(self, job_id: str, delay_ms: int) -> None:
        """Lets a short delay run out; a long one outlives the test."""
        if delay_ms != FAR:
            self.go(self.line.passed(int(self.go(self.line.score(job_id)) or 0)))
            self.model.due(job_id)

    @rule(job_id=st.sampled_from(IDS), delay_ms=DELAYS)
    def enqueue(self, job_id: str, delay_ms: int) -> None:
        payload = encode_job(Envelope("work", (next(self.numbers),), {}, 1))
        call = scripts.enqueue(QUEUE, [NewJob(job_id, payload, delay_ms)])
        new = self.model.enqueue(job_id, payload, later=delay_ms > 0)
        assert self.go(self.line.run(call)) == [new]
        assert self.go(self.line.run(call)) == [new]
        if new and delay_ms:
            self.pass_time(job_id, delay_ms)

    @rule(worker=st.sampled_from(WORKERS), limit=st.integers(1, 3))
    def claim(self, worker: str, limit: int) -> None:
        seq = next(self.line.seqs)
        answer = self.go(self.line.claim(worker, limit, seq=seq))
        self.model.claim(answer, limit)
        leases = [job.lease for job in answer.jobs]
        if leases:
            assert [job.lease for job in self.go(self.line.claim(worker, limit, seq=seq)).jobs] == leases
        self.leases += leases

    @precondition(lambda self: self.model.of(State.ACTIVE))
    @rule(data=st.data())
    def let_a_lease_run_out(self, data: st.DataObject) -> None:
        job_id = data.draw(st.sampled_from(self.model.of(State.ACTIVE)))
        self.go(self.line.lapse(next(lease for lease in reversed(self.leases) if lease.job_id == job_id)))
        self.model.lapse(job_id)

    @rule(worker=st.sampled_from(WORKERS))
    def find_a_worker_dead(self, worker: str) -> None:
        held = self.model.held_by(worker)
        assert self.go(self.line.run(scripts.lapse(QUEUE, worker))) == len(held)
        assert self.go(self.line.run(scripts.lapse(QUEUE, worker))) == 0
        for job_id in held:
            self.model.lapse(job_id)

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        lease = self.some_lease(data)
        lost = [] if self.model.renew(lease) else [lease.job_id]
        assert self.go(self.line.renew(lease)) == lost

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), ttl_ms=TTLS)
    def finish(self, data: st.DataObject, ttl_ms: int) -> None:
        lease, seq = self.some_lease(data), next(self.line.seqs)
        accepted = self.model.settle(lease, Transition.FINISH, State.COMPLETED, kept=ttl_ms != 0)
        for _ in range(2):
            assert self.go(self.line.finish(lease, result=b"r", ttl_ms=ttl_ms, seq=seq)) == [accepted]

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), transition=st.sampled_from([Transition.RETRY, Transition.DEFER]), delay_ms=DELAYS)
    def put_back(self, data: st.DataObject, transition: Transition, delay_ms: int) -> None:
        lease = self.some_lease(data)
        holds = self.model.holds(lease)
        settle: Any = self.line.retry if transition is Transition.RETRY else self.line.defer
        for _ in range(2):
            accepted = self.model.settle(lease, transition, BACK[transition], kept=False)
            assert self.go(settle(lease, delay_ms)) == accepted
        if holds:
            self.pass_time(lease.job_id, delay_ms)

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        lease = self.some_lease(data)
        for _ in range(2):
            accepted = self.model.settle(lease, Transition.RELEASE, State.WAITING, kept=False)
            assert self.go(self.line.release(lease)) == accepted

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), transition=st.sampled_from([Transition.BURY, Transition.CANCEL]), ttl_ms=TTLS)
    def bury(self, data: st.DataObject, transition: Transition, ttl_ms: int) -> None:
        lease = self.some_lease(data)
        end = dead(ttl_ms=ttl_ms) if transition is Transition.BURY else cancelled(ttl_ms=ttl_ms)
        for _ in range(2):
            accepted = self.model.settle(lease, transition, State(end.state), kept=ttl_ms != 0)
            assert self.go(self.line.bury(lease, end)) == accepted

    @rule(job_id=st.sampled_from(IDS))
    def revive(self, job_id: str) -> None:
        for _ in range(2):
            assert self.go(self.line.revive(job_id)) == [self.model.revive(job_id)]

    @rule(state=PURGEABLE)
    def purge(self, state: State) -> None:
        operation = f"op{next(self.numbers)}"
        for _ in range(2):
            assert self.go(self.line.purge(state, operation=operation)) == len(self.model.of(state))
            self.model.purge(state, operation)

    @precondition(lambda self: self.model.trash)
    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        operation = data.draw(st.sampled_from(sorted(self.model.trash)))
        assert self.go(self.line.undo(operation)) == self.model.undo(operation)
        assert self.go(self.line.undo(operation)).restored == 0

    @rule(state=st.sampled_from(ENDED))
    def prune(self, state: State) -> None:
        for _ in range(2):
            assert self.go(self.line.prune(state, keep_count=0)) == self.model.prune(state)

    @rule(pause=st.sampled_from([False, False, False, True]))
    def pause_or_resume(self, pause: bool) -> None:  # noqa: FBT001 - drawn by Hypothesis
        call = scripts.pause(QUEUE, "ada", "why") if pause else scripts.resume(QUEUE, "ada", "why")
        changed = pause is not self.model.paused
        assert [self.go(self.line.run(call)) for _ in range(2)] == [changed, False]
        self.model.paused = pause

    @invariant()
    def every_job_is_where_the_model_has_it(self) -> None:
        known = {one: job.state for one, job in self.model.jobs.items()}
        seen = {one: self.go(self.line.state(one)) for one in IDS}
        assert {one: state for one, state in seen.items() if state} == known

    @invariant()
    def the_fleet_counts_what_the_model_counts(self) -> None:
        [view] = self.go(observe.fleet(self.store)).queues
        assert view.counts == {state: len(self.model.of(state)) for state in State}
        assert {name: n for name, n in view.totals.items() if n} == dict(+self.model.totals)
        assert (view.paused is not None) == self.model.paused

    @invariant()
    def no_key_is_left_that_belongs_to_no_job(self) -> None:
        keys = {key.decode() for key in self.go(self.line.raw.keys("*"))}
        live = {one for one, job in self.model.jobs.items() if job.state not in ENDED}
        assert _ids(keys, "arq:job:") == live == set(self.go(self._members(QUEUE.wire)))
        assert _ids(keys, "arq:retry:") <= live
        assert _ids(keys, "arq:result:") == {one for one, job in self.model.jobs.items() if job.result}
        assert _ids(keys, "arqlight:job:") <= self.model.jobs.keys()
        assert _ids(keys, "arqlight:attempts:") <= self.model.jobs.keys()
        owned = {one for one, job in self.model.jobs.items() if job.owner}
        assert _ids(keys, "arq:in-progress:") == owned == set(self.go(self._members(QUEUE.index("active"))))

    @invariant()
    def nothing_waits_in_two_places(self) -> None:
        for state in (State.SCHEDULED, State.RETRYING):
            listed = set(self.go(self._members(QUEUE.index(state))))
            assert set(self.model.of(state)) <= listed
            assert listed <= {*self.model.of(state), *self.model.of(State.WAITING)}

    @invariant()
    def one_claim_is_finished_once(self) -> None:
        assert all(times == 1 for times in self.model.finished.values())

    async def _members(self, index: str) -> list[str]:
        return [one.decode() for one in await self.line.raw.zrange(index, 0, -1)]


def _ids(keys: set[str], prefix: str) -> set[str]:
    return {key.removeprefix(prefix) for key in keys if key.startswith(prefix)}


def test_any_order_of_calls_does_what_the_model_does(shared_server: EmbeddedServer):
    class Machine(QueueMachine):
        def __init__(self) -> None:
            super().__init__(shared_server.url)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=100,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
