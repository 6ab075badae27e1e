"""Where a site is worked on: its folder, and the place in the incident's folder for what is taken out of it or kept.

All of it may be cut off anywhere and begun again: how far it came is seen on the disk. Call it in a thread.
"""

import errno
import os
from dataclasses import dataclass
from pathlib import Path

from arqlight_core.secrecy import Sealer
from arqlight_jobs.healer import manifest
from arqlight_jobs.healer.artifacts import SEALED
from arqlight_jobs.healer.journal import Journal, sync
from arqlight_jobs.healer.packing import Check, pack, unchecked, unpack
from arqlight_jobs.healer.root import Place, Root


@dataclass(frozen=True, slots=True)
class Bench:
    """The site's folder, and the journal of the attempt."""

    root: Root
    journal: Journal
    check: Check = unchecked

    # ------------------------------------------------------------------ out of the site

    def move_out(self, number: int, place: Place, path: str) -> None:
        """Move what is there into quarantine."""
        target = self.journal.quarantine(number, path)
        if os.path.lexists(target):
            return
        if place.beside(self.journal.hidden(number)).found() or not _moved_at_once(place, target):
            self.pack_out(number, place, path)

    def pack_out(self, number: int, place: Place, path: str) -> None:
        """The same, compressed. Under another name first: what the site puts there meanwhile is left alone."""
        hidden = place.beside(self.journal.hidden(number))
        whole = self.journal.packed(self.journal.quarantine(number, path))
        if not whole.exists():
            if not hidden.found():
                place.move(hidden)
            pack(hidden, whole, self._sealer(whole), self.check)
        hidden.remove()

    def move_back(self, number: int, place: Place, path: str) -> bool:
        """Take back `move_out` or `pack_out`. Answers whether something stood there, which is in quarantine now."""
        target, hidden = self.journal.quarantine(number, path), place.beside(self.journal.hidden(number))
        whole = self.journal.packed(target)
        aside = False
        if os.path.lexists(target):
            aside = self.put_aside(number, place, path)
            os.rename(target, place.name, dst_dir_fd=place.folder)
            os.fsync(place.folder)
        elif whole.exists():
            aside = self._unpack_to(number, place, path, whole)
            hidden.remove()
        elif hidden.found():
            aside = self.put_aside(number, place, path)
            hidden.move(place)
        return aside

    def put_aside(self, number: int, place: Place, path: str) -> bool:
        """Move what is at a place into quarantine. Answers whether there was something."""
        if not place.found():
            return False
        target = self.journal.aside(number, path)
        if not _moved_at_once(place, target):
            whole = self.journal.packed(target)
            pack(place, whole, self._sealer(whole), self.check)
            place.remove()
        return True

    # ------------------------------------------------------------------ kept

    def keep(self, number: int, part: int, path: str) -> str:
        """Keep all that is at a path. Answers the digest of its manifest, '' when nothing is there."""
        told = self._digest_at(path)
        if told:
            whole = self._kept(number, part)
            with self.root.place(path) as place:
                pack(place, whole, self._sealer(whole), self.check)
        return told

    def put_back(self, number: int, part: int, path: str, told: str) -> bool:
        """Make a path again what `keep` found there; what stands there goes into quarantine, and True is answered."""
        if not told and not self.root.found(path):
            return False
        with self.root.place(path) as place:
            place.beside(self.journal.hidden(number, "b")).remove()
            if self._digest_at(path) == told:
                return False
            if told:
                return self._unpack_to(number, place, path, self._kept(number, part))
            return self.put_aside(number, place, path)

    def _unpack_to(self, number: int, place: Place, path: str, whole: Path) -> bool:
        draft = place.beside(self.journal.hidden(number, "b"))
        draft.remove()
        unpack(whole, draft, self._sealer(whole), self.check)
        aside = self.put_aside(number, place, path)
        draft.move(place)
        return aside

    def _kept(self, number: int, part: int) -> Path:
        return self.journal.packed(self.journal.files.place(self.journal.kept(number, part)))

    def _sealer(self, whole: Path) -> Sealer | None:
        return self.journal.files.sealer if whole.name.endswith(SEALED) else None

    def _digest_at(self, path: str) -> str:
        """What is at a path, as one text; '' when nothing is."""
        found = manifest.manifest_of(self.root.path, (path,), lambda _: self.check())
        return manifest.digest_of(found) if found else ""


def _moved_at_once(place: Place, target: Path) -> bool:
    """Move it out of the site unless the target lies on another file system."""
    try:
        os.rename(place.name, target, src_dir_fd=place.folder)
    except OSError as problem:
        if problem.errno != errno.EXDEV:
            raise
        return False
    sync(target.parent)
    os.fsync(place.folder)
    return True
