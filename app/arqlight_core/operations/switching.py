"""A pause and its end: one script makes the change, or finds that it was made before."""

from dataclasses import dataclass

from arqlight_core.operations.registry import Report
from arqlight_core.store.gateway import Store
from arqlight_core.store.scripts import Call


@dataclass(frozen=True, slots=True)
class Switch:
    """How a change of something is told: what it is, that it was made (`{}` is the thing), and why there was none."""

    verb: str
    done: str
    idle: str


RESUME = Switch("resume", "resumed {}", "not paused")


async def switched(store: Store, call: Call[bool], switch: Switch, name: str) -> Report:
    """Make the change to what has that name, and say whether it was one."""
    if await store.run(call):
        return Report(1, switch.done.format(name))
    return _unchanged(switch, name)


def planned(switch: Switch, name: str, *, idle: bool) -> Report:
    """Say what `switched` would; `idle`: it stands so already."""
    return _unchanged(switch, name) if idle else Report(0, f"would {switch.verb} {name}")


def _unchanged(switch: Switch, name: str) -> Report:
    return Report(0, f"{name} was {switch.idle}", {switch.idle: 1})
