"""What payload fields and keys of declarations are, in words: read off the models, and tried on payloads of markers."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from msgspec import inspect as types

_FEW = 9
"""So many words are listed; of more only the first ones."""

_DERIVED = "…"
"""What of a key is reckoned from the payload instead of standing in it."""


def told_fields(model: type[Any]) -> Iterator[tuple[str, str]]:
    """Each field of a payload model by its name on the wire, and what it may hold."""
    kind = types.type_info(model)
    for field in kind.fields if isinstance(kind, types.StructType) else ():
        optional = "" if field.required else ", optional"
        yield field.encode_name, f"{_told(field.type)}{optional}"


def _told(kind: types.Type) -> str:
    match kind:
        case types.UnionType():
            return " or ".join(_told(one) for one in kind.types)
        case types.StrType():
            return f"text{_bounds(kind.min_length, kind.max_length)}"
        case types.IntType() | types.FloatType():
            return f"number{_bounds(kind.ge, kind.le)}"
        case types.LiteralType():
            return _one_of([str(value) for value in kind.values])
        case types.EnumType():
            return _one_of([str(member.value) for member in kind.cls])
        case _:
            return _WORDS.get(type(kind)) or type(kind).__name__.removesuffix("Type").lower()


_WORDS: dict[type[types.Type], str] = {
    types.NoneType: "nothing",
    types.BoolType: "true or false",
    types.DateTimeType: "moment",
    types.DateType: "day",
}


def _bounds(least: float | None, most: float | None) -> str:
    if least and most is not None:
        return f" ({least} to {most})"
    if most is not None:
        return f" (at most {most})"
    return "" if least is None else f" (at least {least})"


def _one_of(words: list[str]) -> str:
    named = [f"`{word}`" if word else "none" for word in words]
    return " / ".join(named if len(named) <= _FEW else [*named[: _FEW - 1], f"{len(named) - _FEW + 1} more"])


def told_key(key: Callable[[Any], str | None], model: type[Any]) -> str:
    """What a function makes of a payload, with `{field}` where the payload's own words stand in it; '' for nothing."""
    pairs = ([_tried(key, model, left, right, choice) for left, right in ("{}", "<>")] for choice in _choices(model))
    told = (_common(first, second) for first, second in pairs if first and second)
    return next(told, "")


def _choices(model: type[Any]) -> Iterator[dict[str, Any]]:
    """Values of single fields: first none; then, for keys that concern some payloads alone, every word there is."""
    yield {}
    kind = types.type_info(model)
    for field in kind.fields if isinstance(kind, types.StructType) else ():
        if isinstance(field.type, types.LiteralType):
            yield from ({field.name: value} for value in field.type.values)


def _tried(key: Callable[[Any], str | None], model: type[Any], left: str, right: str, choice: dict[str, Any]) -> str:
    """The key of a payload whose fields hold their names within these signs; '' where it has none."""
    names = [field.name for field in msgspec.structs.fields(model)]
    marked: dict[str, Any] = {name: f"{left}{name}{right}" for name in names}
    try:
        made = key(model(**{**marked, **choice}))
    except Exception:  # noqa: BLE001 - a marker is no moment and no number: such keys are not told
        return _DERIVED
    return (made or "").replace(left, "{").replace(right, "}")


def _common(first: str, second: str) -> str:
    """What the keys of two payloads that differ by their signs alone have in common, between colons."""
    pieces = zip(first.split(":"), second.split(":"), strict=False)
    return ":".join(one if one == other else _DERIVED for one, other in pieces)
