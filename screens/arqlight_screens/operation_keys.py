"""The registry's operations as keys: one each, and for what can be done to single jobs also one for all of a tab."""

import inspect
from collections.abc import Iterable
from dataclasses import replace

from arqlight_core.jobs import State, allows
from arqlight_core.observe import QueueView
from arqlight_core.operations import OPERATIONS, Danger, Operation, Target
from arqlight_core.operations.actions import ACTIONS
from arqlight_screens.keymap import Key

_DESTROYS = (Danger.DESTRUCTIVE, Danger.IRREVERSIBLE)

_OF_QUEUE = (Target.QUEUE, Target.TRASH)
PLACED = (*_OF_QUEUE, Target.JOBS)
"""What a screen lets an operator act upon; the command line acts upon everything."""


def on_queue() -> tuple[Key, ...]:
    """What can be done to the queue under the cursor. Operations that share a key are each other's opposite."""
    grouped: dict[str, list[Operation]] = {}
    for target in _OF_QUEUE:
        for operation in OPERATIONS.values():
            if operation.target is target and pressable(operation):
                grouped.setdefault(operation.key, []).append(operation)
    return tuple(_together(key, operations) for key, operations in grouped.items())


def _together(key: str, operations: list[Operation]) -> Key:
    label = "/".join(operation.label for operation in operations)
    told = "\n".join(operation.help for operation in operations)
    names = tuple(operation.name for operation in operations)
    return Key(key, f"operate_queue({key!r})", label, told, hinted=True, opposites=names)


def on_job() -> tuple[Key, ...]:
    """What can be done to the job under the cursor."""
    return tuple(
        Key(each.key, f"operate_job({each.name!r})", each.label, each.help, hinted=True, operation=each.name)
        for each in _on_jobs()
        if each.danger not in _DESTROYS
    )


def on_tab() -> tuple[Key, ...]:
    """What can be done to all jobs of the tab: destructive operations by their own key, the others with control."""
    return tuple(
        Key(
            each.key if each.danger in _DESTROYS else f"ctrl+{each.key}",
            f"operate_all({each.name!r})",
            f"{each.label} all",
            f"All jobs of the tab, after a question where they are many: {each.help[:1].lower()}{each.help[1:]}",
            hinted=True,
            operation=each.name,
        )
        for each in _on_jobs()
    )


def _on_jobs() -> list[Operation]:
    return [operation for name, operation in OPERATIONS.items() if name in ACTIONS and _is_of_jobs(operation)]


def _is_of_jobs(operation: Operation) -> bool:
    return operation.target is Target.JOBS and pressable(operation)


def pressable(operation: Operation) -> bool:
    """Whether a key can stand for it: it has one, and needs to be told no more than what it acts upon."""
    _, _, *own = inspect.signature(operation.run).parameters.values()
    needed = [one.name for one in own if one.default is one.empty]
    return bool(operation.key) and needed == ["actor"]


def fits_state(operation: str, state: State) -> bool:
    """Whether jobs of this state can take the operation."""
    return operation not in ACTIONS or allows(ACTIONS[operation].transition, state)


def chosen(key: str, queue: QueueView | None) -> str:
    """Which of the operations that share a key does something to the queue as it was seen."""
    names = [name for name, operation in OPERATIONS.items() if operation.key == key and operation.target in _OF_QUEUE]
    undone = "resume" if queue is not None and queue.paused else "pause"
    return undone if undone in names else names[0]


def fitting(keys: Iterable[Key], state: State) -> list[Key]:
    """The keys without those that jobs of this state cannot take."""
    return [key for key in keys if not key.operation or fits_state(key.operation, state)]


def directed(keys: Iterable[Key], queue: QueueView | None) -> list[Key]:
    """The keys with the label of what they would do to this queue now."""
    opposed = {key.action for key in on_queue()}
    return [
        replace(key, label=OPERATIONS[chosen(key.keys, queue)].label) if key.action in opposed else key for key in keys
    ]
