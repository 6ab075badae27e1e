"""What an operation is: a function over the store with an actor and a reason, and how it may be called."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from arqlight_core import rights
from arqlight_core.operations.witnessing import witness


class Danger(StrEnum):
    """What an operation can do at worst, and so how much friction stands before it."""

    SAFE = "safe"
    REVERSIBLE = "reversible"
    DESTRUCTIVE = "destructive"
    """It can be undone for as long as the trash is kept."""
    IRREVERSIBLE = "irreversible"


class Target(StrEnum):
    """What an operation acts upon."""

    QUEUE = "queue"
    JOBS = "jobs"
    TRASH = "trash"
    BULK = "bulk"
    SCHEDULE = "schedule"
    SETTING = "setting"
    WORKER = "worker"
    BREAKER = "breaker"
    PAYLOAD = "payload"
    ALERT = "alert"


@dataclass(frozen=True, slots=True)
class Report:
    """What an operation did, or would do: `skipped` counts what was left alone, by reason.

    A dry run that has to be confirmed gives what to give back; `asks` says how it is to be asked for.
    """

    changed: int
    summary: str
    skipped: dict[str, int] = field(default_factory=dict[str, int])
    moment_ms: int = 0
    operation: str = ""
    """The bulk that carries it out, under whose name `undo` finds what a purge took."""
    state: str = "done"
    """Of the bulk: queued and running ones are carried out by the fleet, `changed` grows."""
    asks: str = "none"
    """What is asked of whoever confirms: none, yes, count (to be typed), name (of the queue, to be typed)."""
    confirm: str = ""
    """What to give back as `confirm`, where something is asked."""
    revealed: Any = None
    """What was shown to whoever asked; it is written down nowhere."""


F = TypeVar("F", bound=Callable[..., Awaitable[Report]])


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of the registry. An upper-case key stands for what destroys or ends something; some have none."""

    name: str
    run: Callable[..., Awaitable[Report]]
    target: Target
    danger: Danger
    key: str
    label: str

    @property
    def command(self) -> str:
        """What the command line calls it; what steers a bulk is a word behind `bulk`, as with `alerts`."""
        if self.target is Target.BULK:
            return f"bulk {self.name.removesuffix('_bulk')}"
        if self.target is Target.ALERT:
            return f"alerts {self.name.removesuffix('_alerts')}"
        return self.name.replace("_", "-")

    @property
    def help(self) -> str:
        """The first line of the function's docstring."""
        return (self.run.__doc__ or "").partition("\n")[0]


OPERATIONS: dict[str, Operation] = {}


def operation(target: Target, danger: Danger, *, label: str, key: str = "") -> Callable[[F], F]:
    """Register the decorated function under its own name.

    It is refused to a login that may not do it, and what it does is written down in the audit trail.
    """

    def register(function: F) -> F:
        name = function.__name__
        run = witness(function, lambda store: rights.refuse(store, OPERATIONS[name]))
        OPERATIONS[name] = Operation(name, run, target, danger, key, label)
        return run

    return register
