"""The reference model: what the scripts must do, in a few lines of plain Python over jobs.TRANSITIONS."""

from collections import Counter
from dataclasses import dataclass, field, replace

from arqlight_core.jobs import TRANSITIONS, Lease, State, Transition
from arqlight_core.store.scripts import Claim, Restored

PUT_BACK = {Transition.RETRY: "retried", Transition.DEFER: "deferred", Transition.RELEASE: "released"}
ENDS = {Transition.FINISH: "completed", Transition.BURY: "dead", Transition.CANCEL: "cancelled"}
COUNTED_AS = PUT_BACK | ENDS


@dataclass
class Known:
    """One life of one id. A lapsed job waits, and keeps its owner until somebody else takes it over."""

    state: State
    payload: bytes
    owner: bytes | None = None
    attempts: int = 0
    result: bool = False

    @property
    def seen_by_its_owner(self) -> State:
        """A lease stands until somebody takes the job over: to its owner the job is still running."""
        return State.ACTIVE if self.owner else self.state


@dataclass
class Model:
    """Every job of a queue, and what the queue should have counted."""

    jobs: dict[str, Known] = field(default_factory=dict[str, Known])
    trash: dict[str, dict[str, Known]] = field(default_factory=dict[str, dict[str, Known]])
    totals: Counter[str] = field(default_factory=Counter[str])
    settled: dict[bytes, str] = field(default_factory=dict[bytes, str])
    finished: Counter[bytes] = field(default_factory=Counter[bytes])
    paused: bool = False
    fence: int = 0

    def of(self, state: State) -> list[str]:
        """The ids in this state."""
        return [one for one, job in self.jobs.items() if job.state is state]

    def held_by(self, worker: str) -> list[str]:
        """The ids that this worker runs."""
        return [one for one in self.of(State.ACTIVE) if (self.jobs[one].owner or b"").startswith(f"{worker}:".encode())]

    def step(self, transition: Transition, job: Known, to: State, at: State | None) -> None:
        """One move of one job: refused here when the table does not allow it."""
        assert to in TRANSITIONS[transition].get(at, ()), f"{transition}: {at} -> {to}"
        job.state = to

    def enqueue(self, job_id: str, payload: bytes, *, later: bool) -> bool:
        """Whether the id is free: nothing lives or is kept under it. A life whose result is gone is over."""
        known = self.jobs.get(job_id)
        if known and not (known.state is State.COMPLETED and not known.result):
            return False
        born = self.jobs[job_id] = Known(State.WAITING, payload)
        self.step(Transition.ENQUEUE, born, State.SCHEDULED if later else State.WAITING, None)
        self.totals["enqueued"] += 1
        return True

    def claim(self, answer: Claim, limit: int) -> None:
        """Checks a claim's answer, and takes note of it."""
        waiting = [] if self.paused else self.of(State.WAITING)
        assert len(answer.jobs) == min(limit, len(waiting))
        assert [job.due_ms for job in answer.jobs] == sorted(job.due_ms for job in answer.jobs)
        for claimed, lapses in zip(answer.jobs, answer.lapses, strict=True):
            job = self.jobs[claimed.lease.job_id]
            self._take(job, taken_over=job.owner is not None)
            assert (lapses > 0) == (job.owner is not None)
            assert (claimed.attempt, claimed.payload) == (job.attempts, job.payload)
            assert claimed.lease.fence > self.fence
            self.fence, job.owner = claimed.lease.fence, claimed.lease.owner

    def _take(self, job: Known, *, taken_over: bool) -> None:
        self.step(Transition.CLAIM, job, State.ACTIVE, job.state)
        self.totals["lapsed"] += taken_over
        if not taken_over or not job.attempts:
            job.attempts += 1

    def lapse(self, job_id: str) -> None:
        """A lease has run out."""
        self.step(Transition.LAPSE, self.jobs[job_id], State.WAITING, State.ACTIVE)

    def due(self, job_id: str) -> None:
        """A delay has passed."""
        job = self.jobs[job_id]
        self.step(Transition.DUE, job, State.WAITING, job.state)

    def holds(self, lease: Lease) -> bool:
        """Whether this lease stands."""
        job = self.jobs.get(lease.job_id)
        return job is not None and job.owner == lease.owner

    def renew(self, lease: Lease) -> bool:
        """Whether the lease goes on."""
        if self.holds(lease):
            self.jobs[lease.job_id].state = State.ACTIVE
        return self.holds(lease)

    def settle(self, lease: Lease, transition: Transition, to: State, *, kept: bool) -> bool:
        """Whether the call is accepted: the lease stands, or this very settling was accepted before."""
        what = "bury" if transition is Transition.CANCEL else transition.value
        if not self.holds(lease):
            if self.settled.get(lease.owner) == what:
                return True
            self.totals["refused"] += 1
            return False
        job = self.jobs[lease.job_id]
        self.step(transition, job, to, job.seen_by_its_owner)
        self.totals[COUNTED_AS[transition]] += 1
        self._part(job, lease, transition, what, kept=kept)
        return True

    def _part(self, job: Known, lease: Lease, transition: Transition, what: str, *, kept: bool) -> None:
        job.owner = None
        if transition is Transition.FINISH:
            self.finished[lease.owner] += 1
        else:
            self.settled[lease.owner] = what
        if transition in ENDS:
            job.attempts, job.result = 0, kept
        elif transition is not Transition.RETRY:
            job.attempts -= 1

    def revive(self, job_id: str) -> int:
        """1 when the job waits again, with all its attempts before it."""
        job = self.jobs.get(job_id)
        if job is None or job.state not in TRANSITIONS[Transition.REVIVE]:
            return 0
        self.step(Transition.REVIVE, job, State.WAITING, job.state)
        job.attempts, job.result = 0, False
        return 1

    def purge(self, state: State, operation: str) -> int:
        """How many jobs go to the trash."""
        gone = {one: self.jobs.pop(one) for one in self.of(state)}
        assert None in TRANSITIONS[Transition.PURGE][state]
        if gone:
            self.trash[operation] = {one: replace(job, owner=None) for one, job in gone.items()}
            self.totals["purged"] += len(gone)
        return len(gone)

    def undo(self, operation: str) -> Restored:
        """What comes back: all but the ids that live again."""
        gone = self.trash.pop(operation)
        back = {one: job for one, job in gone.items() if one not in self.jobs}
        for one, job in back.items():
            self.step(Transition.UNDO, job, job.state, None)
            self.jobs[one] = job
        self.totals["restored"] += len(back)
        return Restored(len(back), len(gone) - len(back), 0)

    def prune(self, state: State) -> int:
        """How many ended jobs are forgotten."""
        forgotten = self.of(state)
        for one in forgotten:
            del self.jobs[one]
        self.totals["pruned"] += len(forgotten)
        return len(forgotten)
