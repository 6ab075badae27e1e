"""A fleet made of data: what the screens ask for is answered from here, and what they do is written down."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from arqlight_core.errors import BulkNotFound, JobNotFound
from arqlight_core.jobs import Failure, State
from arqlight_core.observe import (
    BulkView,
    Facts,
    FleetView,
    JobRow,
    JobView,
    QueueView,
    Why,
    Window,
    WorkerView,
)
from arqlight_core.observe.fleet import Pause
from arqlight_core.observe.reasons import line_of, reasons_of
from arqlight_core.operations import Report
from tests.screens import canned_overview
from tests.screens.canned_domains import CannedDomains

NOW = 1_780_000_000_000
"""2026-05-28 20:26:40 UTC, on the server's clock."""

Rows = Callable[[str, State], "Sequence[JobRow] | VirtualRows"]


class VirtualRows:
    """As many rows as one likes; only those that are asked for are made."""

    def __init__(self, total: int) -> None:
        self._total = total

    def __len__(self) -> int:
        return self._total

    def __getitem__(self, part: slice) -> list[JobRow]:
        return [row(f"job-{place:07}") for place in range(*part.indices(self._total))]


def counts(**given: int) -> dict[State, int]:
    return {state: given.get(state.value, 0) for state in State}


def queue(name: str, **changes: Any) -> QueueView:
    told: dict[str, Any] = {
        "name": name,
        "wire": f"arq:{{{name}}}",
        "purpose": f"The work of {name}.",
        "counts": counts(),
        "paused": None,
        "workers": 2,
        "concurrency": 20,
        "oldest_ms": None,
        "in_per_s": 0.0,
        "out_per_s": 0.0,
        "failed_share": None,
        "wait_p95_ms": None,
        "run_p95_ms": None,
        "history": (0, 0, 0, 0, 0, 0),
        "totals": {},
    }
    return QueueView(**(told | changes))


def row(job_id: str, state: State = State.DEAD, **changes: Any) -> JobRow:
    told: dict[str, Any] = {
        "id": job_id,
        "state": state,
        "job_type": "billing.validate",
        "enqueued_ms": NOW - 300_000,
        "moment_ms": NOW - 120_000,
        "attempt": 1,
        "worker": "",
        "claimed_ms": 0,
        "done": 0,
        "total": 0,
        "stage": "",
        "error": "",
        "reason": "",
        "because": "",
        "until_ms": 0,
    }
    return JobRow(**(told | changes))


def job(job_id: str, state: State = State.DEAD, **changes: Any) -> JobView:
    told: dict[str, Any] = {
        "at_ms": NOW,
        "id": job_id,
        "queue": "billing:validation",
        "state": state,
        "job_type": "billing.validate",
        "payload": {"args": [{"file": "claims-0512.csv", "patient": "•••", "rows": 1200}], "kwargs": {}},
        "correlation_id": "c0ffee",
        "enqueued_ms": NOW - 300_000,
        "due_ms": NOW - 300_000,
        "started_ms": 0,
        "ended_ms": NOW - 120_000,
        "attempt": 2,
        "worker": "",
        "claimed_ms": 0,
        "because": "",
        "by": "",
        "until_ms": 0,
        "reason": "gave up after 2 attempts",
        "done": 300,
        "total": 1200,
        "stage": "checking rules",
        "result": None,
        "lapses": 0,
        "failures": (failure(1), failure(2)),
        "log": ((NOW - 130_000, "row 300 has no tariff"),),
    }
    return JobView(**(told | changes))


def failure(attempt: int) -> Failure:
    trace = 'Traceback (most recent call last):\n  File "rules.py", line 88, in check\n    raise TariffMissing(row)\n'
    started = NOW - 200_000 + attempt * 1000
    return Failure(attempt, "TariffMissing", "row 300 has no tariff", trace, "worker-1", started, started + 850)


def worker(name: str) -> WorkerView:
    return WorkerView(name, "host", 1, "running", NOW - 3_600_000, NOW, {}, {}, ())


def fleet_view(*queues: QueueView, workers: int = 3) -> FleetView:
    return FleetView(NOW, queues, tuple(worker(f"worker-{place}") for place in range(workers)))


def busy_fleet() -> FleetView:
    return fleet_view(
        queue(
            "billing:validation",
            counts=counts(waiting=1204, active=3, dead=12, retrying=4, scheduled=7, completed=998),
            paused=Pause("anna", "tariff table is wrong", NOW - 1_480_000),
            oldest_ms=1_500_000,
            failed_share=0.31,
            wait_p95_ms=42_000,
            run_p95_ms=1850,
            history=(40, 52, 61, 12, 0, 0),
        ),
        queue("crm:campaign"),
        queue("crm:message", counts=counts(waiting=86_000), workers=0, concurrency=0, oldest_ms=7_300_000, in_per_s=41),
        queue(
            "healer:incident-processing",
            counts=counts(active=8, waiting=2),
            in_per_s=3.4,
            out_per_s=3.1,
            failed_share=0.002,
            wait_p95_ms=12,
            run_p95_ms=9400,
            oldest_ms=900,
            history=(180, 170, 190, 200, 186, 90),
        ),
        queue("outreach:send", counts=counts(retrying=3, completed=12), failed_share=0.09, history=(1, 0, 3, 0, 2, 0)),
        queue("site:publish", counts=counts(completed=4)),
    )


def few_rows(queue_name: str, state: State) -> Sequence[JobRow]:
    prefix = f"{{{queue_name}}}:"
    if state is State.DEAD:
        error, reason = "TariffMissing: row 300 has no tariff", "gave up after 2 attempts"
        return [row(f"{prefix}import-{place:02}", error=error, reason=reason, attempt=2) for place in range(12)]
    if state is State.HELD:
        told = {"because": "20 per min is used up", "until_ms": NOW + 42_000, "moment_ms": NOW + 42_000}
        return [row(f"{prefix}message-{place}", State.HELD, **told) for place in range(4)]
    if state is State.ACTIVE:
        told = {"worker": "worker-1", "claimed_ms": NOW - 65_000, "total": 200, "stage": "checking rules"}
        return [row(f"{prefix}run-{place}", State.ACTIVE, done=place * 70, **told) for place in range(3)]
    return []


_WOULD = "would move 12 dead jobs of billing:validation to the trash"
PLAN = Report(12, _WOULD, moment_ms=NOW, asks="yes", confirm=f"12.{NOW}.0123456789")
"""What every dry run answers, unless told otherwise."""


def bulk(**changes: Any) -> BulkView:
    told: dict[str, Any] = {
        "at_ms": NOW,
        "id": "b1",
        "queue": "billing:validation",
        "operation": "retry",
        "selection": "dead jobs of billing:validation",
        "by": "anna",
        "reason": "",
        "state": "running",
        "total": 40_000,
        "changed": 9_990,
        "seen": 10_000,
        "asked_ms": NOW - 10_000,
        "begun_ms": NOW - 10_000,
        "ended_ms": 0,
        "note": "",
        "left": {"it is active": 10},
    }
    return BulkView(**(told | changes))


class CannedFleet(CannedDomains):
    """A fleet that answers from data, fails when told to, and remembers what was done."""

    address = "redis://canned:6379"

    def __init__(self, seen: FleetView, rows: Rows = few_rows, jobs: dict[str, JobView] | None = None) -> None:
        super().__init__()
        self.seen = seen
        self.rows: Rows = rows
        self.jobs = jobs or {}
        self.failure: Exception | None = None
        self.silence: asyncio.Event | None = None  # given: no view is answered; set as soon as one is asked for
        self.closed = False
        self.denied = frozenset[str]()
        self.read_only = False
        self.performed: list[tuple[str, dict[str, Any]]] = []
        self.windows: list[tuple[State, int, int]] = []
        self.report = Report(12, "done", moment_ms=NOW, operation="abcd")
        self.plan = PLAN
        self.bulks: dict[str, BulkView] = {}
        self.answers: dict[str, Any] = canned_overview.answers(NOW)
        """What every other question of `arqlight_core.observe` is answered with, by the function's name."""

    async def view(self) -> FleetView:
        if self.silence is not None:
            self.silence.set()
            await asyncio.Future[None]()
        self._fail()
        return self.seen

    async def observe(self, question: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """The canned answer to the question of that name: of a method here, or of `answers`."""
        self._fail()
        own: Callable[..., Any] = getattr(self, f"_{question.__name__}", self._answered(question.__name__))
        return own(*args, **kwargs)

    def _answered(self, question: str) -> Callable[..., Any]:
        def answer(*_args: Any, **_kwargs: Any) -> Any:
            told = self.answers[question]
            if isinstance(told, Exception):
                raise told
            return told

        return answer

    def _window(self, queue: str, state: State, offset: int, limit: int) -> Window:
        self.windows.append((state, offset, limit))
        rows = self.rows(queue, state)
        return Window(NOW, len(rows), offset, tuple(rows[offset : offset + limit]))

    def _why(self, job_id: str) -> Why:
        if job_id not in self.jobs:
            raise JobNotFound(f"There is no job {job_id}.")
        own = self.jobs[job_id]
        reasons = reasons_of(Facts(own, self.seen.queue(own.queue), self.seen.workers))
        return Why(own, line_of(reasons), reasons)

    def _bulk(self, bulk_id: str) -> BulkView:
        if bulk_id not in self.bulks:
            raise BulkNotFound(f"There is no bulk {bulk_id}.")
        return self.bulks[bulk_id]

    async def perform(self, operation: str, /, **arguments: Any) -> Report:
        self._fail()
        self.performed.append((operation, arguments))
        return self.plan if arguments.get("dry_run") else self.report

    async def close(self) -> None:
        self.closed = True

    def refuse_changes(self) -> None:
        self.read_only = True

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure
