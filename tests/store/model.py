"""The reference model: what the scripts must do, in a few lines of plain Python over jobs.TRANSITIONS."""

from collections import Counter
from dataclasses import dataclass, field, replace

from arqlight_core.jobs import TRANSITIONS, Lease, State, Transition
from arqlight_core.policy import Mode, Place, milliseconds
from arqlight_core.store.scripts import Acted, Claim, Placed
from tests.store.flow_model import FlowModel
from tests.store.line import acted

PUT_BACK = {
    Transition.RETRY: "retried",
    Transition.DEFER: "deferred",
    Transition.HOLD: "held",
    Transition.RELEASE: "released",
    Transition.AWAIT_CHILDREN: "awaited",
}
ENDS = {Transition.FINISH: "completed", Transition.BURY: "dead", Transition.CANCEL: "cancelled"}
COUNTED_AS = PUT_BACK | ENDS
ENDS_OF_LIFE = (State.COMPLETED, State.DEAD, State.CANCELLED)
SCRIPT = {Transition.CANCEL: "bury", Transition.HOLD: "defer"}


@dataclass
class Known:
    """One life of one id. A lapsed job waits, and keeps its owner until somebody else takes it over."""

    state: State
    payload: bytes
    owner: bytes | None = None
    lane: float = 0.0
    attempts: int = 0
    lapses: int = 0
    result: bool = False
    key: str = ""
    """The unique key that it was queued with."""

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
    keys: dict[str, str] = field(default_factory=dict[str, str])
    flows: dict[str, FlowModel] = field(default_factory=dict[str, FlowModel])
    paused: bool = False
    fence: int = 0

    def of(self, state: State) -> list[str]:
        """The ids in this state."""
        return [one for one, job in self.jobs.items() if job.state is state]

    def held_by(self, worker: str) -> list[str]:
        """The ids that this worker runs."""
        return [one for one in self.of(State.ACTIVE) if (self.jobs[one].owner or b"").startswith(f"{worker}:".encode())]

    def owned_by(self, worker: str) -> int:
        """How many jobs have a lease of this worker, be it that it has run out."""
        return sum((job.owner or b"").startswith(f"{worker}:".encode()) for job in self.jobs.values())

    def step(self, transition: Transition, job: Known, to: State, at: State | None) -> None:
        """One move of one job: refused here when the table does not allow it."""
        assert to in TRANSITIONS[transition].get(at, ()), f"{transition}: {at} -> {to}"
        job.state = to

    def enqueue(
        self, job_id: str, payload: bytes, lane: float, unique: tuple[str, Mode] | None, *, later: bool
    ) -> Placed:
        """What becomes of an enqueue."""
        known = self.jobs.get(job_id)
        if known and known.payload == payload and known.state not in ENDS_OF_LIFE:
            return Placed(new=True)
        holder = self._holder(unique)
        if holder and unique and unique[1] is Mode.DEBOUNCE and self._is_scheduled(holder):
            return self._merge(holder, payload, lane, later=later)
        if holder or self._is_taken(job_id):
            self.totals["deduplicated"] += 1
            return Placed(new=False, holder=holder or job_id)
        born = self.jobs[job_id] = Known(State.WAITING, payload, lane=lane)
        self.flows.pop(job_id, None)
        self.step(Transition.ENQUEUE, born, State.SCHEDULED if later else State.WAITING, None)
        self.totals["enqueued"] += 1
        if unique:
            born.key = unique[0]
            self.keys[born.key] = job_id
        return Placed(new=True)

    def _is_taken(self, job_id: str) -> bool:
        """Whether something lives or is kept under the id. A life whose result is gone is over."""
        known = self.jobs.get(job_id)
        return known is not None and not (known.state is State.COMPLETED and not known.result)

    def _is_scheduled(self, job_id: str) -> bool:
        return job_id in self.jobs and self.jobs[job_id].state is State.SCHEDULED

    def _holder(self, unique: tuple[str, Mode] | None) -> str:
        """The job that holds a key; under any mode but throttle one that has ended, or is in the trash, does not."""
        holder = self.keys.get(unique[0], "") if unique else ""
        lives = holder in self.jobs and self.jobs[holder].state not in ENDS_OF_LIFE
        return holder if lives or (unique and unique[1] is Mode.THROTTLE) else ""

    def _merge(self, holder: str, payload: bytes, lane: float, *, later: bool) -> Placed:
        job = self.jobs[holder]
        job.payload, job.lane = payload, lane
        job.state = State.SCHEDULED if later else State.WAITING
        self.totals["deduplicated"] += 1
        return Placed(new=False, holder=holder, merged=True)

    def claim(self, answer: Claim, limit: int) -> None:
        """Checks a claim's answer, and takes note of it."""
        waiting = [] if self.paused else self.of(State.WAITING)
        assert len(answer.jobs) == min(limit, len(waiting))
        fresh = [job for job in answer.jobs if not self.jobs[job.lease.job_id].owner]
        ranks = [job.due_ms - milliseconds(Place(job.lane, 0).priority.value) for job in fresh]
        assert ranks == sorted(ranks)
        assert answer.jobs[len(answer.jobs) - len(fresh) :] == tuple(fresh), "what has lapsed comes first"
        for claimed in answer.jobs:
            job = self.jobs[claimed.lease.job_id]
            self._take(job, taken_over=job.owner is not None)
            assert (claimed.attempt, claimed.payload, claimed.lapses) == (job.attempts, job.payload, job.lapses)
            assert claimed.lane == job.lane
            assert claimed.lease.fence > self.fence
            self.fence, job.owner = claimed.lease.fence, claimed.lease.owner

    def _take(self, job: Known, *, taken_over: bool) -> None:
        self.step(Transition.CLAIM, job, State.ACTIVE, job.state)
        self.totals["lapsed"] += taken_over
        job.lapses += taken_over
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
        what = SCRIPT.get(transition, transition.value)
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
        if transition in ENDS or transition in (Transition.RETRY, Transition.DEFER, Transition.AWAIT_CHILDREN):
            job.lapses = 0
        if transition is Transition.FINISH:
            self.finished[lease.owner] += 1
        else:
            self.settled[lease.owner] = what
        if transition in ENDS:
            job.attempts, job.result = 0, kept
        elif transition is not Transition.RETRY:
            job.attempts -= 1

    def begin_flow(self, job_id: str, life: int) -> FlowModel:
        """The flow of this life of a parent: a new one, unless there is one."""
        if job_id not in self.flows or self.flows[job_id].life != life:
            self.flows[job_id] = FlowModel(life)
        return self.flows[job_id]

    def go_on(self, job_id: str) -> None:
        """A parent that waits may be called by its children."""
        flow, job = self.flows.get(job_id), self.jobs.get(job_id)
        if flow and job and flow.awaited and job.state is State.HELD and flow.may_go_on:
            self.step(Transition.CONTINUE, job, State.WAITING, job.state)
            flow.awaited = False
            self.totals["continued"] += 1

    def revive(self, job_id: str) -> Acted:
        """The job waits again, with all its attempts before it, or is left alone."""
        job = self.jobs.get(job_id)
        if job is None:
            return acted(0, no_such_job=1)
        if job.state not in TRANSITIONS[Transition.REVIVE]:
            return acted(0, **{f"it_is_{job.state}": 1})
        if job.state in ENDS_OF_LIFE:
            job.lane = 0.0
        self.step(Transition.REVIVE, job, State.WAITING, job.state)
        job.attempts, job.result = 0, False
        self.totals["revived"] += 1
        return acted(1)

    def purge(self, state: State, operation: str) -> int:
        """How many jobs go to the trash."""
        gone = {one: self.jobs.pop(one) for one in self.of(state)}
        assert None in TRANSITIONS[Transition.PURGE][state]
        if gone:
            self.trash[operation] = {one: _given_up(job) for one, job in gone.items()}
            self.totals["purged"] += len(gone)
        return len(gone)

    def undo(self, operation: str) -> Acted:
        """All come back but those whose id or unique key is in use: they stay in the trash."""
        left: Counter[str] = Counter()
        stays = dict[str, Known]()
        gone = self.trash.pop(operation)
        for one, job in gone.items():
            if why := self._in_the_way(one, job):
                left[why] += 1
                stays[one] = job
            else:
                self._put_back(one, job)
        self.totals["restored"] += len(gone) - len(stays)
        if stays:
            self.trash[operation] = stays
        return acted(len(gone) - len(stays), **left)

    def _in_the_way(self, job_id: str, job: Known) -> str:
        if job_id in self.jobs:
            return "its_id_is_in_use_again"
        rival = self.keys.get(job.key, "") if job.key else ""
        lives = rival != job_id and rival in self.jobs and self.jobs[rival].state not in ENDS_OF_LIFE
        return "another_job_has_its_unique_key" if lives else ""

    def _put_back(self, job_id: str, job: Known) -> None:
        self.step(Transition.UNDO, job, job.state, None)
        self.jobs[job_id] = job
        if job.key and job.state not in ENDS_OF_LIFE:
            self.keys[job.key] = job_id
        self.go_on(job_id)

    def prune(self, state: State) -> int:
        """How many ended jobs are forgotten."""
        forgotten = self.of(state)
        for one in forgotten:
            del self.jobs[one]
        self.totals["pruned"] += len(forgotten)
        return len(forgotten)


def _given_up(job: Known) -> Known:
    """As it lies in the trash: a lease that had run out is over, and has cost no attempt."""
    return replace(job, owner=None, lapses=0, attempts=job.attempts - (job.owner is not None))
