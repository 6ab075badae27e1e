"""What alerts look at beside the queues themselves: the schedules, the server, and what jobs depend on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from arqlight_core.observe.doctor import Finding, of_server
from arqlight_core.observe.protection import BreakerView, open_dependencies
from arqlight_core.observe.schedule import ScheduleView, schedules
from arqlight_core.observe.server import view_of
from arqlight_core.store.gateway import Store


@dataclass(frozen=True, slots=True)
class Surroundings:
    """At one moment of the server's clock (ms). Memory is in bytes; 0 stands for no limit, or one nobody may know."""

    at_ms: int = 0
    schedules: tuple[ScheduleView, ...] = ()
    memory_used: int = 0
    memory_limit: int = 0
    unwell: tuple[Finding, ...] = ()
    """What is wrong with the server, beside its memory."""
    dependencies: tuple[BreakerView, ...] = ()
    """Open breakers of what jobs depend on."""

    @property
    def memory_share(self) -> float | None:
        """How full the server is (0 to 1); None when nothing bounds it."""
        return self.memory_used / self.memory_limit if self.memory_limit else None


async def surroundings(store: Store) -> Surroundings:
    """The schedules, the server's condition and open breakers of dependencies: nine round trips."""
    told = await store.info()
    limit = int(told.get("maxmemory") or told.get("total_system_memory") or 0)
    used = int(told.get("used_memory", 0))
    shut = await open_dependencies(store)
    return Surroundings(await store.time_ms(), await schedules(store), used, limit, unwell(told), shut)


def unwell(told: Mapping[str, Any]) -> tuple[Finding, ...]:
    """What INFO says is wrong with the server; how much it holds, and that it keeps no file, is somebody's choice."""
    view = view_of(dict(told), 0.0)
    chosen = {"memory", "persistence"} if not view.persistence.aof else {"memory"}
    return tuple(one for one in of_server(view) if one.wrong and one.check not in chosen)
