"""Bulk operations as these tests drive them: jobs of a state, an order, carriers that die, what they leave."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import redis

from arqlight_core.jobs import Lease, State
from arqlight_core.operations.carrying import Carrier
from arqlight_core.operations.orders import Order, Pace
from arqlight_core.selection import Selection
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.scripts import Call, Deferral, Retrial
from tests.store.line import FAR, QUEUE, Line, cancelled, dead, failed

NAME = QUEUE.name


async def make(line: Line, state: State, *ids: str) -> None:
    """Jobs in this state."""
    if not ids:
        return
    await line.put(*ids, delay_ms=FAR if state is State.SCHEDULED else 0)
    if state in (State.WAITING, State.SCHEDULED):
        return
    leases = [job.lease for job in (await line.claim("maker", limit=len(ids))).jobs]
    assert sorted(lease.job_id for lease in leases) == sorted(ids), "other jobs are due"
    ways: dict[State, Callable[[Lease], Call[bool]]] = {
        State.DEAD: lambda lease: scripts.bury(QUEUE, lease, dead()),
        State.CANCELLED: lambda lease: scripts.bury(QUEUE, lease, cancelled()),
        State.RETRYING: lambda lease: scripts.retry(QUEUE, lease, Retrial(FAR, failed(), "E: e", "work")),
        State.HELD: lambda lease: scripts.defer(QUEUE, lease, Deferral(FAR, "limit", "limiter", "held"), "work"),
    }
    if state is not State.ACTIVE:
        await line.store.run_all([ways[state](lease) for lease in leases])


def order_of(action: str, state: State, moment_ms: int, pace: Pace | None = None, **chosen: Any) -> Order:
    """What to do to the jobs of a state that were there at the moment: all, or those that `chosen` describes."""
    selection = Selection(NAME, state, moment_ms=moment_ms, **(chosen or {"everything": True}))
    return Order(action, NAME, selection, pace=pace or Pace())


@dataclass
class Bulk:
    """One bulk that was written down, by its name."""

    line: Line
    name: str = "bulk"

    async def submit(self, order: Order, total: int) -> bool:
        call = scripts.submit(
            QUEUE, scripts.Submission(self.name, order.action, order.encode(), total, "ada", "mended", "")
        )
        return await self.line.run(call)

    def carrier(self, name: str = "here", store: Store | None = None) -> Carrier:
        return Carrier(store or self.line.store, QUEUE, self.name, name, closes=False)

    async def take(self, carrier: str, lease_ms: int = FAR) -> dict[str, str]:
        return await self.line.run(scripts.carry(QUEUE, self.name, carrier, lease_ms))

    async def conclude(self, before: str, to: str, carrier: str = "", note: str = "") -> str:
        return await self.line.run(scripts.conclude(QUEUE, self.name, before, to, "ada", note, carrier))

    async def record(self) -> dict[str, str]:
        _, found = await self.line.run(scripts.bulks(QUEUE, self.name, 1))
        return found.get(self.name, {})

    async def changed(self) -> int:
        return int((await self.record()).get("changed", 0))

    async def left(self) -> dict[str, int]:
        """How many jobs it left alone, by reason."""
        told = await self.record()
        return {name.removeprefix("left:"): int(n) for name, n in told.items() if name.startswith("left:")}

    async def trash(self) -> set[str]:
        """What lies in its trash."""
        return {one.decode() for one in await self.line.raw.zrange(f"{QUEUE.prefix}trash:{self.name}", 0, -1)}


class Mortal(Store):
    """A store whose connection breaks at its n-th call: before it is sent, or behind it, with the answer on its way."""

    def __init__(self, url: str, calls: int, *, behind: bool) -> None:
        super().__init__(url)
        self._calls, self._behind = calls, behind

    async def run_settled(self, calls: Sequence[Call[Any]]) -> list[Any]:
        self._calls -= 1
        if self._calls == 0 and not self._behind:
            raise redis.ConnectionError("cut off")
        answers = await super().run_settled(calls)
        if self._calls == 0:
            raise redis.ConnectionError("cut off")
        return answers


class Repeating(Store):
    """A store that loses the first answer to every call, and sends it again."""

    async def run_settled(self, calls: Sequence[Call[Any]]) -> list[Any]:
        await super().run_settled(calls)
        return await super().run_settled(calls)
