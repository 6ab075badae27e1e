"""The dump of a site's database: by the owner's own hook, else by wp-cli; and back into it.

The dump is what the command prints, or reads. It lies unencrypted in the incident's private folder for as long as it
takes to put it into the archive.
"""

import asyncio
import shutil
import uuid
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from arqlight_jobs.healer.artifacts import Artifacts
from arqlight_jobs.healer.backup import BackupUnusable, Shelf
from arqlight_jobs.healer.restoring import dump_taken_out
from arqlight_jobs.healer.words import Site
from arqlight_jobs.healer.wpcli import Ran, run_hook, run_wp
from arqlight_jobs.offload import in_thread

TIMEOUT_S = 480.0
RESERVE_BYTES = 256 * 1024 * 1024
"""A dump must leave so much free: a disk that it fills up takes the site down."""

WATCHING_S = 0.5

_LOCKED = ("lock wait timeout", "deadlock found", "error 1205", "error 1213")
"""What a database says that was only busy."""


class DumpBusy(Exception):
    """The database had too much to do to be dumped; another attempt may find it idle."""


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


async def dumped(site: Site, root: Path, target: Path, free: Callable[[Path], int] = _free) -> str:
    """Write the database's dump into a new file. Answers '' or, when there is no dump, why; raises DumpBusy."""
    if "db_dump" in site.hooks:
        dumping, told = run_hook(site, "db_dump", timeout=TIMEOUT_S, stdout=target), "The db_dump hook"
    elif site.command:
        dumping, told = run_wp(site, root, ("db", "export", "-"), timeout=TIMEOUT_S, stdout=target), "wp db export"
    else:
        return "There is neither wp-cli nor a db_dump hook to dump it with."
    ran = await _while_there_is_room(dumping, target.parent, free)
    if ran is None:
        return "There was no room for its dump."
    if not ran.ok and any(sign in ran.stderr.lower() for sign in _LOCKED):
        raise DumpBusy(f"{told} met a lock")
    if not ran.ok:
        return f"{told} {_ending(ran)}."
    size = await in_thread(lambda: target.stat().st_size)
    return "" if size else f"{told} gave nothing."


async def restore_database(files: Artifacts, site: Site, root: Path) -> str:
    """Replace the site's database by the dump in the incident's backup. Answers '' or why that was not done."""
    dump = files.place(f"restore/{uuid.uuid4().hex}.sql")
    try:
        await in_thread(lambda: dump_taken_out(Shelf(files), dump))
        return await _put_back(site, root, dump)
    except BackupUnusable as problem:
        return str(problem)
    finally:
        await in_thread(lambda: dump.unlink(missing_ok=True))


async def _put_back(site: Site, root: Path, dump: Path) -> str:
    if "db_restore" in site.hooks:
        ran, told = await run_hook(site, "db_restore", timeout=TIMEOUT_S, stdin=dump), "The db_restore hook"
    elif site.command:
        ran, told = await run_wp(site, root, ("db", "import", "-"), timeout=TIMEOUT_S, stdin=dump), "wp db import"
    else:
        return "There is neither wp-cli nor a db_restore hook."
    return "" if ran.ok else f"{told} {_ending(ran)}."


async def _while_there_is_room(
    dumping: Coroutine[Any, Any, Ran], folder: Path, free: Callable[[Path], int]
) -> Ran | None:
    """How the command ended; None when it was stopped because the disk was filling up."""
    task = asyncio.ensure_future(dumping)
    try:
        while free(folder) >= RESERVE_BYTES:
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
