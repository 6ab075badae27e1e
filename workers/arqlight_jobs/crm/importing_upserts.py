"""A chunk of rows into the contacts of a tenant: found by telephone number, else by mail address, else new.

What a file leaves blank stays as it is. Of two rows of the same contact the later one is laid over the earlier.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_core.clock import now
from arqlight_jobs.crm.importing_rows import MOST_TAGS, Reason, Reject, Row
from arqlight_jobs.crm.tables.people import contacts


class Tally(NamedTuple):
    """What became of rows; each counts once."""

    created: int = 0
    updated: int = 0
    skipped: int = 0
    """Those that said nothing new."""
    rejected: int = 0


@dataclass(slots=True)
class _Entry:
    """A contact in the making; `is_new` and `is_changed` say what is to be written."""

    id: str
    phone: str | None
    email: str | None
    name: str
    consent: bool
    tags: list[str]
    fields: dict[str, Any]
    is_new: bool = False
    is_changed: bool = False
    is_moved: bool = False
    """It gives an address up that another contact may take in the same chunk."""

    def laid_over(self, row: Row) -> bool:
        """Take what the row says; whether that was anything new."""
        before = (self.phone, self.email, self.name, self.consent, self.tags, self.fields)
        self.is_moved = self.is_moved or bool(self.email and row.email and self.email != row.email)
        self.phone = row.phone or self.phone
        self.email = row.email or self.email
        self.name = row.name or self.name
        self.consent = self.consent if row.consent is None else row.consent
        self.tags = list(dict.fromkeys((*self.tags, *row.tags)))[: max(MOST_TAGS, len(self.tags))]
        self.fields = {**self.fields, **row.fields}
        changed = before != (self.phone, self.email, self.name, self.consent, self.tags, self.fields)
        self.is_changed = self.is_changed or changed
        return changed


@dataclass(slots=True)
class _Book:
    """The contacts that a chunk is about."""

    by_phone: dict[str, _Entry] = field(default_factory=dict[str, _Entry])
    by_email: dict[str, _Entry] = field(default_factory=dict[str, _Entry])
    by_id: dict[str, _Entry] = field(default_factory=dict[str, _Entry])

    def lay(self, row: Row, over: _Entry) -> bool:
        """Lay the row over a contact, which is found by its new addresses from now on; whether it said anything new."""
        self.by_phone.pop(over.phone or "", None)
        self.by_email.pop(over.email or "", None)
        changed = over.laid_over(row)
        self.enter(over)
        return changed

    def enter(self, entry: _Entry) -> None:
        """Make it findable."""
        self.by_id[entry.id] = entry
        if entry.phone:
            self.by_phone[entry.phone] = entry
        if entry.email:
            self.by_email[entry.email] = entry

    def found(self, row: Row) -> _Entry | Reject | None:
        """The contact that a row is about; a reject where its two addresses are of two."""
        by_phone = self.by_phone.get(row.phone) if row.phone else None
        by_email = self.by_email.get(row.email) if row.email else None
        entry = by_phone or by_email
        other_mail = by_phone is not None and by_email is not None and by_phone is not by_email
        other_phone = entry is not None and bool(row.phone and entry.phone and entry.phone != row.phone)
        return Reject(row.number, Reason.OTHERS_EMAIL) if other_mail or other_phone else entry

    def entries(self) -> list[_Entry]:
        """Each once, in the order of ids, so that two transactions lock rows in the same order."""
        return [self.by_id[one] for one in sorted(self.by_id)]


async def upsert(connection: AsyncConnection, tenant: str, rows: Sequence[Row]) -> tuple[Tally, list[Reject]]:
    """Take the rows in, in their order. Raises IntegrityError when somebody takes one of them in at the same time."""
    book = await _book(connection, tenant, rows)
    created = updated = skipped = 0
    rejects: list[Reject] = []
    for row in rows:
        entry = book.found(row)
        if isinstance(entry, Reject):
            rejects.append(entry)
            continue
        if entry is None:
            entry = _Entry(uuid.uuid4().hex, None, None, "", consent=False, tags=[], fields={}, is_new=True)
            created += 1
            book.lay(row, over=entry)
        elif book.lay(row, over=entry):
            updated += 1
        else:
            skipped += 1
    await _write(connection, tenant, book.entries(), now())
    return Tally(created, updated, skipped, len(rejects)), rejects


_COLUMNS = ("id", "phone", "email", "name", "consent", "tags", "fields")


async def _book(connection: AsyncConnection, tenant: str, rows: Sequence[Row]) -> _Book:
    phones, emails = ([one for row in rows if (one := getattr(row, name))] for name in ("phone", "email"))
    own = contacts.c
    known = select(*(own[name] for name in _COLUMNS)).where(
        own.tenant == tenant, or_(own.phone.in_(phones), own.email.in_(emails))
    )
    book = _Book()
    # Locked, for all of each is written: what a flow notes of one meanwhile would be lost.
    for row in await connection.execute(known.order_by(own.id).with_for_update()):
        book.enter(_Entry(*row))
    return book


async def _write(connection: AsyncConnection, tenant: str, entries: Sequence[_Entry], at: datetime) -> None:
    new = [{**_told(entry), "tenant": tenant, "created_at": at, "updated_at": at} for entry in entries if entry.is_new]
    new.sort(key=_address)
    known = [entry for entry in entries if entry.is_changed and not entry.is_new]
    changed = [{**_told(entry), "own_id": entry.id, "updated_at": at} for entry in known]
    if moved := [entry.id for entry in known if entry.is_moved]:
        await connection.execute(update(contacts).where(contacts.c.id.in_(moved)).values(email=None))
    if new:
        await connection.execute(insert(contacts), new)
    if changed:
        await connection.execute(
            update(contacts)
            .where(contacts.c.id == bindparam("own_id"))
            .values({name: bindparam(name) for name in (*_COLUMNS[1:], "updated_at")}),
            changed,
        )


def _address(row: dict[str, Any]) -> tuple[str, str]:
    """By what new rows are ordered: two imports of the same people would else wait for each other's keys for ever."""
    return row["phone"] or "", row["email"] or ""


def _told(entry: _Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in _COLUMNS}
