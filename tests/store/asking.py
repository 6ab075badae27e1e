"""How tests call any operation of the registry: with what it cannot do without, made from its signature."""

import inspect
from datetime import timedelta
from typing import Any, Literal, get_args, get_origin

from arqlight_core.operations import Operation

CHOSEN: dict[str, dict[str, Any]] = {
    "delay": {"by": timedelta(hours=1)},
    "edit": {"changes": ["n=2"]},
    "enqueue": {"payload": {}},
}
"""Arguments that cannot be guessed from their kinds."""


def arguments(operation: Operation) -> dict[str, Any]:
    """Those that it cannot do without."""
    _, _, *named = inspect.signature(operation.run).parameters.values()
    needed = [one for one in named if one.default is one.empty and one.name != "actor"]
    chosen = CHOSEN.get(operation.name, {})
    return {one.name: sample(one.annotation) for one in needed if one.name not in chosen} | chosen


def sample(kind: Any) -> Any:
    if get_origin(kind) is Literal:
        return get_args(kind)[0]
    return {int: 1, float: 1.0, str: "text", bool: True, timedelta: timedelta(hours=1)}[kind]
