"""Carries a bulk operation out: step after step behind a cursor that the server keeps, so that anybody can go on.

A step acts, counts and moves the cursor in one script. Whoever dies between two steps has lost nothing and doubled
nothing; a bulk that is paused or aborted makes no further step, whoever carries it.
"""

import asyncio
import logging
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from arqlight_core.clock import monotonic
from arqlight_core.errors import ArqlightError, UsageError
from arqlight_core.jobs import TRANSITIONS, State
from arqlight_core.operations.actions import ACTIONS, Action, Chunk
from arqlight_core.operations.canary import Canary
from arqlight_core.operations.closing import ENDS, close_bulk
from arqlight_core.operations.meant import meant, sensitive_of, walk
from arqlight_core.operations.orders import Order, warrant_of
from arqlight_core.selection import Candidate
from arqlight_core.store import scripts
from arqlight_core.store.connect import OUTAGES, will_pass
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts import Step, Walked

logger = logging.getLogger("arqlight.bulk")

LEASE_MS = 15_000
REST = 1.0
"""For each moment that a step kept the server busy it is left in peace for so many."""

FIRST_CHUNK, SMALLEST, LARGEST = 50, 25, 100
LONG_STEP, SHORT_STEP = 0.004, 0.002
"""Seconds; a step beyond them makes the next one smaller, or larger."""

END = "end"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a bulk stands: its walk, its last step, how many jobs it has acted on."""

    cursor: str
    number: int
    changed: int

    @classmethod
    def of(cls, record: dict[str, str]) -> "Standing":
        """As its record tells."""
        return cls(record.get("cursor", ""), int(record.get("step", 0)), int(record.get("changed", 0)))


class Carrier:
    """One bulk in the hands of one process; `name` is one that no other process has.

    It `closes` the audit entry at the end, as the fleet does, unless whoever asked is still there to do so.
    """

    def __init__(self, store: Store, queue: QueueKeys, bulk: str, name: str, *, closes: bool) -> None:
        self._store, self._queue, self._bulk, self._name = store, queue, bulk, name
        self._closes = closes
        self._size = FIRST_CHUNK
        self._kept_at = 0.0

    async def carry(self) -> None:
        """Work on it until it is over, paused, aborted, or somebody else's."""
        record = await self._keep()
        if not record:
            return
        try:
            await self._begin(record)
            standing: Standing | None = Standing.of(record)
            while standing:
                standing = await self._step(standing)
        except OUTAGES:
            raise
        except Exception as problem:
            if will_pass(problem):
                raise
            logger.warning("bulk %s failed: %s", self._bulk, problem)
            await self._conclude("failed", str(problem))

    async def let_go(self) -> None:
        """Leave it to whoever takes it up next."""
        await self._conclude("queued")

    async def _begin(self, record: dict[str, str]) -> None:
        self._by, self._reason, self._most = record["by"], record["reason"], int(record["total"])
        self._order, self._action = _understood(record["order"])
        if self._action.brings and self._closes:
            raise UsageError("It brings a payload along, which only who asked for it may write; ask for it again.")
        guarded = () if await self._has_warrant(record) else self._action.guarded
        self._states = _states(self._action, self._order, guarded)
        self._canary = Canary(self._store, self._queue, self._order.pace, self._is_ours)
        self._sensitive = await sensitive_of(self._store, self._queue.name)

    async def _has_warrant(self, record: dict[str, str]) -> bool:
        """Whether whoever asked may write jobs: who carries it for itself may, or the server lets it do nothing."""
        if not self._action.guarded or not self._closes:
            return True
        name = warrant_of(self._bulk, int(record["total"]), record["order"])
        return await self._store.run(scripts.warranted(self._queue, name))

    async def _step(self, at: Standing) -> Standing | None:
        """The next step; answers where the bulk stands behind it, None when there is nothing more to do."""
        if at.cursor == END or at.changed >= self._most:
            return await self._conclude("done")
        began = monotonic()
        jobs, cursor = await self._next_jobs(at)
        await self._canary.watch(jobs, at.changed)
        step = Step(self._bulk, at.number + 1, cursor, self._states, self._by, self._reason)
        behind, busy = await self._act(step, jobs, at), monotonic() - began
        if not behind:
            return None
        verdict = await self._canary.judge(behind.changed)
        if verdict:
            return await self._conclude("aborted", verdict)
        return behind if await self._rest(busy, behind.changed - at.changed) else None

    async def _act(self, step: Step, jobs: list[Candidate], at: Standing) -> Standing | None:
        """Where the bulk stands behind this step, also when it was made before and its answer lost; None: not ours."""
        acting = monotonic()
        acted = await self._action.act(Chunk(self._store, self._queue, step, jobs), self._order.arguments)
        if not acted.made:
            record = await self._keep()
            return Standing.of(record) if record else None
        self._size = _next_size(self._size, monotonic() - acting)
        return Standing(step.cursor, step.number, at.changed + acted.changed)

    async def _next_jobs(self, at: Standing) -> tuple[list[Candidate], str]:
        """The jobs of the next step, no more than are still to be done, and where the walk stands behind them."""
        room = self._canary.limit(self._most - at.changed, at.changed)
        if self._order.pace.per_second:
            room = min(room, math.ceil(self._order.pace.per_second))
        walked = await self._walk(at, self._size if self._order.is_whole else min(self._size, room))
        jobs = meant(self._order, walked, self._sensitive)
        if len(jobs) <= room:
            return jobs, walked.cursor or END
        return jobs[:room], walked.behind(jobs[room - 1].job_id)

    async def _walk(self, at: Standing, limit: int) -> Walked:
        order, selection = self._order, self._order.selection
        if selection and selection.ids:
            behind = int(at.cursor or 0) + limit
            ids = selection.ids[behind - limit : behind]
            more = str(behind) if behind < len(selection.ids) else ""
            return Walked(more, [[one.encode(errors="surrogateescape")] for one in ids])
        return await walk(self._store, self._queue, order, at.cursor, limit)

    async def _rest(self, busy: float, changed: int) -> bool:
        """Leave the server in peace, and keep to the pace; answers whether the bulk is still ours to go on with."""
        pace = self._order.pace.per_second
        until = monotonic() + max(busy * REST, changed / pace - busy if pace else 0.0)
        while await self._is_ours():
            left = until - monotonic()
            if left <= 0:
                return True
            await asyncio.sleep(min(left, LEASE_MS / 5000))
        return False

    async def _is_ours(self) -> bool:
        """Prolongs the lease now and then."""
        return monotonic() - self._kept_at < LEASE_MS / 5000 or bool(await self._keep())

    async def _keep(self) -> dict[str, str]:
        """The record, with the lease prolonged; empty when it is not ours to go on."""
        self._kept_at = monotonic()
        return await self._store.run(scripts.carry(self._queue, self._bulk, self._name, LEASE_MS))

    async def _conclude(self, state: str, note: str = "") -> None:
        told = ("running", state, self._name, note, self._name)
        agreed = await self._store.run(scripts.conclude(self._queue, self._bulk, *told)) == state
        if agreed and self._closes and state in ENDS:
            await close_bulk(self._store, self._queue, self._bulk, self._name)


def _understood(text: str) -> tuple[Order, Action]:
    """An order, and what does it. Raises UsageError for one that this version cannot carry out as it was meant."""
    try:
        order = Order.decode(text)
        action = ACTIONS[order.action]
    except (ArqlightError, ValueError, KeyError) as problem:
        raise UsageError(
            f"Another version of arqlight has asked for it, in words unknown here: {problem}."
        ) from problem
    if unknown := order.arguments.keys() - action.own.keys():
        raise UsageError(f"Another version of arqlight has asked for it, in words unknown here: {', '.join(unknown)}.")
    return order, action


def _states(action: Action, order: Order, guarded: Collection[State]) -> str:
    """The states that a job may be in: those of the transition that are not guarded, narrowed to the one asked for.

    Raises UsageError when that is guarded.
    """
    allowed: Sequence[str] = [state for state in TRANSITIONS[action.transition] if state and state not in guarded]
    wanted = order.selection.state if order.selection else None
    if wanted in guarded:
        raise UsageError(f"Who asked for it may not {action.name} {wanted} jobs; ask for it with an admin's login.")
    return ",".join(state for state in allowed if wanted in (None, state))


def _next_size(size: int, busy: float) -> int:
    if busy > LONG_STEP:
        return max(SMALLEST, size // 2)
    return min(LARGEST, size * 3 // 2) if busy < SHORT_STEP else size
