"""The queue of imports and its one job type: contacts out of a file, each row once, however often it is cut off.

Rows go in by chunks; a chunk, its rejects, the counts and the position behind it are one transaction. So an attempt
that is killed leaves whole chunks, and the next one goes on behind them. The job carries an id and nothing else.
"""

from typing import Any

from sqlalchemy import RowMapping

from arqlight_core.declaration import Queue
from arqlight_core.errors import Discard
from arqlight_core.policy import DAY, SECOND, Backoff, Keep, Retention
from arqlight_core.run import Run
from arqlight_jobs.crm.custody import Custody, Status
from arqlight_jobs.crm.happenings import DELIVER, import_event, tell
from arqlight_jobs.crm.importing_attempt import Attempt
from arqlight_jobs.crm.importing_upserts import Tally
from arqlight_jobs.crm.imports import path_of, rejects_path
from arqlight_jobs.crm.people import tenant_of
from arqlight_jobs.crm.records import Records, records
from arqlight_jobs.crm.requests import ImportAsked
from arqlight_jobs.crm.tables.data import imports
from arqlight_jobs.offload import in_thread

TIMEOUT = 600 * SECOND

WORK_LIMIT = TIMEOUT - 20 * SECOND
"""An attempt gives up by itself before the job's timeout cancels it: only then can it still record a last failure."""

RETRY = Backoff(2, first=10 * SECOND)

importing = Queue(
    name="crm:import",
    purpose="Contacts out of files that tenants hand in.",
    concurrency=1,
    retention=Retention(completed=Keep(100, DAY), dead=Keep(500, 7 * DAY)),
    # Long files on machines that come and go: a worker lost under one says little about the file.
    poison_after=4,
)


def job_id(asked: ImportAsked) -> str:
    """By the digests of file and mapping, which are the import's id."""
    return f"import:{asked.import_id.replace('-', ':')}"


@importing.job("crm.contacts.import", ImportAsked, timeout=TIMEOUT, retry=RETRY, id_of=job_id, follow_ups=(DELIVER,))
async def import_contacts(run: Run, asked: ImportAsked) -> dict[str, Any]:
    """Take the contacts of a file in: new ones, and what is new of known ones; rows that cannot be are named."""
    opened = await run.open(records)
    custody = Custody(opened.engine, imports, asked.import_id, run.fence)
    row = await custody.taken()
    if row["status"] == Status.WORKING:
        row = await custody.carried_out(run.attempt, RETRY, WORK_LIMIT, _take_in(run, opened, custody, row))
    # Only now: an import whose end is recorded needs its file no more, whatever happens next.
    await in_thread(lambda: path_of(opened.settings, asked.import_id).unlink(missing_ok=True))
    if row["status"] == Status.FAILED:
        raise Discard(row["error"])
    counts = {name: row[name] for name in Tally._fields}
    await tell(run, opened.engine, import_event(row, counts))
    return counts


async def _take_in(run: Run, opened: Records, custody: Custody, row: RowMapping) -> None:
    await (await _attempt(run, opened, custody, row)).take_in()


async def _attempt(run: Run, opened: Records, custody: Custody, row: RowMapping) -> Attempt:
    async with opened.engine.connect() as connection:
        tenant = await tenant_of(connection, row["tenant"])
    files = (path_of(opened.settings, custody.id), rejects_path(opened.settings, custody.id))
    return Attempt(run, custody, tenant.id, tenant.region, row["mapping"], *files, position=row["position"])
