"""How the command line says which jobs are meant: by their ids, by what they match, or all of a state."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from cyclopts import Parameter

from arqlight.commands.spans import AS_SPAN
from arqlight_core.errors import UsageError
from arqlight_core.jobs import TRANSITIONS, State
from arqlight_core.operations import Operation, Selection
from arqlight_core.operations.actions import ACTIONS
from arqlight_core.policy import milliseconds
from arqlight_core.selection import fields_in

_USUAL = {"retry": State.DEAD, "purge": State.WAITING}
"""What is meant where no --state is given, of operations that fit several."""


def _option(called: str, kind: Any, explained: str, /, default: object = "", **more: Any) -> inspect.Parameter:
    told = Annotated[kind, Parameter(help=explained, **more)]
    return inspect.Parameter(called, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=told)


_QUEUE = Annotated[str, Parameter(help="The queue's name; all that hold it where --failure names a group of failures.")]
_IDS = Annotated[str, Parameter(help="Ids of jobs.")]
_FAILURE = "Only jobs whose last error is of this group, as `arqlight failures` lists them."
_OLDER = "Only jobs queued so long ago, such as 2h; of ended jobs, ended."
_TEXT = "Only jobs with this in id, last error or payload; sensitive fields are not searched."
_WHERE = "Only jobs whose payload has it, such as tenant=acme; may be repeated."

PARAMETERS = (
    inspect.Parameter("queue", inspect.Parameter.POSITIONAL_ONLY, default="", annotation=_QUEUE),
    inspect.Parameter("ids", inspect.Parameter.VAR_POSITIONAL, annotation=_IDS),
    _option("state", State | None, "Which state's jobs.", None),
    _option("everything", bool, "All jobs of the state.", default=False, name="--all", negative=""),
    _option("job_type", str, "Only jobs of this type.", name="--type"),
    _option("fingerprint", str, _FAILURE, name=("--failure", "--fingerprint")),
    _option("correlation_id", str, "Only jobs of this flow."),
    _option("older", timedelta | None, _OLDER, None, **AS_SPAN),
    _option("text", str, _TEXT),
    _option("where", list[str] | None, _WHERE, None, negative=""),
)
"""The parameters of every command that acts on jobs."""

LETTERS = (
    _option("queue", str, "Only of this queue; else of all."),
    _option("job_type", str, "Only jobs of this type.", name="--type"),
    _option("error", str, "Only jobs with this in their last error."),
    _option("cause", str, "Only jobs that ended for this reason, or one with it in it, such as poison or deadline."),
    _option("fingerprint", str, _FAILURE, name=("--failure", "--fingerprint")),
    _option("correlation_id", str, "Only jobs of this flow."),
    _option("older", timedelta | None, "Only jobs that died so long ago, such as 2h.", None, **AS_SPAN),
    _option("text", str, _TEXT),
    _option("where", list[str] | None, _WHERE, None, negative=""),
)
"""How dead letters are told apart, wherever they are listed or acted upon."""


def letters(ids: tuple[str, ...], options: dict[str, Any]) -> Selection:
    """The dead letters of these options, in all queues unless one is named; takes its own out of them.

    Raises UsageError when nothing says which.
    """
    queue, everything, older = options.pop("queue", ""), options.pop("everything", False), options.pop("older", None)
    texts = {name: options.pop(name, "") for name in _TEXTS}
    filters: dict[str, Any] = {
        **{name: value for name, value in texts.items() if value},
        "older_ms": milliseconds(older) if older is not None else 0,
        "where": fields_in(options.pop("where", None) or ()),
    }
    return Selection(queue, State.DEAD, ids, everything, **filters)


_TEXTS = ("job_type", "error", "cause", "fingerprint", "correlation_id", "text")


@dataclass(frozen=True, slots=True)
class Choosing:
    """How a command says which jobs it is about: its parameters, and the selection that they come to."""

    parameters: Sequence[inspect.Parameter]
    selected: Callable[[Operation, tuple[str, ...], dict[str, Any]], Selection]


AMONG_LETTERS = Choosing(
    (
        inspect.Parameter("ids", inspect.Parameter.VAR_POSITIONAL, annotation=_IDS),
        _option("everything", bool, "All dead letters.", default=False, name="--all", negative=""),
        *LETTERS,
    ),
    lambda _, ids, options: letters(ids, options),
)
"""Dead letters, of all queues unless one is named."""


def _in_queue(operation: Operation, words: tuple[str, ...], options: dict[str, Any]) -> Selection:
    queue, *ids = words or ("",)
    return selected(operation, queue, tuple(ids), options)


IN_QUEUE = Choosing(PARAMETERS, _in_queue)
"""Jobs of a queue that is named first; of all that hold a group of failures where none is."""


def selected(operation: Operation, queue: str, ids: tuple[str, ...], options: dict[str, Any]) -> Selection:
    """The selection of these options; takes its own out of them. No queue means all. Raises UsageError."""
    if not queue and not options.get("fingerprint"):
        raise UsageError(
            "Say in which queue: only a group of failures, as in --failure FP, is acted on in all of them."
        )
    given, everything = options.pop("state", None), options.pop("everything", False)
    older = options.pop("older", None)
    filters: dict[str, Any] = {
        **{name: options.pop(name, "") for name in ("job_type", "fingerprint", "correlation_id", "text")},
        "older_ms": milliseconds(older) if older is not None else 0,
        "where": fields_in(options.pop("where", None) or ()),
    }
    if queue.startswith("{") and not ids and not everything and not any(filters.values()):
        home = queue.partition("}")[0][1:]
        raise UsageError(f"{queue} is a job's id; name its queue before: arqlight {operation.command} {home} {queue}.")
    state = given if given or ids else _usual(operation, filters, named=everything or any(filters.values()))
    return Selection(queue, state, ids, everything, **filters)


def _usual(operation: Operation, filters: dict[str, Any], *, named: bool) -> State | None:
    """The state that is meant when none is given. Raises UsageError when it could be one of several."""
    fit = possible(operation)
    if filters["fingerprint"] and State.DEAD in fit:
        return State.DEAD
    usual = _USUAL.get(operation.name) or (fit[0] if len(fit) == 1 else None)
    if usual is None and fit and named:
        raise UsageError(f"Say of which state, as in --state {fit[0]}; {operation.command} takes {', '.join(fit)}.")
    return usual


def possible(operation: Operation) -> list[State]:
    """The states of jobs that can take the operation."""
    action = ACTIONS.get(operation.name)
    return sorted(state for state in TRANSITIONS[action.transition] if state) if action else []
