"""The fields of a form: one for each argument of an operation's function, read by what the command line reads with."""

import inspect
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Union, get_args, get_origin

import msgspec

from arqlight_core.errors import UsageError
from arqlight_core.operations import Operation
from arqlight_core.policy import span
from arqlight_screens.meant import Meant
from arqlight_screens.operation_keys import own_parameters

_MORE = ("pace", "canary", "abort_above")
"""What only an operation on many jobs needs: it stands under `more`."""
_REASON = "reason"
_NEEDED = inspect.Parameter.empty


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a form: what it is called, what is to be typed, and how that is read."""

    name: str
    label: str
    help: str
    read: Callable[[str], Any]
    needed: bool = False
    begins: str = ""
    more: bool = False
    offered: tuple[str, ...] = ()
    """What it may well be: completed as it is typed."""

    def value(self, text: str) -> Any:
        """What was typed. Raises UsageError."""
        return self.read(text.strip())


def fields_of(operation: Operation, meant: Meant) -> tuple[Field, ...]:
    """What can be told of an operation: what it needs first, then why, and under `more` how fast."""
    own = [_field(operation, one, meant) for one in own_parameters(operation, meant)]
    why = Field(_REASON, _REASON, "Why: kept in the audit trail, and shown to whoever meets it.", str)
    first = sorted((one for one in own if not one.more), key=lambda one: not one.needed)
    return (*first, why, *(one for one in own if one.more))


def _field(operation: Operation, parameter: inspect.Parameter, meant: Meant) -> Field:
    name, needed = parameter.name, parameter.default is _NEEDED
    offered = meant.offered.get(name, {})
    only = next(iter(offered)) if needed and len(offered) == 1 else ""
    return Field(
        name,
        name.strip("_").replace("_", " "),
        f"{explained(operation, name)}{_manner(parameter.annotation)}{_one_of(offered)}",
        reader(parameter.annotation),
        needed=needed,
        begins=meant.begun.get(name, "no" if parameter.annotation is bool else only),
        more=name in _MORE,
        offered=tuple(offered),
    )


def _one_of(offered: Mapping[str, str]) -> str:
    words = [f"{value} ({what})" if what else value for value, what in offered.items()]
    return f" There is: {', '.join(words)}." if words else ""


def explained(operation: Operation, parameter: str) -> str:
    """What the function's docstring says of a parameter."""
    lines = (line.strip() for line in (operation.run.__doc__ or "").splitlines())
    return next((line.partition(": ")[2] for line in lines if line.startswith(f"{parameter}: ")), "")


def _manner(kind: Any) -> str:
    """How a value is written where the words for the command line do not say so."""
    if kind is bool:
        return " yes or no."
    values = get_args(kind)[1:] if get_origin(kind) is dict else ()
    return ' As JSON, such as {"n": 3}.' if values and values[0] is not str else ""


# ---------------------------------------------------------------------- reading what was typed


def reader(kind: Any) -> Callable[[str], Any]:
    """How text becomes a value of this kind; an optional one is read as what it may be."""
    if get_origin(kind) in (Union, types.UnionType):
        kind = next(one for one in get_args(kind) if one is not type(None))
    if get_origin(kind) is Literal:
        return lambda text: _choice(text, get_args(kind))
    if get_origin(kind) is dict:
        return _texts if get_args(kind)[1] is str else _object
    return _READERS.get(get_origin(kind) or kind, str)


def _choice(text: str, choices: tuple[str, ...]) -> str:
    found = [one for one in choices if one.startswith(text.casefold())] if text else []
    if len(found) != 1:
        raise UsageError(f"It is one of {', '.join(choices)}.")
    return found[0]


def _switch(text: str) -> bool:
    return _choice(text, ("yes", "no")) == "yes"


def _whole(text: str) -> int:
    if not text.isdigit():
        raise UsageError(f"{text!r} is no whole number.")
    return int(text)


def _number(text: str) -> float:
    """A number, or a share such as 20%."""
    try:
        return float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        raise UsageError(f"{text!r} is no number.") from None


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no moment; write one like 2026-01-31T08:00.") from None


def _object(text: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as problem:
        raise UsageError(f'This is no JSON object such as {{"n": 3}}: {problem}.') from None


def _texts(text: str) -> dict[str, str]:
    """Fields and values as they are typed: tenant=acme, plan=pro."""
    pairs = [one.partition("=") for one in text.split(",")]
    if not all(name.strip() and equals for name, equals, _ in pairs):
        raise UsageError("Write fields and values like tenant=acme, plan=pro.")
    return {name.strip(): value.strip() for name, _, value in pairs}


def _changes(text: str) -> list[str]:
    """Fields and new values: a JSON object, or one field as in n=3."""
    if not text.startswith("{"):
        return [text]
    return [f"{name}={msgspec.json.encode(value).decode()}" for name, value in _object(text).items()]


_READERS: Mapping[Any, Callable[[str], Any]] = {
    timedelta: span,
    datetime: _moment,
    bool: _switch,
    int: _whole,
    float: _number,
    list: _changes,
}


def told(fields: Mapping[Field, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of what was typed, and for each field that is wrong why; an empty one stays as it is by default."""
    values, wrong = dict[str, Any](), dict[str, str]()
    for field, text in fields.items():
        if not text.strip():
            if field.needed:
                wrong[field.name] = "This is needed."
            continue
        try:
            values[field.name] = field.value(text)
        except UsageError as problem:
            wrong[field.name] = str(problem)
    return values, wrong
