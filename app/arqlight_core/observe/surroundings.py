"""What alerts look at beside the queues themselves: the schedules, and the memory of the server."""

from dataclasses import dataclass

from arqlight_core.observe.schedule import ScheduleView, schedules
from arqlight_core.store.gateway import Store


@dataclass(frozen=True, slots=True)
class Surroundings:
    """At one moment of the server's clock (ms). Memory is in bytes; 0 stands for no limit, or one nobody may know."""

    at_ms: int = 0
    schedules: tuple[ScheduleView, ...] = ()
    memory_used: int = 0
    memory_limit: int = 0

    @property
    def memory_share(self) -> float | None:
        """How full the server is (0 to 1); None when nothing bounds it."""
        return self.memory_used / self.memory_limit if self.memory_limit else None


async def surroundings(store: Store) -> Surroundings:
    """The schedules and the server's memory: six round trips."""
    told = await store.info()
    limit = int(told.get("maxmemory") or told.get("total_system_memory") or 0)
    return Surroundings(await store.time_ms(), await schedules(store), int(told.get("used_memory", 0)), limit)
