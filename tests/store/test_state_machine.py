"""Any order of calls, with lost answers, crashed workers and zombies: the scripts do what the model does."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from arqlight_core.jobs import State, Transition
from arqlight_core.policy import Mode, Priority
from arqlight_core.store import scripts
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.scripts import Lapsed
from tests.store.flow_machine import FlowMachine
from tests.store.line import FAR, QUEUE, acted, cancelled, dead
from tests.store.machine import ENDED, IDS, WORKERS

SOON = 2
DELAYS = st.sampled_from([0, SOON, FAR])
TTLS = st.sampled_from([0, -1])
LANES = st.sampled_from([priority.lane for priority in Priority])
UNIQUE = st.none() | st.tuples(st.sampled_from(["k", "l"]), st.sampled_from(list(Mode)))
PURGEABLE = (State.WAITING, State.SCHEDULED, State.RETRYING, State.HELD, State.DEAD, State.CANCELLED)
BACK = {
    Transition.RETRY: State.RETRYING,
    Transition.DEFER: State.SCHEDULED,
    Transition.HOLD: State.HELD,
}


class QueueMachine(FlowMachine):
    """Every rule makes its call twice: the first answer may have been lost on the way."""

    @rule(job_id=st.sampled_from(IDS), delay_ms=DELAYS, lane=LANES, unique=UNIQUE)
    def enqueue(self, job_id: str, delay_ms: int, lane: float, unique: tuple[str, Mode] | None) -> None:
        self.put(job_id, delay_ms, lane, unique)

    @rule(worker=st.sampled_from(WORKERS), limit=st.integers(1, 3))
    def claim(self, worker: str, limit: int) -> None:
        self.take(worker, limit)

    @rule(data=st.data(), worker=st.sampled_from(WORKERS))
    def crash_and_take_over(self, data: st.DataObject, worker: str) -> None:
        lease = self.some_lease(data)
        if self.model.holds(lease) and self.model.jobs[lease.job_id].state is State.ACTIVE:
            self.go(self.line.lapse(lease))
            self.model.lapse(lease.job_id)
        if data.draw(st.booleans()):
            self.take(worker, 3)

    @rule(worker=st.sampled_from(WORKERS))
    def find_a_worker_dead(self, worker: str) -> None:
        held = self.model.held_by(worker)
        call = scripts.lapse(QUEUE, worker, b"", 500)
        ended = self.go(self.line.run(call)).ended
        assert len(held) <= ended <= self.model.owned_by(worker)  # also leases that have run out, those not yet ended
        assert self.go(self.line.run(call)) == Lapsed(b"", 0)
        for job_id in held:
            self.model.lapse(job_id)

    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        lease = self.some_lease(data)
        lost = [] if self.model.renew(lease) else [lease.job_id]
        assert [self.go(self.line.renew(lease)) for _ in range(2)] == [lost, lost]

    @rule(data=st.data(), ttl_ms=TTLS)
    def finish(self, data: st.DataObject, ttl_ms: int) -> None:
        lease, seq = self.some_lease(data), next(self.line.seqs)
        accepted = self.model.settle(lease, Transition.FINISH, State.COMPLETED, kept=ttl_ms != 0)
        for _ in range(2):
            assert self.go(self.line.finish(lease, result=b"r", ttl_ms=ttl_ms, seq=seq)) == [accepted]

    @rule(data=st.data(), transition=st.sampled_from(list(BACK)), delay_ms=DELAYS)
    def put_back(self, data: st.DataObject, transition: Transition, delay_ms: int) -> None:
        lease = self.some_lease(data)
        holds = self.model.holds(lease)
        state = BACK[transition]
        for _ in range(2):
            accepted = self.model.settle(lease, transition, state, kept=False)
            if state is State.RETRYING:
                assert self.go(self.line.retry(lease, delay_ms)) == accepted
            else:
                assert self.go(self.line.defer(lease, delay_ms, state)) == accepted
        if holds:
            self.pass_time(lease.job_id, delay_ms)

    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        lease = self.some_lease(data)
        for _ in range(2):
            accepted = self.model.settle(lease, Transition.RELEASE, State.WAITING, kept=False)
            assert self.go(self.line.release(lease)) == accepted

    @rule(data=st.data(), transition=st.sampled_from([Transition.BURY, Transition.CANCEL]), ttl_ms=TTLS)
    def bury(self, data: st.DataObject, transition: Transition, ttl_ms: int) -> None:
        lease = self.some_lease(data)
        end = dead(ttl_ms=ttl_ms) if transition is Transition.BURY else cancelled(ttl_ms=ttl_ms)
        for _ in range(2):
            accepted = self.model.settle(lease, transition, State(end.state), kept=ttl_ms != 0)
            assert self.go(self.line.bury(lease, end)) == accepted

    @rule(job_id=st.sampled_from(IDS))
    def revive(self, job_id: str) -> None:
        step = self.go(self.line.step("dead,cancelled,retrying"))
        assert self.act(scripts.revive(QUEUE, step, [job_id])) == self.model.revive(job_id)

    @rule(data=st.data())
    def purge(self, data: st.DataObject) -> None:
        state, operation = self.some_state(data, PURGEABLE), f"op{next(self.numbers)}"
        ids, step = self.go(self.line.walk(state)), self.go(self.line.step(state, operation))
        assert sorted(ids) == sorted(self.model.of(state))
        assert self.act(scripts.purge(QUEUE, step, FAR, ids)) == acted(self.model.purge(state, operation))

    @precondition(lambda self: self.model.trash)
    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        operation = data.draw(st.sampled_from(sorted(self.model.trash)))
        ids, step = self.go(self.line.walk(f"trash:{operation}")), self.go(self.line.step(""))
        assert sorted(ids) == sorted(self.model.trash[operation])
        assert self.act(scripts.undo(QUEUE, step, operation, ids)) == self.model.undo(operation)

    @rule(data=st.data())
    def prune(self, data: st.DataObject) -> None:
        state = self.some_state(data, ENDED)
        for _ in range(2):
            assert self.go(self.line.prune(state, keep_count=0)) == self.model.prune(state)

    @rule(pause=st.sampled_from([False, False, False, True]))
    def pause_or_resume(self, pause: bool) -> None:  # noqa: FBT001 - drawn by Hypothesis
        call = scripts.pause(QUEUE, "ada", "why") if pause else scripts.resume(QUEUE, "ada", "why")
        changed = pause is not self.model.paused
        assert [self.go(self.line.run(call)) for _ in range(2)] == [changed, False]
        self.model.paused = pause


def test_any_order_of_calls_does_what_the_model_does(shared_server: EmbeddedServer):
    class Driven(QueueMachine):
        def __init__(self) -> None:
            super().__init__(shared_server.url)

    run_state_machine_as_test(
        Driven,
        settings=settings(
            max_examples=30,
            stateful_step_count=40,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
