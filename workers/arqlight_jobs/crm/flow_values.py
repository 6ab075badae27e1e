"""Values in flows: found by their path, and compared by a fixed set of operators that never fail. Pure."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from arqlight_jobs.crm.flow_graph import Operator

Facts = Mapping[str, Any]


def value_at(facts: Facts, path: str) -> Any:
    """What is at that path, None where there is nothing."""
    found: Any = facts
    for part in path.split("."):
        if not isinstance(found, Mapping):
            return None
        found = cast("Mapping[str, Any]", found).get(part)
    return found


def holds(operator: Operator, found: Any, value: Any) -> bool:
    """Whether a condition is true of what was found."""
    return COMPARISONS[operator](found, value)


def _equal(found: Any, value: Any) -> bool:
    both = _numbers(found, value)
    return both[0] == both[1] if both else _word(found) == _word(value)


def _contains(found: Any, value: Any) -> bool:
    if isinstance(found, list):
        return any(_equal(one, value) for one in cast("list[Any]", found))
    return isinstance(found, str) and _word(value) in _word(found)


def _begins(found: Any, value: Any) -> bool:
    return isinstance(found, str) and _word(found).startswith(_word(value))


def _greater(found: Any, value: Any) -> bool:
    both = _numbers(found, value)
    return both is not None and both[0] > both[1]


def _missing(found: Any, _: Any) -> bool:
    return found in (None, "", [])


def _numbers(*values: Any) -> tuple[float, float] | None:
    """Both as numbers, None unless both are some. True is no 1."""
    try:
        first, second = (
            float(one) for one in values if isinstance(one, int | float | str) and not isinstance(one, bool)
        )
    except (ValueError, OverflowError):
        return None
    return first, second


def _word(value: Any) -> str:
    return " ".join(str("" if value is None else value).casefold().split())


COMPARISONS: Mapping[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQUALS: _equal,
    Operator.NOT_EQUALS: lambda found, value: not _equal(found, value),
    Operator.CONTAINS: _contains,
    Operator.NOT_CONTAINS: lambda found, value: not _contains(found, value),
    Operator.BEGINS_WITH: _begins,
    Operator.GREATER: _greater,
    Operator.LESS: lambda found, value: _greater(value, found),
    Operator.EXISTS: lambda found, value: not _missing(found, value),
    Operator.MISSING: _missing,
}
