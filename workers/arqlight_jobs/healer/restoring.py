"""Puts files of a site back from its backup, when what a fix has changed cannot be undone step by step.

All of this works on the disk at once: call it in a thread.
"""

import hashlib
import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from arqlight_core.secrecy import new_private
from arqlight_jobs.healer.archive import DATABASE, SITE, is_archived
from arqlight_jobs.healer.backup import Backup, BackupUnusable, Shelf
from arqlight_jobs.healer.backup_scope import covers
from arqlight_jobs.healer.manifest import CHUNK_BYTES, Difference, Entry, differences, manifest_of
from arqlight_jobs.healer.root import Found, Root, held

Aside = Callable[[str], None]
"""Moves what stands at a path of the site away, to where it is kept."""

DRAFT = ".arqlight-restore"
"""What a file is called until all of it is there; one that a crash has left is replaced."""

_KINDS = {"file": stat.S_IFREG, "folder": stat.S_IFDIR, "link": stat.S_IFLNK, "other": 0}


def restored(shelf: Shelf, root: Path, aside: Aside, paths: Sequence[str] | None = None) -> list[Difference]:
    """Put these paths (None: all of the backup) back as they were. Answers what is still not as it was.

    `root` is the real folder. What was added since is moved aside, nothing is deleted; copies that may be torn are not
    used. Raises BackupUnusable before anything is touched, and PathRefused and OSError from then on.
    """
    backup = shelf.load()
    shelf.verify(backup, _ignored)
    return Restoring(shelf, backup, root, backup.roots if paths is None else paths).carried_out(aside)


def dump_taken_out(shelf: Shelf, target: Path) -> None:
    """Write the database's dump out of the backup into a new, private file. Raises BackupUnusable."""
    backup = shelf.load()
    if not backup.dump:
        raise BackupUnusable(f"The database was not backed up: {backup.database_problem}")
    shelf.verify(backup, _ignored)
    for member, content in shelf.archive(backup.archive).members():
        if member.name == DATABASE and content:
            with new_private(target) as file:
                while chunk := content.read(CHUNK_BYTES):
                    file.write(chunk)


@dataclass(frozen=True, slots=True)
class Restoring:
    """Files of a verified backup on their way back."""

    shelf: Shelf
    backup: Backup
    root: Path
    paths: Sequence[str]

    def carried_out(self, aside: Aside) -> list[Difference]:
        """Make room, put back what is missing or changed, and compare."""
        wanted, changed = self._wanted(), self._changed()
        gone: list[str] = []
        for one in changed:
            if one.what in ("new", "kind", "link") and not any(covers(path, one.path) for path in gone):
                aside(one.path)
                gone.append(one.path)
        back = {one.path: wanted[one.path] for one in changed if one.what != "new"}
        with held(self.root) as root:
            for entry in back.values():
                if entry.kind != "file":
                    _make(root, entry)
            self._write_files(root, back)
            for path in reversed(back):  # what is in a folder first: it may be one that nobody may write to
                _set_mode(root, back[path])
        return self._changed()

    def _wanted(self) -> dict[str, Entry]:
        """What the backup can give back, at and below the paths."""
        torn = set(self.backup.unsettled)
        known = (entry for entry in self.backup.entries if is_archived(entry) and entry.path not in torn)
        return {entry.path: entry for entry in known if any(covers(path, entry.path) for path in self.paths)}

    def _changed(self) -> list[Difference]:
        """What is not as in the backup; what it cannot give back does not count."""
        beyond = {entry.path for entry in self.backup.entries if not is_archived(entry)} | {*self.backup.unsettled}
        pairs = [(path, root) for path in self.paths for root in self.backup.roots]
        inside = [path for path, root in pairs if covers(root, path)] + [
            root for path, root in pairs if covers(path, root)
        ]
        found = manifest_of(self.root, inside)
        there = {path: found[path] for path in found if not any(covers(one, path) for one in beyond)}
        return differences(self._wanted(), there)

    def _write_files(self, root: Root, back: dict[str, Entry]) -> None:
        files = {f"{SITE}{entry.path}": entry for entry in back.values() if entry.kind == "file"}
        for member, content in self.shelf.archive(self.backup.archive).members():
            entry = files.get(member.name)
            if entry is None or content is None:
                continue
            told = content.read()
            if hashlib.sha256(told).hexdigest() == entry.sha256:  # of several copies of a path, the last
                with root.place(entry.path) as place:
                    place.write(told, _like(entry), DRAFT, dated=True)


def _make(root: Root, entry: Entry) -> None:
    """A folder or a link, where there is none yet."""
    with root.place(entry.path) as place:
        if place.found() is not None:
            return
        if entry.kind == "link":
            os.symlink(entry.target, place.name, dir_fd=place.folder)
        else:
            os.mkdir(place.name, 0o700, dir_fd=place.folder)
        os.fsync(place.folder)


def _set_mode(root: Root, entry: Entry) -> None:
    if entry.kind == "folder":
        with root.place(entry.path) as place:
            place.set_mode(entry.mode)


def _like(entry: Entry) -> Found:
    """What the file was, for those who put it back."""
    return Found(
        kind=_KINDS[entry.kind],
        mode=entry.mode,
        names=1,
        user=entry.user,
        group=entry.group,
        modified_ns=entry.mtime_ns,
        size=entry.size,
    )


def _ignored(_: int) -> None:
    """For who does not want to know how far reading is."""
