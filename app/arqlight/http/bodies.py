"""The body that an operation takes: a msgspec model made of its signature, and what it says as arguments."""

import inspect
from datetime import timedelta
from functools import cache
from typing import Annotated, Any, get_args

import msgspec
from msgspec import Meta

from arqlight_core.operations import Operation
from arqlight_core.policy import span, spoken

NOT_SAID = ("actor",)
"""Who asks is known by the token."""

_SPAN = " A span such as 90s, 30m or 2d."


@cache
def body_of(operation: Operation) -> type[msgspec.Struct]:
    """The model: every parameter but the store and the actor, by its name and with what the docstring says of it."""
    fields = [_field(operation, one) for one in _parameters(operation)]
    name = "".join(part.capitalize() for part in operation.name.split("_"))
    plain_names = {one.name: one.name.rstrip("_") for one in _parameters(operation) if one.name.endswith("_")}
    return msgspec.defstruct(
        f"{name}Asked", fields, kw_only=True, frozen=True, forbid_unknown_fields=True, rename=plain_names or None
    )


def arguments_of(operation: Operation, body: msgspec.Struct) -> dict[str, Any]:
    """What the operation is called with, without what is as usual. Raises UsageError for a span that is none."""
    told = {one.name: getattr(body, one.name) for one in _parameters(operation)}
    usual = {one.name: one.default for one in msgspec.structs.fields(body)}
    said = {name: value for name, value in told.items() if value != usual[name]}
    return {one.name: _given(one, said[one.name]) for one in _parameters(operation) if one.name in said}


def _parameters(operation: Operation) -> list[inspect.Parameter]:
    _, *told = inspect.signature(operation.run).parameters.values()
    return [one for one in told if one.name not in NOT_SAID]


def _is_span(parameter: inspect.Parameter) -> bool:
    return timedelta in (parameter.annotation, *get_args(parameter.annotation))


def _field(operation: Operation, parameter: inspect.Parameter) -> Any:
    kind, default = parameter.annotation, parameter.default
    explained = explained_in(operation, parameter.name)
    if _is_span(parameter):
        kind = str if parameter.annotation is timedelta else str | None
        default = spoken(default) if isinstance(default, timedelta) else default
        explained += _SPAN
    told = Annotated[kind, Meta(description=explained.strip())]
    return (parameter.name, told) if default is inspect.Parameter.empty else (parameter.name, told, default)


def explained_in(operation: Operation, parameter: str) -> str:
    """What the operation's docstring says of a parameter."""
    lines = (line.strip() for line in (operation.run.__doc__ or "").splitlines())
    return next((line.partition(": ")[2] for line in lines if line.startswith(f"{parameter}: ")), "")


def _given(parameter: inspect.Parameter, value: Any) -> Any:
    return span(value) if _is_span(parameter) and value is not None else value
