"""The real side of the state machine: a queue on a server beside its model, and what must hold between the two."""

import asyncio
from collections.abc import Coroutine
from itertools import count
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant

from arqlight_core import observe
from arqlight_core.codec import Envelope, encode_job
from arqlight_core.jobs import Lease, State
from arqlight_core.policy import Mode
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.scripts import Acted, Call, NewJob, Placed
from tests.store.line import FAR, NOT_MADE, QUEUE, Line, lease_of
from tests.store.model import Model

R = TypeVar("R")

IDS, WORKERS = ("a", "b", "c"), ("w1", "w2", "w3")
ENDED = (State.COMPLETED, State.DEAD, State.CANCELLED)


class Machine(RuleBasedStateMachine):
    """A queue and its model; rules drive both."""

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

    def put(self, job_id: str, delay_ms: int, lane: float = 0.0, unique: tuple[str, Mode] | None = None) -> None:
        """Queues a job, twice: the first answer may have been lost."""
        payload = encode_job(Envelope("work", (next(self.numbers),), {}, 1))
        key = (unique[0], FAR, unique[1].value) if unique else ("", 0, "")
        call = scripts.enqueue(QUEUE, [NewJob(job_id, payload, delay_ms, lane, *key)])
        expected = Placed(new=False)
        for _ in range(2):
            expected = self.model.enqueue(job_id, payload, lane, unique, later=delay_ms > 0)
            assert self.go(self.line.run(call)) == [expected]
        if delay_ms and (expected.new or expected.merged):
            self.pass_time(expected.holder or job_id, delay_ms)

    def take(self, worker: str, limit: int) -> None:
        """Claims jobs, twice with the same seq."""
        seq = next(self.line.seqs)
        answer = self.go(self.line.claim(worker, limit, seq=seq))
        self.model.claim(answer, limit)
        leases = [job.lease for job in answer.jobs]
        if leases:
            assert [job.lease for job in self.go(self.line.claim(worker, limit, seq=seq)).jobs] == leases
        self.leases += leases

    def act(self, call: Call[Acted]) -> Acted:
        """Makes a step of a bulk, twice."""
        done = self.go(self.line.run(call))
        assert self.go(self.line.run(call)) == NOT_MADE
        return done

    def pass_time(self, job_id: str, delay_ms: int) -> None:
        """Lets a short delay run out; a long one outlives the test."""
        if delay_ms != FAR:
            self.go(self.line.passed(int(self.go(self.line.score(job_id)) or 0)))
            self.model.due(job_id)

    def standing(self) -> list[Lease]:
        return [lease for lease in self.leases if self.model.holds(lease)]

    def some_lease(self, data: st.DataObject) -> Lease:
        """Any lease there ever was, but more often one that stands, got for the purpose if there is none."""
        if self.leases and data.draw(st.integers(0, 3)) == 0:
            return data.draw(st.sampled_from(self.leases))
        if not self.standing() and not self.model.paused:
            self.put(data.draw(st.sampled_from(IDS)), 0)
            self.take(data.draw(st.sampled_from(WORKERS)), 1)
        return data.draw(st.sampled_from(self.standing() or self.leases or [lease_of("a")]))

    def some_state(self, data: st.DataObject, states: tuple[State, ...]) -> State:
        """One of these states, if possible one that some job is in."""
        return data.draw(st.sampled_from([state for state in states if self.model.of(state)] or states))

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
        assert _ids(keys, "arq:job:") == live == self._members(QUEUE.wire)
        assert _ids(keys, "arq:retry:") <= live
        assert _ids(keys, "arq:result:") == {one for one, job in self.model.jobs.items() if job.result}
        assert _ids(keys, "arqlight:job:") <= self.model.jobs.keys()
        assert _ids(keys, "arqlight:attempts:") <= self.model.jobs.keys()
        owned = {one for one, job in self.model.jobs.items() if job.owner}
        assert _ids(keys, "arq:in-progress:") == owned == self._members(QUEUE.index(State.ACTIVE))

    @invariant()
    def nothing_is_listed_in_a_state_that_it_is_not_in(self) -> None:
        for state in (State.SCHEDULED, State.RETRYING, State.HELD):
            listed = self._members(QUEUE.index(state))
            assert set(self.model.of(state)) <= listed <= {*self.model.of(state), *self.model.of(State.WAITING)}
        for state in ENDED:
            assert self._members(QUEUE.index(state)) == set(self.model.of(state))

    @invariant()
    def what_is_noted_of_jobs_is_noted_of_those_it_concerns(self) -> None:
        owned = {one for one, job in self.model.jobs.items() if job.owner}
        early = {one for one, job in self.model.jobs.items() if job.lane and job.state not in ENDED and not job.owner}
        later = {*self.model.of(State.SCHEDULED), *self.model.of(State.RETRYING), *self.model.of(State.HELD)}
        assert self._members(QUEUE.index("came")) == owned
        assert early & later <= self._members(QUEUE.index("maturing")) <= early | owned
        assert self._members(QUEUE.index("lapses")) == {one for one, job in self.model.jobs.items() if job.lapses}

    @invariant()
    def one_claim_is_finished_once(self) -> None:
        assert all(times == 1 for times in self.model.finished.values())

    def _members(self, index: str) -> set[str]:
        return {one.decode() for one in self.go(self.line.raw.zrange(index, 0, -1))}


def _ids(keys: set[str], prefix: str) -> set[str]:
    return {key.removeprefix(prefix) for key in keys if key.startswith(prefix)}
