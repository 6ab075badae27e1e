"""How files of a site are changed, and how that is taken back: each change as `remembered`, `made` and `undone`.

`remembered` keeps what an undo needs, before anything is changed. `made` and `undone` may be cut off anywhere and begun
again. Everything works on the disk at once: call it in a thread.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import PurePosixPath
from typing import Any, assert_never

from arqlight_core.errors import ArqlightError
from arqlight_jobs.healer.bench import Bench
from arqlight_jobs.healer.changes import Pack, Quarantine, Rename, Rewrite, SetMode
from arqlight_jobs.healer.root import Found, Place

FileChange = Quarantine | Pack | Rename | Rewrite | SetMode
Was = Mapping[str, Any]


class ChangedMeanwhile(ArqlightError):
    """Somebody else changed the site where it was to be healed."""


def digest(content: bytes) -> str:
    """What tells one content from another."""
    return hashlib.sha256(content).hexdigest()


def renamed(change: Rename) -> str:
    """The path that a file or folder gets."""
    return str(PurePosixPath(change.path).with_name(change.name))


# ------------------------------------------------------------------ before


def remembered(bench: Bench, number: int, change: FileChange) -> dict[str, Any] | None:
    """What an undo needs; None when there is nothing to be changed. Raises OSError, PathRefused, ChangedMeanwhile."""
    found = bench.root.found(change.path)
    if isinstance(change, Rewrite):
        return _kept(bench, number, change, found)
    if found is None:
        return None
    if isinstance(change, SetMode):  # a file that has another name, perhaps outside of the site, is left as it is
        return None if found.is_file and found.names > 1 else {"mode": found.mode}
    if isinstance(change, Rename) and bench.root.found(renamed(change)):
        raise ChangedMeanwhile(f"There is a {change.name} beside {change.path} already.")
    return {}


def _kept(bench: Bench, number: int, change: Rewrite, found: Found | None) -> dict[str, Any]:
    if found is None:
        _refuse_unless(change.over in (None, ""), change.path)
        return {}
    with bench.root.place(change.path) as place:
        content = place.read()
    _refuse_unless(change.over in (None, digest(content)), change.path)
    bench.journal.files.write(bench.journal.kept(number), content)
    return {"found": asdict(found), "sha256": digest(content)}


# ------------------------------------------------------------------ the change


def made(bench: Bench, number: int, change: FileChange, was: Was | None) -> None:
    """Make the change, or what is left of it. Raises OSError, PathRefused and ChangedMeanwhile."""
    if was is None:
        return
    with bench.root.place(change.path) as place:
        match change:
            case Quarantine() | Pack():
                take_out = bench.move_out if isinstance(change, Quarantine) else bench.pack_out
                take_out(number, place, change.path)
            case Rename():
                _rename(place, change.name)
            case Rewrite():
                _rewrite(place, change, was, bench.journal.hidden(number))
            case SetMode():
                _set_mode(place, change.mode)
            case _:
                assert_never(change)


def _rename(place: Place, name: str) -> None:
    if not place.beside(name).found():
        place.move(place.beside(name))


def _set_mode(place: Place, mode: int) -> None:
    if place.found():  # what is gone by now needs none
        place.set_mode(mode)


def _rewrite(place: Place, change: Rewrite, was: Was, draft: str) -> None:
    found = place.found()
    now = digest(place.read()) if found else ""
    if now == digest(change.content):
        return
    _refuse_unless(now == was.get("sha256", ""), change.path)
    place.write(change.content, found or replace(place.of_folder(), mode=change.mode), draft)


def _refuse_unless(same: bool, path: str) -> None:  # noqa: FBT001 - it is the condition itself
    if not same:
        raise ChangedMeanwhile(f"{path} was changed by somebody else meanwhile; it is left as it is.")


# ------------------------------------------------------------------ back


def undone(bench: Bench, number: int, change: FileChange, was: Was | None) -> bool:
    """Put back what was there. Answers whether somebody else's was in the way, and is in quarantine now."""
    if was is None:
        return False
    try:
        return _undone(bench, number, change, was)
    except (FileNotFoundError, NotADirectoryError):
        # Its folder is gone: with it went what we had put there, and there is nothing to be put back.
        if isinstance(change, SetMode) or (isinstance(change, Rewrite) and "found" not in was):
            return False
        raise


def _undone(bench: Bench, number: int, change: FileChange, was: Was) -> bool:
    with bench.root.place(change.path) as place:
        match change:
            case Quarantine() | Pack():
                return bench.move_back(number, place, change.path)
            case Rename():
                return _rename_back(bench, number, place, change)
            case Rewrite():
                return _write_back(bench, number, place, change, was)
            case SetMode():
                _set_mode(place, was["mode"])
                return False


def _rename_back(bench: Bench, number: int, place: Place, change: Rename) -> bool:
    other = place.beside(change.name)
    if not other.found():
        return False
    aside = bench.put_aside(number, place, change.path)
    other.move(place)
    return aside


def _write_back(bench: Bench, number: int, place: Place, change: Rewrite, was: Was) -> bool:
    draft = bench.journal.hidden(number)
    place.beside(draft).remove()
    now = _content(place)
    aside = now not in ("", digest(change.content), was.get("sha256"))
    if aside:
        bench.put_aside(number, place, change.path)
    if "found" in was:
        _restore(bench, number, place, Found(**was["found"]))
    elif not aside:
        place.remove()
    return aside


def _restore(bench: Bench, number: int, place: Place, before: Found) -> None:
    content = bench.journal.files.read(bench.journal.kept(number))
    found = place.found()
    if found is None or found.mode != before.mode or place.read() != content:
        place.write(content, before, bench.journal.hidden(number), dated=True)


def _content(place: Place) -> str:
    """The digest of a file, '' when nothing is there, and what no digest is for anything else."""
    found = place.found()
    if found is None:
        return ""
    try:
        return digest(place.read())
    except OSError:
        return "no file that we have written"
