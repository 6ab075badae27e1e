"""What tests of imports share: files handed in, runs carried out, and what is in the contacts afterwards."""

import asyncio
import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from arqlight_core.errors import Signal
from arqlight_core.settings import Settings
from arqlight_jobs.crm.importing import import_contacts
from arqlight_jobs.crm.imports import Import, Imports, folder, rejects_path
from arqlight_jobs.crm.requests import ImportAsked
from arqlight_jobs.crm.tables.people import contacts
from tests.unit.crm.desk import TENANT, Desk, written

HEADER = ("Name", "Phone", "Email", "Consent")


def people(count: int, first: int = 0) -> list[tuple[str, str, str, str]]:
    """So many people, each with a number and an address of their own."""
    return [
        (f"Person {number}", f"+1514555{number:04d}", f"p{number}@example.com", "yes")
        for number in range(first, first + count)
    ]


def csv_of(rows: Iterable[Sequence[str]], header: Sequence[str] = HEADER, delimiter: str = ",") -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows([header, *rows])
    return out.getvalue()


async def accept(desk: Desk, content: bytes | str, mapping: Mapping[str, str] | None = None) -> Import:
    opened = await desk.records()
    source = await written(desk.settings.data_dir / "given.csv", content)
    return await Imports(opened.engine, desk.settings).accept(TENANT, source, mapping)


async def carry_out(desk: Desk, made: Import, **how: int) -> Any:
    return await import_contacts.handler(desk.run(**how), ImportAsked(made.id))


async def brought_in(desk: Desk, content: bytes | str, mapping: Mapping[str, str] | None = None) -> dict[str, int]:
    return await carry_out(desk, await accept(desk, content, mapping))


async def find(desk: Desk, made: Import) -> Import:
    return await Imports((await desk.records()).engine, desk.settings).find(made.id)


async def rejects(desk: Desk, made: Import) -> list[list[str]]:
    text = await asyncio.to_thread(rejects_path(desk.settings, made.id).read_text)
    return list(csv.reader(io.StringIO(text)))


async def known(desk: Desk) -> dict[str, dict[str, Any]]:
    """The contacts by name, without what differs from run to run."""
    told = {row["name"]: row for row in await desk.all(contacts)}
    own = ("id", "created_at", "updated_at", "tenant", "last_inbound_at", "no_marketing_before")
    return {name: {key: value for key, value in row.items() if key not in own} for name, row in told.items()}


def lying(settings: Settings) -> list[str]:
    return sorted(one.suffixes[0] for one in folder(settings).iterdir())


async def refused(desk: Desk, made: Import) -> str:
    try:
        await carry_out(desk, made)
    except Signal as signal:
        return str(signal)
    raise AssertionError("it was taken in")


def given(path: Path) -> Path:
    return path / "given.csv"
