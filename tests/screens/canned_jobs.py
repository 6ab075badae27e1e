"""A canned fleet whose jobs can be searched, marked and looked into: what the job lists and the job view ask for."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from arqlight_core.errors import JobNotFound
from arqlight_core.jobs import Failure, State
from arqlight_core.observe import Found, JobView
from arqlight_core.operations import Selection
from arqlight_screens.source import Unavailable
from tests.screens.canned import NOW, CannedFleet, job

STRETCH = 1000
"""Jobs that one call of a search looks at."""


class JobsFleet(CannedFleet):
    """`matching` says which ids a search finds, whatever it asks for; each call looks at a thousand jobs."""

    matching: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    """Ids that have left their state since they were found or marked."""
    away_at = ""
    """The cursor at which a search meets a server that is away, once."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.searched: list[Selection] = []

    def _search(self, selection: Selection, cursor: str = "") -> Found:
        if self.away_at and cursor == self.away_at:
            self.away_at = ""
            raise Unavailable("No server answers.")
        self.searched.append(selection)
        state = selection.state or State.WAITING
        start = int(cursor or 0)
        total = len(self.rows(selection.queue, state))
        behind = start + STRETCH
        found = [one for one in self.rows(selection.queue, state)[start:behind] if one.id in self.matching]
        return Found(NOW, tuple(found), str(behind) if behind < total else "", min(STRETCH, total - start))

    def _rows(self, queue: str, state: State, ids: Sequence[str]) -> Found:
        rows = self.rows(queue, state)
        found = [one for one in rows[0 : min(len(rows), 5000)] if one.id in ids and one.id not in self.gone]
        return Found(NOW, tuple(found), "", len(ids))

    def _job(self, job_id: str) -> JobView:
        if job_id not in self.jobs:
            raise JobNotFound(f"There is no job {job_id}.")
        return self.jobs[job_id]


JOB = "{billing:validation}:import-00"
BATCH = "{billing:validation}:batch-7"
TRACEBACK = """Traceback (most recent call last):
  File "/srv/.venv/lib/python3.11/site-packages/arqlight_fleet/attempt.py", line 61, in run
    return await handler(run, payload)
  File "/srv/workers/billing/rules.py", line 88, in check
    raise TariffMissing(row)
           ^^^^^^^^^^^^^
  File "/usr/lib/python3.11/json/decoder.py", line 12, in decode
    obj = scan()
TariffMissing: row 300 has no tariff
"""


def failed(attempt: int, **changes: object) -> Failure:
    started = NOW - 200_000 + attempt * 10_000
    told = Failure(
        attempt, "TariffMissing", "row 300 has no tariff", TRACEBACK, "worker-1", started, started + 850 * attempt
    )
    return replace(told, **changes)  # type: ignore[arg-type]


def whole() -> JobView:
    log = tuple((NOW - 1000 * place, f"line {place}") for place in range(60, 0, -1))
    failures = (failed(1), failed(2, worker="worker-2", message="row 301 has no tariff"), failed(3))
    return job(JOB, failures=failures, attempt=3, parent=BATCH, log=log)
