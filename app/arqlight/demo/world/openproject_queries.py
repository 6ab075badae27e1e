"""How the stand-in of OpenProject finds work packages: filters, sorting and pages, as its API has them."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from arqlight.demo.world.openproject_things import Package

USUAL_PAGE, LARGEST_PAGE = 20, 1000

OPEN_ONLY: list[dict[str, Any]] = [{"status": {"operator": "o", "values": []}}]
"""What is filtered by where nobody says otherwise."""


class InvalidQuery(Exception):
    """The query cannot be carried out; the message says why."""


def found(packages: Iterable[Package], query: Mapping[str, str], closed: frozenset[int]) -> list[Package]:
    """Every work package that the query is for, sorted. Raises InvalidQuery."""
    filters: list[dict[str, Any]] = _decoded(query["filters"]) if "filters" in query else OPEN_ONLY
    left = list(packages)
    for name, terms in (item for one in filters for item in one.items()):
        values: list[Any] = terms.get("values") or []
        fits = _fitting(name, terms["operator"], [str(value) for value in values], closed)
        left = [package for package in left if fits(package)]
    for name, direction in reversed(_decoded(query.get("sortBy", '[["id","asc"]]'))):
        left.sort(key=_SORTED[name], reverse=direction == "desc")
    return left


def paged(things: list[dict[str, Any]], query: Mapping[str, str], kind: str) -> dict[str, Any]:
    """A page of things; `offset` is its number, from 1. Raises InvalidQuery."""
    offset, size = int(query.get("offset") or 1), int(query.get("pageSize") or USUAL_PAGE)
    if offset < 1 or size < 1:
        raise InvalidQuery("offset and pageSize are numbers from 1.")
    size = min(size, LARGEST_PAGE)
    here = things[(offset - 1) * size : offset * size]
    told = {"_type": kind, "total": len(things), "count": len(here), "pageSize": size, "offset": offset}
    return {**told, "_embedded": {"elements": here}, "_links": {"self": {"href": "/api/v3"}}}


def _decoded(text: str) -> Any:
    try:
        return msgspec.json.decode(text.encode(), type=list[Any])
    except msgspec.MsgspecError:
        raise InvalidQuery("The filters or the order are no JSON.") from None


def _fitting(name: str, operator: str, values: list[str], closed: frozenset[int]) -> Callable[[Package], bool]:
    if name == "status" and operator in ("o", "c", "*"):
        wanted = {"o": (False,), "c": (True,), "*": (False, True)}[operator]
        return lambda package: (package.status in closed) in wanted
    if name in ("updatedAt", "updated_at") and operator == "<>d":
        since, until = (_moment(value) for value in values)
        return lambda package: _between(package.updated, since, until)
    reader = _READ.get(name) or _custom(name)
    if operator == "~":
        return lambda package: all(word.lower() in reader(package).lower() for word in values[0].split())
    if operator == "=":
        return lambda package: reader(package) in values
    raise InvalidQuery(f"Filter {name} has an invalid operator.")


def _custom(name: str) -> Callable[[Package], str]:
    if not name.startswith("customField"):
        raise InvalidQuery(f"Filter {name} does not exist.")
    return lambda package: str(package.custom.get(name) or "")


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC) if text else None
    except ValueError:
        raise InvalidQuery("A moment is written in ISO 8601.") from None


def _between(at: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or since <= at) and (until is None or at <= until)


_READ: Mapping[str, Callable[[Package], str]] = {
    "id": lambda package: str(package.id),
    "subject": lambda package: package.subject,
    "description": lambda package: package.description,
    "project": lambda package: str(package.project),
    "assignee": lambda package: str(package.assignee or ""),
    "status": lambda package: str(package.status),
}
_SORTED: Mapping[str, Callable[[Package], Any]] = {
    "id": lambda package: package.id,
    "updatedAt": lambda package: package.updated,
}
