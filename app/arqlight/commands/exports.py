"""`arqlight export` and `arqlight exports`: a tenant's rows as a file, and the files that there are."""

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from arqlight import output
from arqlight.commands.carrying import carried
from arqlight.output import age
from arqlight.session import actor, writing
from arqlight_core.clock import now
from arqlight_core.errors import UsageError
from arqlight_core.operations.enqueueing import submit_on_record
from arqlight_core.secrecy import new_private
from arqlight_core.settings import load
from arqlight_jobs.crm.custody import OPEN, Status
from arqlight_jobs.crm.exporting import export_data
from arqlight_jobs.crm.exports import Export, Exports, Query
from arqlight_jobs.crm.records import records
from arqlight_jobs.crm.requests import ExportAsked

_MILLISECONDS = 1000
What = Literal["contacts", "messages", "campaigns"]
Flag = Annotated[bool, Parameter(negative="")]


async def write_out(
    *,
    tenant: str,
    what: What = "contacts",
    gzip: Flag = False,
    bom: Flag = False,
    wait: Flag = False,
    json: Flag = False,
) -> int:
    """Write a tenant's rows to a CSV file. What is printed is its id and the token that opens it for a few days.

    Args:
        tenant: Whose rows.
        what: Which rows.
        gzip: Pack the file.
        bom: Begin it with a byte-order mark, by which spreadsheets know UTF-8.
        wait: Follow the export to its end; exits 1 if it failed.
        json: Print JSON.
    """
    settings = load()
    async with records(settings) as opened:
        kept = Exports(opened.engine, settings)
        made, token = await kept.accept(tenant, Query(what, compressed=gzip, marked=bom))
        async with writing(settings) as store:
            try:
                queued = await submit_on_record(store, export_data, ExportAsked(made.id), settings, actor=actor())
            except BaseException:
                await kept.withdraw(made.id)
                raise
            if wait:
                await carried(store, queued.job_id, lambda: _look(kept, made.id))
        made = await kept.find(made.id)
    if json:
        output.as_json({**asdict(made), "token": token})
    else:
        output.say(f"{made.id} {token}")
    return 1 if made.status is Status.FAILED or (wait and made.status in OPEN) else 0


async def exports(
    *,
    tenant: str = "",
    limit: Annotated[int, Parameter(validator=Number(gte=1))] = 50,
    take: str = "",
    token: str = "",
    to: Path | None = None,
    json: Flag = False,
) -> None:
    """Exports, newest first; with --take, --token and --to the file of one of them.

    Args:
        tenant: Only those of this tenant.
        limit: The most to show.
        take: The id of an export whose file is taken away.
        token: What `arqlight export` printed behind its id.
        to: Where the file is copied to; it must not be there yet.
        json: Print JSON.
    """
    settings = load()
    async with records(settings) as opened:
        kept = Exports(opened.engine, settings)
        if take:
            target = _copied(await kept.redeemed(take, token), to)
            output.as_json({"file": str(target)}) if json else output.say(str(target))
            return
        found = await kept.listed(tenant, limit)
    if json:
        output.as_json([asdict(one) for one in found])
    elif found:
        columns = ["export", "tenant", "what", "status", "when", "rows", "bytes", "opens until", "why"]
        output.table(columns, map(_row, found), spare=["bytes", "tenant"])
    else:
        output.say("No export is on record.")


def _copied(source: Path, target: Path | None) -> Path:
    place = target or Path(source.name)
    try:
        with source.open("rb") as reader, new_private(place) as writer:
            shutil.copyfileobj(reader, writer)
    except FileExistsError:
        raise UsageError(f"{place} is there already; give another place with --to.") from None
    except OSError as problem:
        raise UsageError(f"{place} cannot be written ({problem.strerror}); give another place with --to.") from None
    return place


async def _look(kept: Exports, export_id: str) -> tuple[Status, int]:
    found = await kept.find(export_id)
    return found.status, found.rows


def _row(one: Export) -> list[object]:
    ago = f"{age((now() - one.created_at).total_seconds() * _MILLISECONDS)} ago"
    until = one.expires_at.strftime("%Y-%m-%d %H:%M") if one.expires_at else "-"
    return [one.id, one.tenant, one.what, one.status.value, ago, one.rows, one.bytes, until, one.error or "-"]
