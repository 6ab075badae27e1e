"""A command for every operation of the registry: its signature gives the options, its docstring the help."""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Annotated, Any, get_args

from cyclopts import App, Parameter

from arqlight import output
from arqlight.commands import alerts, bulks, dead, selecting
from arqlight.commands.confirming import Consent, confirms, performed, way_on
from arqlight.commands.following import followed
from arqlight.commands.shares import AS_SHARE
from arqlight.commands.spans import AS_SPAN
from arqlight.session import actor, reading
from arqlight_core.errors import ArqlightError, UsageError
from arqlight_core.operations import OPERATIONS, Operation, Report, Selection, Target
from arqlight_core.operations.everywhere import everywhere
from arqlight_core.selection import fields_in

_KEYWORD, _POSITIONAL = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_ONLY


def _switch(name: str, explained: str) -> inspect.Parameter:
    told = Annotated[bool, Parameter(help=explained, negative="")]
    return inspect.Parameter(name, _KEYWORD, default=False, annotation=told)


_YES = _switch("yes", "Confirm it beforehand, unless it asks for the queue's name.")
_DETACH = _switch("detach", "Do not follow what the fleet carries out.")
_JSON = _switch("json", "Print JSON.")
_TREATED: dict[str, dict[str, Any]] = {"everything": {"name": "--all"}, "abort_above": AS_SHARE}
"""What else cyclopts has to know of parameters by these names."""

_WRITTEN: dict[str, Any] = {"where": list[str] | None}
"""Parameters that are written otherwise than they are given: several `NAME=VALUE`."""

_CARRIED = (Target.JOBS, Target.TRASH)
"""Operations on these may be carried out by the fleet, and leave some of their jobs alone."""


def register(app: App, said: Sequence[str] = ()) -> None:
    """Add a command for each operation; `said` is the command line, to be repeated with what it lacks."""
    one = App(name="bulk", help="One bulk operation: look at it, pause, resume or abort it.")
    one.default(bulks.bulk)
    app.command(one)
    app.command(_dead_letters(said))
    app.command(_alerts())
    own = set(app)  # such as `enqueue`, which takes more than its operation does
    for operation in OPERATIONS.values():
        if operation.command in own:
            continue
        group, _, name = operation.command.rpartition(" ")
        (app[group] if group else app).command(_command(operation, said), name=name, help=operation.help)


def _alerts() -> App:
    """`alerts`, and what can be said to them: its operations join it with the others."""
    group = App(name="alerts", help=alerts.HELP)
    group.default(alerts.alerts)
    group.command(alerts.silences)
    return group


def _dead_letters(said: Sequence[str]) -> App:
    """`dead` and what can be done to dead letters: the operations of the registry, on all queues."""
    group = App(name="dead", help=dead.HELP)
    group.default(dead.listed)
    group.command(dead.show)
    for name, (operation, explained) in dead.OPERATIONS.items():
        group.command(_command(OPERATIONS[operation], said, selecting.AMONG_LETTERS), name=name, help=explained)
    return group


def _command(
    operation: Operation, said: Sequence[str], choosing: selecting.Choosing = selecting.IN_QUEUE
) -> Callable[..., Awaitable[int]]:
    async def command(
        *positional: str, json: bool = False, yes: bool = False, detach: bool = False, **options: Any
    ) -> int:
        consent = Consent(yes, options.pop("confirm", ""), said)
        named = {**_arguments(operation, choosing, positional, options), "actor": actor()}
        meant = _meant(operation, named)
        async with reading() as store:
            report = await performed(store, meant, named, consent)
            if not detach:
                report = await followed(store, operation, report)
        _print(report, said, json=json)
        return 0 if named.get("dry_run") else _status(operation, report)

    signature = _signature(operation, choosing)
    command.__signature__ = signature  # pyright: ignore[reportFunctionMemberAccess] - what inspect reads
    command.__doc__ = operation.help
    command.__annotations__ = {p.name: p.annotation for p in signature.parameters.values()}
    return command


def _signature(operation: Operation, choosing: selecting.Choosing) -> inspect.Signature:
    _, subject, *own = inspect.signature(operation.run).parameters.values()
    chosen = choosing.parameters if subject.name == "selection" else [_explained(operation, subject)]
    options = [_explained(operation, parameter) for parameter in own if parameter.name != "actor"]
    manners = [*([_YES] if confirms(operation) else []), *([_DETACH] if operation.target in _CARRIED else []), _JSON]
    return inspect.Signature([*chosen, *options, *manners])


def _explained(operation: Operation, parameter: inspect.Parameter) -> inspect.Parameter:
    kinds = (parameter.annotation, *get_args(parameter.annotation))
    treated: dict[str, Any] = dict(AS_SPAN) if timedelta in kinds else {}
    told = Parameter(help=_told(operation, parameter.name), negative="", **treated, **_TREATED.get(parameter.name, {}))
    kind = _KEYWORD if parameter.kind is _KEYWORD else _POSITIONAL
    written = _WRITTEN.get(parameter.name, parameter.annotation)
    return parameter.replace(kind=kind, annotation=Annotated[written, told])


def _told(operation: Operation, parameter: str) -> str:
    """What the function's docstring says of a parameter."""
    lines = (line.strip() for line in (operation.run.__doc__ or "").splitlines())
    return next((line.partition(": ")[2] for line in lines if line.startswith(f"{parameter}: ")), "")


def _arguments(
    operation: Operation, choosing: selecting.Choosing, positional: tuple[str, ...], options: dict[str, Any]
) -> dict[str, Any]:
    names = list(inspect.signature(operation.run).parameters)[1:]
    if names[0] != "selection":
        where = {"where": fields_in(options["where"] or ())} if "where" in options else {}
        return dict(zip(names, positional, strict=False)) | options | where
    return {"selection": choosing.selected(operation, positional, options), **options}


def _meant(operation: Operation, named: dict[str, Any]) -> Operation:
    """The operation, in every queue that holds the failures where none is named. Raises UsageError."""
    selection = named.get("selection")
    if not isinstance(selection, Selection) or selection.queue:
        return operation
    if not confirms(operation):
        raise UsageError(f"Say in which queue: {operation.command} is done in one at a time.")
    return everywhere(operation)


def _status(operation: Operation, report: Report) -> int:
    """0 when all was done; a queue that was paused already is as it was wanted, a job that was left alone is not."""
    partly = operation.target in _CARRIED and report.skipped
    return ArqlightError.exit_status if partly or report.state in ("failed", "aborted") else 0


def _print(report: Report, said: Sequence[str], *, json: bool) -> None:
    if json:
        output.as_json(report)
        return
    output.say(output.visible(report.summary))
    if report.revealed is not None:
        output.as_json(report.revealed)
    if report.confirm:
        output.say(f"to go on: {way_on(report, said)}")
    for reason, count in report.skipped.items():
        if reason not in report.summary:
            output.say(f"{count:,} left alone: {reason}")
