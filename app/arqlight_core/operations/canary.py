"""A trial with the first few jobs of a bulk: should they fail again as they had failed before, the rest is spared.

After the first few come ten times as many, watched as well; then the rest.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from arqlight_core.clock import monotonic
from arqlight_core.jobs import State
from arqlight_core.observe.job import state_of
from arqlight_core.operations.orders import Pace
from arqlight_core.policy import SECOND
from arqlight_core.selection import Candidate
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys

LOOK_EVERY = 0.25
FAILED = (State.DEAD, State.RETRYING)
OVER = (*FAILED, State.COMPLETED, State.CANCELLED, None)


class Canary:
    """The trials of one bulk, `is_ours` while its lease stands. Whoever goes on after a crash watches those to come."""

    def __init__(self, store: Store, queue: QueueKeys, pace: Pace, is_ours: Callable[[], Awaitable[bool]]) -> None:
        self._store, self._queue, self._pace, self._is_ours = store, queue, pace, is_ours
        self._ends = (pace.canary, pace.canary * 11) if pace.canary else ()
        self._before: dict[str, list[Any]] = {}
        """Of each job of the trial that is under way, what was known before it was acted on."""

    def limit(self, wanted: int, changed: int) -> int:
        """How many jobs the next step may take: no trial runs into the next."""
        left = [end - changed for end in self._ends if end > changed]
        return min(wanted, left[0]) if left else wanted

    async def watch(self, jobs: Sequence[Candidate], changed: int) -> None:
        """Take note of jobs that are about to be acted on, if they belong to a trial."""
        if any(end > changed for end in self._ends):
            self._before |= await self._inspected([job.job_id for job in jobs])

    async def judge(self, changed: int) -> str:
        """At the end of a trial waits for its jobs; answers why the bulk has to stop, '' when it may go on."""
        if changed not in self._ends:
            return ""
        before, self._before = self._before, {}
        failed = await self._failed(before)
        if failed <= len(before) * self._pace.abort_above:
            return ""
        return f"{failed} of the first {len(before)} failed again"

    async def _failed(self, before: Mapping[str, list[Any]]) -> int:
        """How many failed again as before; those that do not end in time count for nothing."""
        deadline = monotonic() + self._pace.patience / SECOND
        while True:
            after = await self._inspected(list(before))
            over = all(state_of(answer[0], answer[1]) in OVER for answer in after.values())
            if over or monotonic() > deadline or not await self._is_ours():
                return sum(_failed_again(before[job_id], answer) for job_id, answer in after.items())
            await asyncio.sleep(LOOK_EVERY)

    async def _inspected(self, ids: Sequence[str]) -> dict[str, list[Any]]:
        """What inspect.lua tells of each."""
        answers = await self._store.run_all([scripts.inspect(self._queue, job_id) for job_id in ids])
        return dict(zip(ids, answers, strict=True))


def _failed_again(before: list[Any], after: list[Any]) -> bool:
    """Whether the same failure has come back; a job that was left alone stands where it stood."""
    if before[1] == after[1] or state_of(after[0], after[1]) not in FAILED:
        return False
    return _fingerprint(before) in (b"", _fingerprint(after))


def _fingerprint(inspected: list[Any]) -> bytes:
    """The fingerprint of the last failure of a job."""
    record = inspected[6]
    fields = dict(zip(record[::2], record[1::2], strict=True))
    return fields.get(b"fingerprint", b"")
