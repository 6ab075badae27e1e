"""Take in what OpenProject posted: kept in the records, then its job is queued."""

from collections.abc import Mapping

from arqlight_core.operations.enqueueing import submit
from arqlight_core.store.gateway import Store
from arqlight_jobs.flrts import hooks
from arqlight_jobs.flrts.openproject_webhook import heed
from arqlight_jobs.flrts.records import Records
from arqlight_jobs.flrts.requests import HookCame


async def received(store: Store, records: Records, raw: bytes, headers: Mapping[str, str]) -> str:
    """The digest of a post whose job is queued, or was. Raises PostRefused: then nothing is kept and nothing queued.

    The same post taken in again changes nothing; cut off in the middle, it goes on where it was.
    """
    taken = await hooks.accept(records, raw, headers)
    if taken.is_due:
        await submit(store, heed, HookCame(taken.digest), records.settings)
    return taken.digest
