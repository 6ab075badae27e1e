"""What is told of each view: its fields by their names, what else is told beside them, and that as a model.

Answers and the OpenAPI document are both made of it, so one cannot say what the other does not.
"""

import ast
import inspect
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache, cached_property, reduce
from itertools import pairwise
from operator import attrgetter
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from arqlight.http.told import BESIDE, INSTEAD


class Member(NamedTuple):
    """Something that is told of a view: its name, where it stands in the view, its type, and what it means."""

    name: str
    path: str
    kind: Any
    meaning: str

    def of(self, view: Any) -> Any:
        """What it is of one view."""
        return attrgetter(self.path)(view)


def is_view(kind: Any) -> bool:
    """Whether a type is told by its members: a dataclass, or a struct of the words that processes share."""
    return isinstance(kind, type) and (is_dataclass(kind) or issubclass(kind, msgspec.Struct))


@cache
def members_of(view: type) -> tuple[Member, ...]:
    """What is told of a view: its fields, those of what stands INSTEAD of it, and what is told BESIDE."""
    kinds, meanings = get_type_hints(view, include_extras=True), _meanings(view)
    told = list[Member]()
    for name, called in _fields(view):
        if name in INSTEAD.get(view, ()):
            told += [one._replace(path=f"{name}.{one.path}") for one in members_of(kinds[name])]
        else:
            told.append(Member(called, name, kinds[name], meanings.get(name, "")))
    return (*told, *(_beside(view, name) for name in BESIDE.get(view, ())))


def _fields(view: type) -> list[tuple[str, str]]:
    """The fields' names, and what they are called in JSON."""
    if is_dataclass(view):
        return [(one.name, one.name) for one in fields(view)]
    return [(one.name, one.encode_name) for one in msgspec.structs.fields(cast("type[msgspec.Struct]", view))]


def _beside(view: type, name: str) -> Member:
    found: Any = inspect.getattr_static(view, name)
    getter = found.func if isinstance(found, cached_property) else found.fget
    return Member(name, name, get_type_hints(getter)["return"], inspect.getdoc(getter) or "")


def _meanings(view: type) -> dict[str, str]:
    """What the source says below each field; nothing where there is no source."""
    try:
        [declared] = ast.parse(inspect.getsource(view)).body
    except (OSError, SyntaxError):
        return {}
    lines = cast("ast.ClassDef", declared).body
    return {
        above.target.id: inspect.cleandoc(below.value.value)
        for above, below in pairwise(lines)
        if isinstance(above, ast.AnnAssign) and isinstance(above.target, ast.Name)
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str)
    }


# ------------------------------------------------------------------ as models


def shape_of(kind: Any, named: Mapping[Any, Any] | None = None) -> Any:
    """The type as it is answered: models in the place of views, at any depth. `named` fills in type variables."""
    origin, inner = get_origin(kind), get_args(kind)
    if isinstance(kind, TypeVar):
        return (named or {})[kind]
    if is_view(view := origin or kind):
        return model_of(view, tuple(shape_of(one, named) for one in inner))
    if origin is None or origin is Literal:
        return kind
    shapes: tuple[Any, ...] = tuple(shape_of(one, named) for one in inner)
    if origin in (Union, UnionType):
        return reduce(lambda left, right: left | right, shapes)
    return Annotated[shapes] if origin is Annotated else origin[shapes]


@cache
def model_of(view: type, inner: tuple[Any, ...] = ()) -> type[msgspec.Struct]:
    """The model of what is told of a view; of a generic one, with these for its type variables."""
    variables = getattr(view, "__parameters__", ())
    named = dict(zip(variables, inner, strict=True))
    told = [(one.name, Annotated[shape_of(one.kind, named), Meta(description=one.meaning)]) for one in members_of(view)]
    name = "".join([*(one.__name__ for one in inner), view.__name__])
    return msgspec.defstruct(name, told, kw_only=True, module=view.__module__)
