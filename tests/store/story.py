"""A parent and its children, told by short words."""

from dataclasses import dataclass, replace

from arqlight_core.flow import Flow
from arqlight_core.jobs import Lease
from arqlight_core.store import scripts
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts import ChildEnd, Reached, Spawned
from tests.store.line import QUEUE, Line

LIFE = 1_000
CHILDREN = QueueKeys.declared("test:children")
NEWS = Spawned(LIFE, 0, "child", CHILDREN.name)


@dataclass
class Story:
    """A parent `p` and its children, told by short words."""

    line: Line

    async def spawn(self, lease: Lease, count: int, *, before: int = 0, sealed: int = 0, spawn: int = 0) -> Reached:
        news = replace(NEWS, spawn=spawn, before=before, count=count, sealed=sealed)
        reached = await self.line.run(scripts.spawned(QUEUE, lease, news))
        assert reached
        return reached

    async def wait(self, lease: Lease) -> bool:
        return await self.line.run(scripts.await_children(QUEUE, lease, LIFE, "work"))

    async def end(self, *numbers: int, outcome: str = "completed", fatal: int = 0, life: int = LIFE) -> int:
        ends = [ChildEnd("p", life, number, outcome, fatal) for number in numbers]
        return await self.line.run(scripts.tally(QUEUE, ends))

    async def flow(self) -> Flow:
        flow = (await self.line.run(scripts.children(QUEUE, "p", 0, 0))).flow
        assert flow
        return flow

    async def waiting(self, count: int) -> Lease:
        """The lease of a parent that has spawned so many children and waits for them."""
        lease = await self.line.running("p")
        await self.spawn(lease, count, sealed=1)
        assert await self.wait(lease)
        return lease

    async def because(self) -> str:
        return (await self.line.record("p")).get("because", b"").decode()
