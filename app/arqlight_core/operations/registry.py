"""What an operation is: a function over the store with a selection, an actor and a reason, and how it may be called."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from arqlight_core.errors import UsageError
from arqlight_core.jobs import State


class Danger(StrEnum):
    """What an operation can do at worst, and so how much friction stands before it."""

    SAFE = "safe"
    REVERSIBLE = "reversible"
    DESTRUCTIVE = "destructive"


class Target(StrEnum):
    """What an operation acts upon."""

    QUEUE = "queue"
    JOBS = "jobs"
    TRASH = "trash"
    SCHEDULE = "schedule"
    SETTING = "setting"
    WORKER = "worker"
    BREAKER = "breaker"


@dataclass(frozen=True, slots=True)
class Selection:
    """Jobs of one queue: these ids, or `everything` in a state that was there at `moment_ms` (server's clock; 0 = now).

    Neither ids nor everything is refused: an empty selection never means all.
    """

    queue: str
    state: State
    ids: tuple[str, ...] = ()
    everything: bool = False
    moment_ms: int = 0

    def __post_init__(self) -> None:
        if bool(self.ids) == self.everything:
            raise UsageError("Select jobs by their ids, or all of a state with --all; not both, and not neither.")


@dataclass(frozen=True, slots=True)
class Report:
    """What an operation did, or would do: `skipped` counts what was left alone, by reason.

    A dry run of a destructive operation gives the moment it looked at; its count is the confirmation to give back.
    """

    changed: int
    summary: str
    skipped: dict[str, int] = field(default_factory=dict[str, int])
    moment_ms: int = 0
    operation: str = ""
    """The name under which `undo` finds it."""


F = TypeVar("F", bound=Callable[..., Awaitable[Report]])


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of the registry. An upper-case key stands for a destructive operation; some have none."""

    name: str
    run: Callable[..., Awaitable[Report]]
    target: Target
    danger: Danger
    key: str
    label: str

    @property
    def command(self) -> str:
        """What the command line calls it."""
        return self.name.replace("_", "-")

    @property
    def help(self) -> str:
        """The first line of the function's docstring."""
        return (self.run.__doc__ or "").partition("\n")[0]


OPERATIONS: dict[str, Operation] = {}


def operation(target: Target, danger: Danger, *, label: str, key: str = "") -> Callable[[F], F]:
    """Register the decorated function under its own name."""

    def register(function: F) -> F:
        OPERATIONS[function.__name__] = Operation(function.__name__, function, target, danger, key, label)
        return function

    return register
