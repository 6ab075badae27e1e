"""What flows note of a contact: fields and tags. Written only over what was read, so that two writers lose nothing."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from arqlight_core.clock import now
from arqlight_core.errors import Discard, Unavailable
from arqlight_jobs.crm.tables.people import contacts

TRIES = 5

Change = Callable[[list[str], dict[str, Any]], Mapping[str, Any]]
"""From tags and fields to the columns that change; none: nothing does."""


async def change_contact(engine: AsyncEngine, tenant: str, contact: str, change: Change) -> None:
    """Apply the change to the contact as it is. Raises Discard when there is none, Unavailable when it never rests."""
    mine = (contacts.c.id == contact, contacts.c.tenant == tenant)
    chosen = select(contacts.c.tags, contacts.c.fields, contacts.c.updated_at).where(*mine)
    for _ in range(TRIES):
        async with engine.connect() as connection:
            seen = (await connection.execute(chosen)).one_or_none()
        if seen is None:
            raise Discard(f"there is no contact {contact}")
        values = change(list(seen.tags), dict(seen.fields))
        if not values:
            return
        same = update(contacts).where(*mine, contacts.c.updated_at == seen.updated_at)
        async with engine.begin() as connection:
            if (await connection.execute(same.values(**values, updated_at=now()))).rowcount == 1:
                return
    raise Unavailable(f"others write the contact {contact} all the time")


def with_field(name: str, value: Any) -> Change:
    """The contact with this field."""

    def change(_: list[str], fields: dict[str, Any]) -> Mapping[str, Any]:
        return {} if name in fields and fields[name] == value else {"fields": {**fields, name: value}}

    return change


def with_tags(add: list[str], remove: list[str]) -> Change:
    """The contact with and without these tags."""

    def change(tags: list[str], _: dict[str, Any]) -> Mapping[str, Any]:
        wanted = list(dict.fromkeys(tag for tag in [*tags, *add] if tag not in remove))
        return {} if wanted == tags else {"tags": wanted}

    return change
