"""Statuses by name, and those of tasks that are done: OpenProject takes ids, people give words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy import select

from arqlight_core.errors import Discard
from arqlight_jobs.flrts.records import Records
from arqlight_jobs.flrts.references import VANISHED
from arqlight_jobs.flrts.tables.tasks import references
from arqlight_jobs.providers import openproject

DONE = "closed"
"""The name that one of the closed statuses mostly has: others tell of work that was given up."""


@dataclass(frozen=True, slots=True)
class Status:
    """A status of OpenProject's."""

    id: int
    name: str
    is_closed: bool
    is_default: bool


async def with_status_id(
    client: httpx.AsyncClient, opened: Records, fields: Mapping[str, Any], correlation_id: str
) -> dict[str, Any]:
    """The fields with `status_id` in place of `status` and `closed`. Raises Discard where there is no such status."""
    plain = {name: value for name, value in fields.items() if name not in ("status", "closed")}
    if len(plain) == len(fields):
        return plain
    try:
        status = chosen(await _known(opened), fields)
    except Discard:  # nothing is known yet, or not what is new there
        status = chosen(await _listed(client, opened, correlation_id), fields)
    return {**plain, "status_id": status.id}


def chosen(statuses: Iterable[Status], fields: Mapping[str, Any]) -> Status:
    """The status that is meant: by its name, else the one for what is done or to be done. Raises Discard."""
    ordered = sorted(statuses, key=lambda one: one.id)
    if "status" in fields:
        fits = [one for one in ordered if one.name.casefold() == fields["status"].casefold()]
    elif fields["closed"]:
        closed = [one for one in ordered if one.is_closed]
        fits = sorted(closed, key=lambda one: one.name.casefold() != DONE)
    else:
        opened = [one for one in ordered if not one.is_closed]
        fits = sorted(opened, key=lambda one: not one.is_default)
    if not fits:
        raise Discard("OpenProject has no such status")
    return fits[0]


async def _known(opened: Records) -> list[Status]:
    mine = select(references.c.id, references.c.name, references.c.facts).where(references.c.kind == "status")
    async with opened.engine.connect() as connection:
        rows = [row for row in await connection.execute(mine) if not row.facts.get(VANISHED)]
    return [Status(row.id, row.name, _said(row.facts, "is_closed"), _said(row.facts, "is_default")) for row in rows]


async def _listed(client: httpx.AsyncClient, opened: Records, correlation_id: str) -> list[Status]:
    told = await openproject.collection(client, opened.settings, "status", correlation_id=correlation_id)
    return [Status(one["id"], one["name"], _said(one, "isClosed"), _said(one, "isDefault")) for one in told.items]


def _said(facts: Mapping[str, Any], name: str) -> bool:
    return facts.get(name) is True
