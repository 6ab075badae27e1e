"""What is sent, as it was written down, and with a contact's own words in its placeholders."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from arqlight_core.clock import now
from arqlight_core.errors import Discard
from arqlight_jobs.crm.people import Contact
from arqlight_jobs.crm.tables.contents import contents
from arqlight_jobs.outbound.placeholders import filled


class Kind(StrEnum):
    """What a content is, and so what its body holds."""

    TEXT = "text"
    """WhatsApp, inside the window of 24 h: `body`, and perhaps `preview_url`."""
    TEMPLATE = "template"
    """WhatsApp: `name`, `language`, `components`, and `marketing`, whether it counts as that."""
    MEDIA = "media"
    """WhatsApp: `type` (image, audio, video, document), `id` or `link`, `caption`."""
    INTERACTIVE = "interactive"
    """WhatsApp: the object as the API takes it."""
    EMAIL = "email"
    """Mail: `subject`, `text`, `html`; with `unsubscribe`, an address or URL, it is sent as bulk."""


@dataclass(frozen=True, slots=True)
class Content:
    """One of them."""

    id: str
    tenant: str
    kind: Kind
    body: Mapping[str, Any]


async def content_of(connection: AsyncConnection, tenant: str, content_id: str) -> Content:
    """The content of that id, if it is the tenant's. Raises Discard."""
    chosen = select(contents.c.id, contents.c.tenant, contents.c.kind, contents.c.body)
    row = (
        await connection.execute(chosen.where(contents.c.id == content_id, contents.c.tenant == tenant))
    ).one_or_none()
    if row is None:
        raise Discard(f"there is no content {content_id}")
    return Content(row.id, row.tenant, Kind(row.kind), row.body)


async def write_content(engine: AsyncEngine, content: Content) -> None:
    """Write one down."""
    told = {"id": content.id, "tenant": content.tenant, "kind": content.kind, "body": dict(content.body)}
    async with engine.begin() as connection:
        await connection.execute(insert(contents), {**told, "created_at": now()})


def rendered(body: Any, contact: Contact) -> Any:
    """The body with `{{name}}`, `{{email}}`, `{{phone}}`, `{{fields.city}}` filled in at any depth; unknown ones go."""
    match body:
        case str():
            return filled(body, lambda name: _word(name, contact))
        case list():
            return [rendered(part, contact) for part in body]  # pyright: ignore[reportUnknownVariableType] - out of JSON
        case dict():
            return {name: rendered(part, contact) for name, part in body.items()}  # pyright: ignore[reportUnknownVariableType] - as above
        case _:
            return body


def _word(name: str, contact: Contact) -> str:
    if name.startswith("fields."):
        return str(contact.fields.get(name.removeprefix("fields."), ""))
    return str(getattr(contact, name) or "") if name in ("name", "email", "phone") else ""
