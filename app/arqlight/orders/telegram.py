"""Take in what people write to Telegram's bot: kept in the records, then the jobs are queued that heed it."""

from collections.abc import Mapping

import httpx

from arqlight_core.breaker_defaults import with_breaker_defaults
from arqlight_core.enqueue import enqueue_many
from arqlight_core.errors import ArqlightError, Signal
from arqlight_core.store.declarations import make_known
from arqlight_core.store.gateway import Store
from arqlight_jobs.flrts import updates
from arqlight_jobs.flrts.records import Records
from arqlight_jobs.flrts.requests import CommandCame
from arqlight_jobs.flrts.telegram_command import command
from arqlight_jobs.providers import telegram


async def received(store: Store, records: Records, raw: bytes, headers: Mapping[str, str]) -> str:
    """What came of a webhook's post, in one sentence. Raises PostRefused: then nothing is kept or queued.

    Telegram posts the same again until it is answered with a 2xx: an update that is ignored is to be answered so, too.
    """
    taken = await updates.take(records, updates.told_by(records.settings, raw, headers))
    if taken.update_id is None or not taken.is_due:
        return f"The update is ignored: {taken.reason}."
    new = await _queue(store, records, [taken.update_id])
    return f"Update {taken.update_id} is {'queued' if new else 'known, and its job is queued'}."


async def poll(store: Store, records: Records, client: httpx.AsyncClient, *, wait_s: int = 25) -> int:
    """Ask once for what was written, and wait so many seconds for it; how many jobs that has queued.

    An update that was asked for before a crash is not lost: `flrts.reminders.sweep` queues its job. Raises
    ArqlightError when Telegram cannot be asked.
    """
    offset = await updates.next_number(records.engine)
    try:
        told = await telegram.updates(client, records.settings, offset, wait_s)
    except Signal as problem:
        raise ArqlightError(f"Telegram cannot be asked for updates: {problem}.") from None
    taken = [await updates.take(records, one) for one in told]
    due = [one.update_id for one in taken if one.is_due and one.update_id is not None]
    return await _queue(store, records, due)


async def _queue(store: Store, records: Records, numbers: list[int]) -> int:
    """How many of these jobs are new."""
    if not numbers:
        return 0
    await make_known(store, with_breaker_defaults(command.queue, records.settings))
    placed = await enqueue_many(store, command, [CommandCame(number) for number in numbers])
    return sum(one.new for one in placed)
