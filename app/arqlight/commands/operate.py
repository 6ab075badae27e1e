"""A command for every operation of the registry: its signature gives the options, its docstring the help."""

import asyncio
import inspect
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from cyclopts import App, Parameter

from arqlight import output
from arqlight.commands.spans import spoken_span
from arqlight.session import actor, reading
from arqlight_core.errors import ConfirmationNeeded
from arqlight_core.jobs import State
from arqlight_core.operations import OPERATIONS, Danger, Operation, Report, Selection
from arqlight_core.store.gateway import Store

_KEYWORD, _POSITIONAL, _REST = (
    inspect.Parameter.KEYWORD_ONLY,
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.VAR_POSITIONAL,
)
_SELECTION = (
    inspect.Parameter("queue", _POSITIONAL, annotation=Annotated[str, Parameter(help="The queue's name.")]),
    inspect.Parameter("ids", _REST, annotation=Annotated[str, Parameter(help="Ids of jobs.")]),
    inspect.Parameter(
        "state", _KEYWORD, default=None, annotation=Annotated[State | None, Parameter(help="Which state's jobs.")]
    ),
    inspect.Parameter(
        "everything",
        _KEYWORD,
        default=False,
        annotation=Annotated[bool, Parameter(name="--all", negative="", help="All jobs of the state.")],
    ),
)
_JSON = inspect.Parameter(
    "json", _KEYWORD, default=False, annotation=Annotated[bool, Parameter(negative="", help="Print JSON.")]
)
_TREATED: dict[str, dict[str, Any]] = {
    "everything": {"name": "--all", "negative": ""},
    "for_": {"converter": spoken_span},
}
"""What else cyclopts has to know of parameters by these names."""

_DEFAULT_STATES = {"retry": State.DEAD, "purge": State.WAITING}


def register(app: App) -> None:
    """Add a command for each operation."""
    for operation in OPERATIONS.values():
        app.command(_command(operation), name=operation.command, help=operation.help)


def _command(operation: Operation) -> Callable[..., Awaitable[int]]:
    async def command(*positional: str, json: bool = False, **options: Any) -> int:
        arguments = _arguments(operation, positional, options)
        async with reading() as store:
            report = await _perform(store, operation, arguments)
        _print(report, json=json)
        return 0

    command.__signature__ = _signature(operation)  # pyright: ignore[reportFunctionMemberAccess] - what inspect reads
    command.__doc__ = operation.help
    command.__annotations__ = {p.name: p.annotation for p in _signature(operation).parameters.values()}
    return command


def _signature(operation: Operation) -> inspect.Signature:
    _, subject, *own = inspect.signature(operation.run).parameters.values()
    chosen = _SELECTION if _selects(operation) else [_explained(operation, subject)]
    options = [_explained(operation, parameter) for parameter in own if parameter.name != "actor"]
    return inspect.Signature([*chosen, *options, _JSON])


def _explained(operation: Operation, parameter: inspect.Parameter) -> inspect.Parameter:
    told = Parameter(help=_told(operation, parameter.name), **_TREATED.get(parameter.name, {}))
    kind = _KEYWORD if parameter.kind is _KEYWORD else _POSITIONAL
    return parameter.replace(kind=kind, annotation=Annotated[parameter.annotation, told])


def _subject(operation: Operation) -> str:
    """What the function calls the thing it acts upon: its parameter after the store."""
    return list(inspect.signature(operation.run).parameters)[1]


def _selects(operation: Operation) -> bool:
    return _subject(operation) == "selection"


def _told(operation: Operation, parameter: str) -> str:
    """What the function's docstring says of a parameter."""
    lines = (line.strip() for line in (operation.run.__doc__ or "").splitlines())
    return next((line.partition(": ")[2] for line in lines if line.startswith(f"{parameter}: ")), "")


def _arguments(operation: Operation, positional: tuple[str, ...], options: dict[str, Any]) -> dict[str, Any]:
    if not _selects(operation):
        return dict(zip(list(inspect.signature(operation.run).parameters)[1:], positional, strict=False)) | options
    subject, *ids = positional
    state, everything = options.pop("state", None), options.pop("everything", False)
    chosen = state or _DEFAULT_STATES[operation.name]
    return {"selection": Selection(subject, chosen, tuple(ids), everything), **options}


async def _perform(store: Store, operation: Operation, arguments: dict[str, Any]) -> Report:
    named = {**arguments, "actor": actor()}
    unconfirmed = operation.danger is Danger.DESTRUCTIVE and arguments.get("confirm") is None
    if unconfirmed and not arguments.get("dry_run"):
        named |= await _confirmed(store, operation, named)
    return await operation.run(store, **named)


async def _confirmed(store: Store, operation: Operation, named: dict[str, Any]) -> dict[str, Any]:
    """Shows what would happen and asks for its count; without a terminal the count must come as --confirm."""
    plan = await operation.run(store, **{**named, "dry_run": True})
    if plan.changed == 0:
        return {"confirm": 0}
    if not sys.stdin.isatty():
        raise ConfirmationNeeded(f"This {plan.summary}; add --confirm {plan.changed} to go on.")
    output.say(f"This {plan.summary}.")
    typed = await asyncio.to_thread(input, f"Type {plan.changed} to go on: ")
    if typed.strip() != str(plan.changed):
        raise ConfirmationNeeded("Nothing was changed: the count was not confirmed.")
    selected: Selection = named["selection"]
    bound = Selection(selected.queue, selected.state, selected.ids, selected.everything, plan.moment_ms)
    return {"confirm": plan.changed, "selection": bound}


def _print(report: Report, *, json: bool) -> None:
    if json:
        output.as_json(report)
        return
    output.say(report.summary)
    for reason, count in report.skipped.items():
        if reason not in report.summary:
            output.say(f"{count} left alone: {reason}")
