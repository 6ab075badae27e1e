"""`arqlight import` and `arqlight imports`: contacts out of a file, and what came of them."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from cyclopts.validators import Number

from arqlight import output
from arqlight.commands.carrying import carried, is_over
from arqlight.output import age
from arqlight.session import actor, writing
from arqlight_core.clock import now
from arqlight_core.errors import UsageError
from arqlight_core.operations.enqueueing import submit_on_record
from arqlight_core.settings import load
from arqlight_core.store.gateway import Store
from arqlight_jobs.crm.custody import OPEN, Status
from arqlight_jobs.crm.importing import import_contacts
from arqlight_jobs.crm.imports import Import, Imports, rejects_path
from arqlight_jobs.crm.records import records
from arqlight_jobs.crm.requests import ImportAsked

_MILLISECONDS = 1000


async def take_in(
    file: Path,
    /,
    *,
    tenant: str,
    columns: Annotated[tuple[str, ...], Parameter(name="--map", negative="")] = (),
    wait: Annotated[bool, Parameter(negative="")] = False,
    json: bool = False,
) -> int:
    """Take the contacts of a CSV file in; the same file again is the same import. Exits 1 if a followed one failed.

    Args:
        file: The file: at most 50 MB and 200,000 rows, in any usual encoding, with a header.
        tenant: Whose contacts they are.
        columns: header=field, for columns whose names say nothing: phone, email, name, first_name, last_name, consent,
            tags, fields.NAME for one of your own, - for none. May be repeated.
        wait: Follow the import to its end.
        json: Print JSON.
    """
    settings = load()
    async with records(settings) as opened:
        kept = Imports(opened.engine, settings)
        made = await kept.accept(tenant, file, dict(_mapped(one) for one in columns))
        if made.status in OPEN:
            async with writing(settings) as store:
                asked = ImportAsked(made.id)
                queued = await submit_on_record(store, import_contacts, asked, settings, actor=actor())
                if not queued.new:
                    await _refuse_ended(store, kept, made.id, queued.job_id)
                if wait:
                    await carried(store, queued.job_id, lambda: _look(kept, made.id))
        made = await kept.find(made.id)
    output.as_json(_told(made)) if json else output.say(_sentence(made, wait=wait))
    return 1 if made.status is Status.FAILED or (wait and made.status in OPEN) else 0


async def imports(
    *, tenant: str = "", limit: Annotated[int, Parameter(validator=Number(gte=1))] = 50, json: bool = False
) -> None:
    """Imports of contacts, newest first: how far each is, and what became of its rows.

    Args:
        tenant: Only those of this tenant.
        limit: The most to show.
        json: Print JSON.
    """
    settings = load()
    async with records(settings) as opened:
        found = await Imports(opened.engine, settings).listed(tenant, limit)
    if json:
        output.as_json([_told(one) for one in found])
    elif found:
        columns = ["import", "tenant", "status", "when", "rows", "created", "updated", "skipped", "rejected", "why"]
        output.table(columns, map(_row, found), spare=["skipped", "updated", "tenant"])
    else:
        output.say("No import is on record.")


def _mapped(text: str) -> tuple[str, str]:
    header, told, field = text.rpartition("=")
    if not told:
        raise UsageError(f"{text!r} maps nothing; write header=field, such as --map Mobile=phone.")
    return header.strip(), field.strip()


async def _refuse_ended(store: Store, kept: Imports, import_id: str, job_id: str) -> None:
    """Where the import waits for a job that has ended before, and is still kept, nobody would carry it out."""
    if await is_over(store, job_id) and (await kept.find(import_id)).status in OPEN:
        raise UsageError(f"Its job has ended before; `arqlight retry crm:import {job_id}` begins it again.")


async def _look(kept: Imports, import_id: str) -> tuple[Status, int]:
    found = await kept.find(import_id)
    return found.status, found.position


def _told(one: Import) -> dict[str, Any]:
    return {**asdict(one), "rejects": _rejects(one)}


def _rejects(one: Import) -> str:
    """Where the rows that were left out are named; '' where there are none."""
    return str(rejects_path(load(), one.id)) if one.rejected and one.status is Status.DONE else ""


def _sentence(one: Import, *, wait: bool) -> str:
    if one.status is Status.FAILED:
        return f"import {one.id} failed: {one.error}"
    if one.status is not Status.DONE:
        return one.id if not wait else f"import {one.id} is {one.status.value}, and nobody carries it on"
    counts = f"{one.created} created, {one.updated} updated, {one.skipped} without news, {one.rejected} rejected"
    return f"import {one.id}: {counts}" + (f"; {_rejects(one)} says why" if one.rejected else "")


def _row(one: Import) -> list[object]:
    ago = f"{age((now() - one.created_at).total_seconds() * _MILLISECONDS)} ago"
    counts = [one.position, one.created, one.updated, one.skipped, one.rejected]
    return [one.id, one.tenant, one.status.value, ago, *counts, one.error or "-"]
