"""An instance of any payload model: every field filled with the smallest value that its type and bounds allow."""

import re
from functools import cache
from typing import Any

import msgspec
from hypothesis import find, settings
from hypothesis import strategies as st
from msgspec import inspect as types


def sample(model: type[Any]) -> Any:
    """A valid instance of the model."""
    return msgspec.convert(_plain(types.type_info(model)), model)


def _plain(kind: types.Type) -> Any:
    """The value in plain builtins, as it stands on the wire."""
    match kind:
        case types.StructType():
            return {field.encode_name: _plain(field.type) for field in kind.fields}
        case types.UnionType():
            return _plain(kind.types[0])
        case types.ListType() | types.VarTupleType() | types.SetType() | types.FrozenSetType():
            return [_plain(kind.item_type) for _ in range(kind.min_length or 1)]
        case types.TupleType():
            return [_plain(one) for one in kind.item_types]
        case types.DictType():
            return {_plain(kind.key_type): _plain(kind.value_type)}
        case _:
            return _scalar(kind)


def _scalar(kind: types.Type) -> Any:
    match kind:
        case types.StrType():
            return _text(kind)
        case types.IntType() | types.FloatType():
            return _number(kind)
        case types.LiteralType():
            return kind.values[0]
        case types.EnumType():
            return next(iter(kind.cls)).value
        case _:
            return _VALUES[type(kind)]


def _text(kind: types.StrType) -> str:
    if kind.pattern:
        if re.search(kind.pattern, _VALUES[types.UUIDType]):
            return _VALUES[types.UUIDType]
        return _matching(kind.pattern)
    return "x" * max(kind.min_length or 0, 1)


@cache
def _matching(pattern: str) -> str:
    """Found once: shrinking takes a second and more."""
    return find(st.from_regex(pattern), lambda _: True, settings=settings(database=None, derandomize=True))


def _number(kind: types.IntType | types.FloatType) -> Any:
    if kind.ge is not None:
        return kind.ge
    return kind.gt + 1 if kind.gt is not None else 1


_VALUES: dict[type[types.Type], Any] = {
    types.NoneType: None,
    types.BoolType: True,
    types.DateTimeType: "2026-01-02T03:04:05Z",
    types.DateType: "2026-01-02",
    types.TimeType: "03:04:05",
    types.TimeDeltaType: "PT5S",
    types.UUIDType: "12345678-1234-5678-1234-567812345678",
    types.DecimalType: "1.50",
    types.BytesType: "eA==",
    types.AnyType: "anything",
}
