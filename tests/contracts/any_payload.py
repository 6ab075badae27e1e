"""Any payload of a model, for Hypothesis: each field as its type, pattern and bounds allow, read off the model."""

import re
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect as types


def payloads(model: type[Any]) -> st.SearchStrategy[Any]:
    """Valid instances of the model."""
    return _plain(types.type_info(model)).map(lambda fields: msgspec.convert(fields, model))


def _plain(kind: types.Type) -> st.SearchStrategy[Any]:
    """Values in plain builtins, as they stand on the wire."""
    match kind:
        case types.StructType():
            required = {field.encode_name: _plain(field.type) for field in kind.fields if field.required}
            optional = {field.encode_name: _plain(field.type) for field in kind.fields if not field.required}
            return st.fixed_dictionaries(required, optional=optional)
        case types.UnionType():
            return st.one_of(*map(_plain, kind.types))
        case types.ListType() | types.VarTupleType():
            return st.lists(_plain(kind.item_type), min_size=kind.min_length or 0, max_size=kind.max_length or 3)
        case _:
            return _scalar(kind)


def _scalar(kind: types.Type) -> st.SearchStrategy[Any]:
    match kind:
        case types.StrType():
            return _text(kind)
        case types.IntType():
            return st.integers(kind.ge if kind.ge is not None else -(2**53), kind.le if kind.le is not None else 2**53)
        case types.LiteralType():
            return st.sampled_from(sorted(kind.values))
        case types.EnumType():
            return st.sampled_from([member.value for member in kind.cls])
        case _:
            return _VALUES[type(kind)]


def _text(kind: types.StrType) -> st.SearchStrategy[str]:
    least, most = kind.min_length or 0, kind.max_length if kind.max_length is not None else 64
    if not kind.pattern:
        return st.text(min_size=least, max_size=min(most, 300))
    fits = re.compile(kind.pattern).search
    return st.from_regex(kind.pattern, alphabet=_UTF8).filter(lambda text: least <= len(text) <= most and fits(text))


_UTF8 = st.characters(codec="utf-8")

_VALUES: dict[type[types.Type], st.SearchStrategy[Any]] = {
    types.NoneType: st.none(),
    types.BoolType: st.booleans(),
    types.DateTimeType: st.datetimes(datetime(2020, 1, 1), timezones=st.just(UTC)).map(datetime.isoformat),  # noqa: DTZ001
    types.DateType: st.dates().map(date.isoformat),
}
