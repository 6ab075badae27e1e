"""Backups as they are kept: an archive in the incident's folder, and a note of what is in it.

Only what was opened again and compared is noted, and only what is noted is used. All of this works on the disk at once:
call it in a thread.
"""

import hashlib
import json
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec

from arqlight_core.errors import ArqlightError
from arqlight_core.secrecy import new_private
from arqlight_jobs.healer.archive import Archive, Read, is_archived, problems_of
from arqlight_jobs.healer.artifacts import SEALED, Artifacts
from arqlight_jobs.healer.backup_scope import covers
from arqlight_jobs.healer.changes import Command, Plan, Provoke, Rewrite
from arqlight_jobs.healer.manifest import Entry, digest_of

FOLDER = "backup"
NOTE = f"{FOLDER}/backup.json"

Scope = Literal["whole", "minimal", "nothing"]


class BackupUnusable(ArqlightError):
    """A backup is not as it was noted, or was never noted."""


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a verified backup."""

    taken_at: datetime
    scope: Scope
    archive: str = ""
    """The archive's name in the incident's folder; '' when there was nothing to keep."""
    sealed: bool = False
    roots: tuple[str, ...] = ()
    """The paths that were asked for, and what links lead to from there: what is not in `entries` was not there."""
    entries: tuple[Entry, ...] = ()
    unsettled: tuple[str, ...] = ()
    """Paths that changed all the while: their copies may be torn."""
    dump: str = ""
    """The SHA-256 of the database's dump; '' without one."""
    dump_content: str = ""
    """The same without the moment of the dump."""
    database_problem: str = ""
    """Why there is no dump."""

    @property
    def manifest(self) -> dict[str, Entry]:
        """The entries by path."""
        return {entry.path: entry for entry in self.entries}

    @property
    def digest(self) -> str:
        """The same for two backups exactly when either can stand for the other."""
        parts = (digest_of(self.manifest), self.dump_content, *self.roots, *self.unsettled)
        return hashlib.sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()

    @property
    def bytes(self) -> int:
        """How large the files are that it holds."""
        return sum(entry.size for entry in self.entries if is_archived(entry))

    @property
    def left_out(self) -> int:
        """How many paths it does not hold, or not for sure."""
        return sum(not is_archived(entry) for entry in self.entries) + len(self.unsettled)

    def uncovered(self, plan: Plan) -> str:
        """Why a plan must not be carried out with this backup alone; '' when it may."""
        commands = [change for change in plan if isinstance(change, Command)]
        if not self.dump and any(command.touches_database for command in commands):
            return f"It changes the database, which was not backed up: {self.database_problem}"
        rewritten = [change.path for change in plan if isinstance(change, Rewrite)]
        touched = [path for change in plan if isinstance(change, Command | Provoke) for path in change.touches]
        missing = [path for path in (*rewritten, *touched) if not any(covers(root, path) for root in self.roots)]
        if self.scope != "whole" and missing:
            return f"There was room for a small backup only, and {missing[0]} is not in it."
        return ""


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where the backups of an incident are, how much room there is, and how a file is begun."""

    files: Artifacts
    free: Callable[[Path], int] = _free
    new: Callable[[Path], BinaryIO] = new_private

    @property
    def sealed(self) -> bool:
        """Whether archives are encrypted."""
        return self.files.sealer is not None

    def new_name(self) -> str:
        """The name of an archive that is not there."""
        return f"{FOLDER}/{uuid.uuid4().hex}.tar.gz{SEALED if self.sealed else ''}"

    def archive(self, name: str) -> Archive:
        """The archive of that name."""
        return Archive(self.files.place(name), self.files.sealer)

    def load(self, name: str = NOTE) -> Backup:
        """The noted backup. Raises BackupUnusable."""
        try:
            return msgspec.convert(json.loads(self.files.read(name)), Backup)
        except (OSError, ValueError, ArqlightError) as problem:
            raise BackupUnusable("There is no backup that was verified.") from problem

    def verify(self, backup: Backup, read: Read) -> None:
        """Open the archive again and compare it with its manifest. Raises BackupUnusable."""
        if not backup.archive:
            return
        problems = problems_of(self.archive(backup.archive), backup.manifest, backup.dump, read)
        if problems:
            more = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
            raise BackupUnusable(f"The backup does not compare: {problems[0]}{more}")

    def note(self, backup: Backup) -> Backup:
        """Note a verified backup as the one of the incident; what was left of others is removed."""
        self.files.write(NOTE, json.dumps(msgspec.to_builtins(backup)).encode())
        self.sweep()
        return backup

    def sweep(self) -> None:
        """Remove what is not the noted backup, such as an archive that found no room."""
        kept = {NOTE, f"{NOTE}{SEALED}"}
        with suppress(BackupUnusable):
            kept.add(self.load().archive)
        for path in self.files.place(NOTE).parent.iterdir():
            if f"{FOLDER}/{path.name}" not in kept:
                path.unlink(missing_ok=True)

    def siblings(self) -> Iterator[tuple["Shelf", Backup]]:
        """The site's noted backups, that of this incident included."""
        for folder in sorted(self.files.folder.parent.glob(f"*/{FOLDER}")):
            shelf = Shelf(Artifacts(folder.parent, self.files.sealer))
            if shelf.files.has(NOTE):
                try:
                    yield shelf, shelf.load()
                except BackupUnusable:
                    continue
