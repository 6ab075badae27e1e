"""Takes a backup: of the whole, or of the small files and what is sick where there is no room for more.

A backup of the same site with the same content is used again. All of this works on the disk at once: call it in a
thread.
"""

import errno
import os
from dataclasses import dataclass
from pathlib import Path

from arqlight_core.clock import now
from arqlight_core.errors import ArqlightError
from arqlight_jobs.healer.archive import Packing, Read
from arqlight_jobs.healer.backup import Backup, BackupUnusable, Scope, Shelf
from arqlight_jobs.healer.backup_scope import UPLOADS, WHOLE, minimal, with_targets
from arqlight_jobs.healer.dump_file import DumpFile
from arqlight_jobs.healer.manifest import Entry, manifest_of, walked
from arqlight_jobs.healer.words import Symptom

ROOM = 1.2
"""How many times its estimated size must be free before a backup is begun."""

SEALED_SIZE = 1.35
"""How much larger encryption makes a file."""

PER_ENTRY = 1536
"""Bytes that an archive needs for an entry beside its content."""

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the system says when nothing more can be written."""


class NoRoom(ArqlightError):
    """There is no room for any backup that would be worth something."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be backed up. `root` is the real folder."""

    root: Path
    symptoms: tuple[Symptom, ...] = ()
    dump: DumpFile | None = None
    """It makes way when there is no room for it."""
    database_problem: str = ""
    """Why there is no dump."""
    uploads: bool = False


def taken(shelf: Shelf, wish: Wish, read: Read) -> Backup:
    """Back the site up, as far as there is room, and note it. `read` is told the bytes that were worked on.

    Raises NoRoom, BackupUnusable when it does not compare, and OSError when the root or the disk cannot be used.
    """
    whole: tuple[str, ...] = (*WHOLE, UPLOADS) if wish.uploads else WHOLE
    small = minimal(wish.symptoms)
    tries: list[tuple[Scope, tuple[str, ...], DumpFile | None]] = [
        ("whole", whole, wish.dump),
        ("minimal", small, None),
    ]
    if wish.dump:
        tries.insert(1, ("minimal", small, wish.dump))
    for scope, paths, dump in tries:
        if dump is None and wish.dump:
            wish.dump.remove()
        try:
            return shelf.note(_Try(shelf, wish, scope, with_targets(wish.root, paths), dump).carried_out(read))
        except OSError as problem:
            shelf.sweep()
            if problem.errno not in NO_ROOM:
                raise
    raise NoRoom("There is no room for a backup, not even for one of what a fix may touch.")


@dataclass(frozen=True, slots=True)
class _Try:
    """A backup of one scope. What it has no room for ends it with an OSError that says so."""

    shelf: Shelf
    wish: Wish
    scope: Scope
    roots: tuple[str, ...]
    dump: DumpFile | None

    def carried_out(self, read: Read) -> Backup:
        return self._found_again(read) or self._made(read)

    def _found_again(self, read: Read) -> Backup | None:
        """A backup that holds the same, as this incident's own."""
        same = [(shelf, backup) for shelf, backup in self.shelf.siblings() if self._may_serve(backup)]
        if not same:
            return None
        fresh = self._backup("", manifest_of(self.wish.root, self.roots, read), ())
        for shelf, backup in same:
            if backup.digest == fresh.digest and self._taken_over(shelf, backup, read):
                return backup
        return None

    def _may_serve(self, backup: Backup) -> bool:
        alike = backup.scope == self.scope and backup.roots == self.roots and not backup.unsettled
        return alike and backup.sealed == self.shelf.sealed and bool(backup.dump) == bool(self.dump)

    def _taken_over(self, shelf: Shelf, backup: Backup, read: Read) -> bool:
        theirs, ours = shelf.archive(backup.archive).path, self.shelf.archive(backup.archive).path
        try:
            shelf.verify(backup, read)
            if theirs != ours:
                ours.unlink(missing_ok=True)
                ours.hardlink_to(theirs)
        except (BackupUnusable, OSError):
            return False
        return True

    def _made(self, read: Read) -> Backup:
        name = self.shelf.new_name()
        archive = self.shelf.archive(name)
        self._check_room(archive.path.parent)
        with archive.written(self.shelf.new) as tar:
            packing = Packing(self.wish.root, tar, read)
            unsettled = packing.pack(self.roots)
            dump = packing.add_dump(self.dump) if self.dump else ""
        backup = self._backup(name, packing.entries, unsettled, dump)
        try:
            self.shelf.verify(backup, read)
        except BaseException:
            archive.path.unlink(missing_ok=True)
            raise
        return backup

    def _check_room(self, folder: Path) -> None:
        sizes = [entry.size + PER_ENTRY for entry in walked(self.wish.root, self.roots)]
        dump = self.dump.size if self.dump else 0
        estimate = (sum(sizes) + dump) * (SEALED_SIZE if self.shelf.sealed else 1)
        if self.shelf.free(folder) < ROOM * estimate:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _backup(self, name: str, entries: dict[str, Entry], unsettled: tuple[str, ...], dump: str = "") -> Backup:
        no_dump = self.wish.database_problem or "there was no room for its dump."
        return Backup(
            taken_at=now(),
            scope=self.scope,
            archive=name,
            sealed=self.shelf.sealed,
            roots=self.roots,
            entries=tuple(entries[path] for path in sorted(entries)),
            unsettled=unsettled,
            dump=dump,
            dump_content=self.dump.content if self.dump else "",
            database_problem="" if self.dump else no_dump,
        )
