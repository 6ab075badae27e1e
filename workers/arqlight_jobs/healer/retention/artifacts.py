"""Deletes files that no record refers to any more: under registered roots only, and never through a link.

Everything here works on the disk at once: call it in a thread.
"""

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from arqlight_core.settings import Settings
from arqlight_jobs.expiry import ArtifactRoot


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
    if entry.is_symlink() or not entry.is_dir():
        return entry.lstat().st_size
    names = (Path(parent) / name for parent, _, files in os.walk(entry) for name in files)
    return sum(path.lstat().st_size for path in names)


def _removed(folder: Path, entry: Path) -> bool:
    """Whether it is gone. Nothing is touched that does not really lie under the folder."""
    real = folder.resolve()
    if not entry.parent.resolve().is_relative_to(real):
        return False
    try:
        if entry.is_symlink() or not entry.is_dir():
            entry.unlink()
        else:
            _open_up(entry)
            shutil.rmtree(entry)
    except OSError:
        return False
    return True


def _open_up(folder: Path) -> None:
    """Let us into every folder of a tree: what was moved out of a site keeps the site's permissions."""
    folder.chmod(stat.S_IRWXU)
    for parent, names, _ in os.walk(folder):
        for name in names:
            path = Path(parent) / name
            if not path.is_symlink():
                path.chmod(stat.S_IRWXU)
