"""What OpenProject tells of work packages and lists, read from its HAL: links name what is elsewhere by its address."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, field

from arqlight_core.errors import Discard

_Aware = Annotated[datetime, Meta(tz=True)]
_Id = Annotated[int, Meta(ge=1)]


class WorkPackage(msgspec.Struct, frozen=True, kw_only=True):
    """A work package. `status` is the status's name, `project` an id, '' for one that we may not see."""

    id: int
    subject: str
    description: str
    due: date | None
    status: str
    status_id: int
    closed: bool | None
    """None where it is not told: lists leave it out."""
    assignee: int | None
    project: str
    lock_version: int
    updated_at: datetime


class Collection(msgspec.Struct, frozen=True):
    """A page of what OpenProject lists. `total` counts all pages."""

    total: int
    items: list[dict[str, Any]]

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> "Collection":
        """What such an answer says. Raises Discard."""
        told = _read(fields, _List)
        return cls(told.total, told.embedded.elements)


class Page(msgspec.Struct, frozen=True):
    """A page of work packages. `total` counts all pages."""

    total: int
    items: list[WorkPackage]

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> "Page":
        """What such an answer says. Raises Discard."""
        told = Collection.of(fields)
        return cls(told.total, [parse(one) for one in told.items])


def parse(fields: Mapping[str, Any]) -> WorkPackage:
    """The work package that these fields of an answer or a webhook tell of. Raises Discard."""
    told = _read(fields, _Told)
    status, assignee = told.links.status, told.links.assignee
    return WorkPackage(
        id=told.id,
        subject=told.subject,
        description=(told.description.raw if told.description else None) or "",
        due=told.due or told.day,
        status=status.title or told.embedded.status.name,
        status_id=status.id or told.embedded.status.id,
        closed=told.embedded.status.closed,
        assignee=(assignee.id if assignee else 0) or told.embedded.assignee.id or None,
        project=str(told.links.project.id or told.embedded.project.id or ""),
        lock_version=told.lock_version,
        updated_at=told.updated_at.astimezone(UTC),
    )


class _Link(msgspec.Struct):
    href: str | None = None
    title: str = ""

    @property
    def id(self) -> int:
        """The id at the end of the address; 0 for none."""
        last = (self.href or "").rpartition("/")[2]
        return int(last) if last.isascii() and last.isdigit() else 0


class _Links(msgspec.Struct):
    status: _Link = field(default_factory=_Link)
    assignee: _Link | None = None
    project: _Link = field(default_factory=_Link)


class _Named(msgspec.Struct):
    id: int = 0
    name: str = ""
    closed: bool | None = field(name="isClosed", default=None)


class _Embedded(msgspec.Struct):
    status: _Named = field(default_factory=_Named)
    assignee: _Named = field(default_factory=_Named)
    project: _Named = field(default_factory=_Named)


class _Text(msgspec.Struct):
    raw: str | None = None


class _Told(msgspec.Struct):
    id: _Id
    subject: str
    lock_version: Annotated[int, Meta(ge=0)] = field(name="lockVersion")
    updated_at: _Aware = field(name="updatedAt")
    description: _Text | None = None
    due: date | None = field(name="dueDate", default=None)
    day: date | None = field(name="date", default=None)
    """Of a milestone, which has no other."""
    links: _Links = field(name="_links", default_factory=_Links)
    embedded: _Embedded = field(name="_embedded", default_factory=_Embedded)


class _Elements(msgspec.Struct):
    elements: list[dict[str, Any]]


class _List(msgspec.Struct):
    total: int
    embedded: _Elements = field(name="_embedded")


def _read(fields: Mapping[str, Any], kind: type[Any]) -> Any:
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as unfit:
        raise Discard(f"OpenProject tells of something in other words than it used to: {unfit}") from None
