"""Back up what a fix may touch, and check the backup: without one, nothing is fixed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from arqlight_core.clock import now
from arqlight_core.errors import Discard
from arqlight_core.run import Run
from arqlight_jobs.healer.archive import is_archived
from arqlight_jobs.healer.backing_up import NoRoom, Wish, taken
from arqlight_jobs.healer.backup import NOTE, Backup, Shelf
from arqlight_jobs.healer.backup_scope import WHOLE
from arqlight_jobs.healer.case import Case, Finding, Outcome, Phase
from arqlight_jobs.healer.dump import dumped
from arqlight_jobs.healer.manifest import walked
from arqlight_jobs.healer.registration import open_root
from arqlight_jobs.healer.words import Symptom, SymptomId
from arqlight_jobs.offload import in_thread, in_thread_until_cancelled

DUMP = "dump/database.sql"
PASSES = 2
"""How often every byte is gone through: into the archive, and out of it."""


async def carry_out(case: Case) -> Finding:
    """Back the site up, as far as we can reach it. Raises Discard when its folder cannot be read."""
    shelf = Shelf(case.files)
    if case.site.root is None:
        nothing = await in_thread(lambda: shelf.note(Backup(taken_at=now(), scope="nothing")))
        return _finding(nothing, "Nothing of the site is in our reach, so nothing of it can be changed.")
    given = case.site.root
    try:
        return await _backed_up(case, shelf, await in_thread(lambda: _readable(given)))
    except NoRoom as problem:
        return Finding(Outcome.NO_BACKUP, str(problem), {})


def _readable(given: Path) -> Path:
    """The real folder. Raises RootRefused, and Discard when it may not be read."""
    try:
        root = open_root(given)
        next(walked(root), None)
    except PermissionError:
        raise Discard("The site's folder may not be read, so it cannot be backed up.") from None
    return root


async def _backed_up(case: Case, shelf: Shelf, root: Path) -> Finding:
    dump = case.files.place(DUMP)
    try:
        await in_thread(lambda: dump.unlink(missing_ok=True))  # an older attempt may have been killed over it
        dumping = await dumped(case.site, root, dump, case.files.sealer, shelf.free)
        whole, problem = (None, dumping) if isinstance(dumping, str) else (dumping, "")
        wish = Wish(root, symptoms_of(case), whole, problem, case.settings.backup_uploads)
        backup = await in_thread_until_cancelled(lambda check: _taken(case.run, shelf, wish, check))
    finally:
        await in_thread(lambda: dump.unlink(missing_ok=True))
    return _finding(backup, _told(backup))


def _taken(run: Run, shelf: Shelf, wish: Wish, check: Callable[[], None]) -> Backup:
    dump = wish.dump.size if wish.dump else 0
    total = PASSES * (dump + sum(entry.size for entry in walked(wish.root, WHOLE)))
    done = 0

    def read(count: int) -> None:
        nonlocal done
        check()
        done = min(done + count, total)
        run.progress(done, total, "files")

    return taken(shelf, wish, read)


def symptoms_of(case: Case) -> tuple[Symptom, ...]:
    """What was found to be wrong at first."""
    known: list[dict[str, Any]] = case.output_of(Phase.DISCOVERY).get("symptoms", [])
    return tuple(Symptom(SymptomId(one["id"]), one.get("component", "")) for one in known)


def _finding(backup: Backup, reason: str) -> Finding:
    output = {
        "backup": NOTE,
        "scope": backup.scope,
        "database": bool(backup.dump),
        "files": sum(entry.kind == "file" and is_archived(entry) for entry in backup.entries),
        "bytes": backup.bytes,
        "left_out": backup.left_out,
    }
    return Finding(Outcome.VERIFIED, reason, output)


def _told(backup: Backup) -> str:
    scope = "The site" if backup.scope == "whole" else "There was little room: only what a fix may touch"
    left_out = (
        f" {backup.left_out} of its files could not be read, or changed all the while." if backup.left_out else ""
    )
    database = "" if backup.dump else f" The database was not: {backup.database_problem}"
    return f"{scope} was backed up, and the backup compared.{left_out}{database}"
