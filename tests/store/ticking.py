"""A schedule on a real server, and short words for what its workers do with it."""

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from arqlight_core.declaration import Queue
from arqlight_core.policy import MINUTE, Backoff, CatchUp, Priority, Schedule, Unique
from arqlight_core.run import Run
from arqlight_core.secrecy import Sealer
from arqlight_core.settings import Settings
from arqlight_core.store import scripts
from arqlight_core.store.declarations import publish
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts import Standing
from arqlight_fleet.schedules import Plan, plans_of
from arqlight_fleet.served import ServedQueue

MINUTE_MS = 60_000
NAME = "tidy"


class Room(msgspec.Struct):
    """What is tidied."""

    name: str


async def tidy(run: Run, room: Room) -> None:
    """Tidy a room."""


def house(cron: str = "* * * * *", *, zone: str = "UTC", unique: Unique | None = None, **terms: Any) -> Queue:
    """A queue with one schedule."""
    queue = Queue("test:house", "Is kept tidy.", concurrency=1)
    only: dict[str, Any] = {"unique": unique} if unique else {}
    queue.job("tidy_up", Room, timeout=MINUTE, retry=Backoff(1), priority=Priority.HIGH, **only)(tidy)
    told: dict[str, Any] = {"catch_up": CatchUp.ALL, "at_most": 500, "payload": {"name": "hall"}, **terms}
    queue.schedule(Schedule(NAME, cron, "tidy_up", timezone=zone, **told))
    return queue


@dataclass
class Ticking:
    """One schedule. `raw` is the client underneath: for setting clocks that are the server's."""

    store: Store
    queue: Queue
    raw: Any

    @classmethod
    async def of(cls, store: Store, cron: str = "* * * * *", **terms: Any) -> "Ticking":
        made = cls(store, house(cron, **terms), store._client)  # pyright: ignore[reportPrivateUsage] - see `raw`
        await publish(store, [made.queue])
        return made

    @property
    def plan(self) -> Plan:
        [plan] = plans_of([ServedQueue.declared(self.queue)], ZoneInfo("UTC"), Sealer.of(Settings()))
        return plan

    @property
    def keys(self) -> QueueKeys:
        return QueueKeys.declared(self.queue.name)

    async def look(self) -> tuple[Standing, int]:
        """Where it stands, and the server's clock."""
        told = await self.store.run(scripts.schedules(self.keys, [NAME]))
        return told.each[0], told.now_ms

    async def turn(self) -> int:
        """What a worker does: look, and fire what is due; 0 when there was nothing to do."""
        call = self.plan.firing(*await self.look())
        return await self.store.run(call) if call else 0

    async def last_was(self, ago_ms: int) -> int:
        """The newest tick that was settled is so long ago."""
        moment = await self.store.time_ms() - ago_ms
        await self.note({f"last {self.plan.timetable.name}": moment})
        return moment

    async def note(self, fields: dict[str, Any]) -> None:
        await self.raw.hset(f"{self.keys.prefix}schedule:{NAME}", mapping=fields)

    async def jobs(self) -> list[str]:
        """The ids in the queue, in the order of their turn."""
        return [job_id.decode() for job_id in await self.raw.zrange(self.keys.wire, 0, -1)]

    async def totals(self) -> dict[str, int]:
        return {k.decode(): int(v) for k, v in (await self.raw.hgetall(f"{self.keys.prefix}totals")).items()}

    async def noted(self, name: str) -> int:
        return (await self.look())[0].number(name)
