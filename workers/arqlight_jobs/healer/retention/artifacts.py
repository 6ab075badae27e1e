"""Deletes files that no record refers to any more: under registered roots only, and never through a link.

Everything here works on the disk at once: call it in a thread.
"""

import os
import stat
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from arqlight_core.settings import Settings
from arqlight_jobs.expiry import ArtifactRoot
from arqlight_jobs.healer.root import FOLDER


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What became of one root."""

    root: str
    kept: int = 0
    """That records refer to, or that are young."""
    deleted: int = 0
    bytes: int = 0
    missing: int = 0
    """Records that refer to what is not there."""
    refused: int = 0
    """Entries that could not be deleted, or that lie behind a link."""
    dry_run: bool = False


def clean(root: ArtifactRoot, settings: Settings, living: frozenset[str], at: datetime, *, dry_run: bool) -> Cleaned:
    """Delete what no record refers to and is old enough. Links are deleted themselves, what they lead to never."""
    folder = root.folder(settings)
    if folder.is_symlink() or not folder.is_dir():
        return Cleaned(root.name, missing=len(living), dry_run=dry_run)
    kept = deleted = size = refused = 0
    found: set[str] = set()
    for name, entry in _entries(folder, root.depth):
        if not root.pattern.fullmatch(name):
            continue
        found.add(name)
        if name in living or at.timestamp() - entry.lstat().st_mtime < root.age.total_seconds():
            kept += 1
            continue
        bytes_of = _size(entry)
        if dry_run or _removed(folder, entry):
            deleted, size = deleted + 1, size + bytes_of
        else:
            refused += 1
    return Cleaned(root.name, kept, deleted, size, len(living - found), refused, dry_run)


def _entries(folder: Path, depth: int) -> Iterator[tuple[str, Path]]:
    """What lies at that depth, by its path within the folder; folders that are links are not entered."""
    for entry in sorted(folder.iterdir()):
        if depth == 1:
            yield entry.name, entry
        elif entry.is_dir() and not entry.is_symlink():
            for name, inner in _entries(entry, depth - 1):
                yield f"{entry.name}/{name}", inner


def _size(entry: Path) -> int:
    """Bytes; of a tree as far as its paths can be named, and we are let in."""
    if entry.is_symlink() or not entry.is_dir():
        return entry.lstat().st_size
    size, waiting = 0, [entry.as_posix()]
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as found:
            for one in found:
                if one.is_dir(follow_symlinks=False):
                    waiting.append(one.path)
                else:
                    size += one.stat(follow_symlinks=False).st_size
    return size


def _removed(folder: Path, entry: Path) -> bool:
    """Whether it is gone. Nothing is touched that does not really lie under the folder."""
    real = folder.resolve()
    if not entry.parent.resolve().is_relative_to(real):
        return False
    try:
        if entry.is_symlink() or not entry.is_dir():
            entry.unlink()
        else:
            remove_tree(entry)
    except OSError:
        return False
    return True


def remove_tree(folder: Path) -> None:
    """Remove a folder with all that is in it, however deep it is.

    What was moved out of a site keeps the site's permissions, and may be deeper than a path can name or recursion go:
    so a folder in a folder is moved up before its own is removed.
    """
    folder.chmod(stat.S_IRWXU)
    opened = os.open(folder, FOLDER)
    try:
        while names := os.listdir(opened):  # noqa: PTH208 - of an open folder
            for name in names:
                _take_apart(opened, name)
    finally:
        os.close(opened)
    folder.rmdir()


def _take_apart(top: int, name: str) -> None:
    """Remove what is there; folders in it are in `top` afterwards."""
    if not _is_opened_up(top, name):
        os.unlink(name, dir_fd=top)
        return
    inner = os.open(name, FOLDER, dir_fd=top)
    try:
        for deeper in os.listdir(inner):  # noqa: PTH208 - of an open folder
            if _is_opened_up(inner, deeper):
                os.rename(deeper, uuid.uuid4().hex, src_dir_fd=inner, dst_dir_fd=top)
            else:
                os.unlink(deeper, dir_fd=inner)
    finally:
        os.close(inner)
    os.rmdir(name, dir_fd=top)


def _is_opened_up(folder: int, name: str) -> bool:
    """Whether it is a folder; then we are let in."""
    is_folder = stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    if is_folder:
        os.chmod(name, stat.S_IRWXU, dir_fd=folder)
    return is_folder
