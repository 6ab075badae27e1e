"""What flows add to the state machine: parents spawn and wait, children end in any order, twice, early and late."""

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from arqlight_core.codec import decode_job
from arqlight_core.jobs import Lease, State, Transition
from arqlight_core.store import scripts
from arqlight_core.store.scripts import ChildEnd, Reached, Spawned
from tests.store.flow_model import FlowModel, is_fatal
from tests.store.line import QUEUE
from tests.store.machine import IDS, Machine


class FlowMachine(Machine):
    """Every rule makes its call twice: the first answer may have been lost on the way."""

    def life_of(self, lease: Lease) -> int:
        """Payloads are numbered: the number tells one life of an id from the next."""
        job = self.model.jobs.get(lease.job_id)
        return decode_job(job.payload).args[0] if job else 0

    @rule(data=st.data(), count=st.integers(0, 3))
    def spawn(self, data: st.DataObject, count: int) -> None:
        lease = self.some_lease(data)
        life, expected, before = self.life_of(lease), None, 0
        if self.model.holds(lease):
            flow = self.model.begin_flow(lease.job_id, life)
            before = flow.total
            flow.total += count
            expected = Reached(0, flow.total, -1)
        else:
            self.model.totals["refused"] += 2
        call = scripts.spawned(QUEUE, lease, Spawned(life, 0, "child", "q", before, count))
        assert [self.go(self.line.run(call)) for _ in range(2)] == [expected, expected]

    @rule(data=st.data())
    def await_children(self, data: st.DataObject) -> None:
        lease = self.some_lease(data)
        life = self.life_of(lease)
        call = scripts.await_children(QUEUE, lease, life, "work")
        for _ in range(2):
            to = State.WAITING
            if self.model.holds(lease):
                flow = self.model.begin_flow(lease.job_id, life)
                to = State.WAITING if flow.may_go_on else State.HELD
                flow.awaited = to is State.HELD
            accepted = self.model.settle(lease, Transition.AWAIT_CHILDREN, to, kept=False)
            assert self.go(self.line.run(call)) == accepted

    @precondition(lambda self: self.model.flows)
    @rule(
        data=st.data(),
        number=st.integers(-1, 4),
        outcome=st.sampled_from(["completed", "completed", "dead", "cancelled"]),
    )
    def end_child(self, data: st.DataObject, number: int, outcome: str) -> None:
        job_id = data.draw(st.sampled_from(sorted(self.model.flows)))
        flow = self.model.flows[job_id]
        late = data.draw(st.integers(0, 5)) == 0
        end = ChildEnd(job_id, flow.life - late, number, outcome, int(is_fatal(number)))
        news = not late and flow.end(number, outcome)
        if not late and number >= 0:
            self.model.go_on(job_id)
        assert [self.go(self.line.run(scripts.tally(QUEUE, [end]))) for _ in range(2)] == [news, 0]

    @invariant()
    def every_flow_is_counted_as_the_model_counts_it(self) -> None:
        told = {one: self.go(self.line.run(scripts.children(QUEUE, one, 0, 0))).flow for one in IDS}
        seen = {one: (flow.life, flow.tally, flow.fatal) for one, flow in told.items() if flow}
        assert seen == {one: _counts(flow) for one, flow in self.model.flows.items()}


def _counts(flow: FlowModel) -> tuple[int, object, int]:
    return flow.life, flow.tally, flow.fatal
