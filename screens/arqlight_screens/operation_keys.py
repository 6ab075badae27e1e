"""The registry's operations as keys: one each, opposites on one, and for jobs also one for all of a tab."""

import inspect
from collections.abc import Iterable, Sequence
from dataclasses import replace

from arqlight_core.operations import OPERATIONS, Danger, Operation, Target
from arqlight_screens.keymap import UNDO, Key
from arqlight_screens.meant import Meant

_DESTROYS = (Danger.DESTRUCTIVE, Danger.IRREVERSIBLE)
_KNOWN = ("actor", "reason", "dry_run", "confirm")
"""What whoever acts is asked for by other ways than a form's fields, or not at all."""


def on_target(target: Target) -> tuple[Key, ...]:
    """What can be done by one key to what is under the cursor. Those that share a key are opposites."""
    grouped: dict[str, list[Operation]] = {}
    for operation in OPERATIONS.values():
        if operation.target is target and pressable(operation) and operation.name not in UNDO.operations:
            grouped.setdefault(operation.key, []).append(operation)
    return tuple(_together(operations) for operations in grouped.values())


def on_queue() -> tuple[Key, ...]:
    """What can be done to the queue under the cursor."""
    return on_target(Target.QUEUE)


def on_job() -> tuple[Key, ...]:
    """What can be done to the job under the cursor, or those that are marked; what destroys is for all of a tab."""
    return tuple(_together([each]) for each in _on_jobs() if each.danger not in _DESTROYS)


def on_tab() -> tuple[Key, ...]:
    """What can be done to all jobs of the tab: destructive operations by their own key, the others with control."""
    return tuple(_of_all(each) for each in _on_jobs() if each.danger in _DESTROYS or each.key.islower())


def _on_jobs() -> list[Operation]:
    return [one for one in OPERATIONS.values() if one.target is Target.JOBS and pressable(one)]


def _together(operations: Sequence[Operation]) -> Key:
    first, names = operations[0], tuple(one.name for one in operations)
    return Key(
        first.key,
        f"operate({first.target.value!r}, {' '.join(names)!r})",
        "/".join(one.label for one in operations),
        "\n".join(one.help for one in operations),
        hinted=True,
        operations=names,
        target=first.target,
    )


def _of_all(operation: Operation) -> Key:
    told = (
        f"All jobs of the tab, after a question where they are many: {operation.help[:1].lower()}{operation.help[1:]}"
    )
    return replace(
        _together([operation]),
        keys=operation.key if operation.danger in _DESTROYS else f"ctrl+{operation.key}",
        action=f"operate({operation.target.value!r}, {operation.name!r}, True)",
        label=f"{operation.label} all",
        help=told,
        every=True,
    )


def pressable(operation: Operation) -> bool:
    """Whether a key can stand for it: it has one, and needs to be told no more than what it acts upon."""
    _, _, *own = inspect.signature(operation.run).parameters.values()
    return bool(operation.key) and all(one.default is not one.empty or one.name == "actor" for one in own)


def confirms(operation: Operation) -> bool:
    """Whether it may have to be confirmed."""
    return "confirm" in inspect.signature(operation.run).parameters


def own_parameters(operation: Operation, meant: Meant) -> list[inspect.Parameter]:
    """What has to be, or can be, told beside what is meant."""
    _, *told = inspect.signature(operation.run, eval_str=True).parameters.values()
    return [one for one in told if one.name not in _KNOWN and one.name not in meant.arguments]


def arguments_of(operation: Operation, meant: Meant) -> dict[str, object]:
    """Of what names the thing that is meant, what the operation takes."""
    taken = inspect.signature(operation.run).parameters
    return {name: value for name, value in meant.arguments.items() if name in taken}


def thing(meant: Iterable[Meant], target: str, *, every: bool = False) -> Meant | None:
    """Of all that is meant, the one of this kind."""
    return next((one for one in meant if one.target == target and one.every == every), None)


def fitting(keys: Iterable[Key], meant: Sequence[Meant]) -> list[Key]:
    """The keys without those that would come to nothing now; opposites under the label of the one that would not."""
    return [fit for key in keys if (fit := _fitting(key, meant)) is not None]


def _fitting(key: Key, meant: Sequence[Meant]) -> Key | None:
    if not key.target:
        return key
    found = thing(meant, key.target, every=key.every)
    fit = [name for name in key.operations if found is not None and not found.said(name)]
    if not fit:
        return None
    return replace(key, label=OPERATIONS[fit[0]].label, operations=tuple(fit)) if len(key.operations) > 1 else key
