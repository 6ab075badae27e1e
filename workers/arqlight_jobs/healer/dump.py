"""The dump of a site's database: by the owner's own hook, else by wp-cli; and back into it.

The dump is what the command prints, or reads. It is encrypted as it comes where there are keys; only while a database
is put back, its dump lies in the incident's private folder as it is read.
"""

import asyncio
import shutil
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from arqlight_core.secrecy import Sealer, new_private
from arqlight_jobs.healer.artifacts import Artifacts
from arqlight_jobs.healer.backing_up import NO_ROOM
from arqlight_jobs.healer.backup import BackupUnusable, Shelf
from arqlight_jobs.healer.dump_file import DumpFile, DumpWriter
from arqlight_jobs.healer.restoring import dump_taken_out
from arqlight_jobs.healer.words import Site
from arqlight_jobs.healer.wpcli import Ran, Started, run_hook, run_wp, unheard
from arqlight_jobs.offload import in_thread

TIMEOUT_S = 480.0
RESERVE_BYTES = 256 * 1024 * 1024
"""A dump must leave so much free: a disk that it fills up takes the site down."""

RESTORED = "restore/database.sql"
NO_ROOM_FOR_IT = "There was no room for its dump."
WATCHING_S = 0.5

_LOCKED = ("lock wait timeout", "deadlock found", "error 1205", "error 1213")
"""What a database says that was only busy."""


class DumpBusy(Exception):
    """The database had too much to do to be dumped; another attempt may find it idle."""


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


async def dumped(
    site: Site, root: Path, target: Path, sealer: Sealer | None = None, free: Callable[[Path], int] = _free
) -> DumpFile | str:
    """Write the database's dump into a new file. Answers why there is none when there is none; raises DumpBusy."""
    try:
        dump = await _written(site, root, target, sealer, lambda: free(target.parent))
    except OSError as problem:
        if problem.errno not in NO_ROOM:
            raise
        dump = NO_ROOM_FOR_IT
    if isinstance(dump, str):
        await in_thread(lambda: target.unlink(missing_ok=True))
    return dump


async def _written(
    site: Site, root: Path, target: Path, sealer: Sealer | None, free: Callable[[], int]
) -> DumpFile | str:
    with await in_thread(lambda: new_private(target)) as file:
        writer = DumpWriter(file, sealer)
        problem = await _dumped_into(writer, site, root, free)
        await in_thread(writer.finish)
    return problem or DumpFile(target, writer.size, sealer)


async def _dumped_into(writer: DumpWriter, site: Site, root: Path, free: Callable[[], int]) -> str:
    """Answers '' or why there is no dump. Raises DumpBusy, and OSError when the disk cannot take it."""
    if "db_dump" in site.hooks:
        dumping, told = run_hook(site, "db_dump", timeout=TIMEOUT_S, stdout=writer.write), "The db_dump hook"
    elif site.command:
        words = ("db", "export", "-")
        dumping, told = run_wp(site, root, words, timeout=TIMEOUT_S, stdout=writer.write), "wp db export"
    else:
        return "There is neither wp-cli nor a db_dump hook to dump it with."
    ran = await _while_there_is_room(dumping, free)
    if ran is None:
        return NO_ROOM_FOR_IT
    if not ran.ok and any(sign in ran.stderr.lower() for sign in _LOCKED):
        raise DumpBusy(f"{told} met a lock")
    if not ran.ok:
        return f"{told} {_ending(ran)}."
    return "" if writer.size else f"{told} gave nothing."


async def restore_database(files: Artifacts, site: Site, root: Path, started: Started = unheard) -> str:
    """Replace the site's database by the dump in the incident's backup. Answers '' or why that was not done.

    `started` is told the process that does it.
    """
    dump = files.place(RESTORED)
    try:
        await in_thread(lambda: dump.unlink(missing_ok=True))  # an older run may have been killed over it
        await in_thread(lambda: dump_taken_out(Shelf(files), dump))
        return await _put_back(site, root, dump, started)
    except BackupUnusable as problem:
        return str(problem)
    finally:
        await in_thread(lambda: dump.unlink(missing_ok=True))


async def _put_back(site: Site, root: Path, dump: Path, started: Started) -> str:
    if "db_restore" in site.hooks:
        told = "The db_restore hook"
        ran = await run_hook(site, "db_restore", timeout=TIMEOUT_S, stdin=dump, started=started)
    elif site.command:
        told = "wp db import"
        ran = await run_wp(site, root, ("db", "import", "-"), timeout=TIMEOUT_S, stdin=dump, started=started)
    else:
        return "There is neither wp-cli nor a db_restore hook."
    return "" if ran.ok else f"{told} {_ending(ran)}."


async def _while_there_is_room(dumping: Coroutine[Any, Any, Ran], free: Callable[[], int]) -> Ran | None:
    """How the command ended; None when it was stopped because the disk was filling up."""
    task = asyncio.ensure_future(dumping)
    try:
        while free() >= RESERVE_BYTES:
            done, _ = await asyncio.wait((task,), timeout=WATCHING_S)
            if done:
                return task.result()
        return None
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _ending(ran: Ran) -> str:
    """How a command failed, without a word of what it printed: that may hold the database's login."""
    ways = {"timed out": "took too long", "not found": "cannot be run", "flooded": "complained without end"}
    return ways.get(ran.problem, f"ended with status {ran.status}")
