"""The facts of a site's folder, gathered in one walk within bounds; links are noted, never followed.

Works on the disk at once: call it in a thread.
"""

import heapq
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic

from arqlight_jobs.healer.config_reading import config_of, versions_of
from arqlight_jobs.healer.evidence import Changed, Htaccess, Maintenance, Tree, WrongMode
from arqlight_jobs.healer.extensions import dropins_of, muplugins_of, plugins_of, themes_of
from arqlight_jobs.healer.htaccess_reading import MOST_BYTES, read_htaccess
from arqlight_jobs.healer.reading import moment_of, read_inside

MOST_FILES = 200_000
WALKING_S = 10.0
MOST_LISTED = 100
MOST_READ = 48 * 1024 * 1024
"""Bytes of PHP files that are searched for what decodes and runs itself."""

LARGEST_SEARCHED = 512 * 1024
LATELY = timedelta(hours=72)
NEEDED = (
    "index.php",
    "wp-blog-header.php",
    "wp-load.php",
    "wp-settings.php",
    "wp-login.php",
    "wp-includes/version.php",
    "wp-includes/load.php",
    "wp-includes/functions.php",
    "wp-includes/plugin.php",
    "wp-admin/index.php",
)
FRONT_PAGES = ("index.html", "index.htm")
UPLOADS = "wp-content/uploads/"
_CODE_FOLDERS = ("wp-includes/", "wp-admin/")
_STAMP = re.compile(rb"\$upgrading\s{0,9}=\s{0,9}(\d{1,12})\s{0,9};")
_DECODES = re.compile(rb"\b(?:eval|assert)\s{0,9}\([^;\n]{0,200}\b(?:base64_decode|gzinflate|str_rot13)\s{0,9}\(")
_SMALL = 512
GROUP_OR_ALL, PASSABLE, ALL_WRITE, OWNER = 0o044, 0o011, 0o002, 0o400
PRIVATE = frozenset({"wp-config.php"})


@dataclass(slots=True)
class _Walk:
    """What a walk has found so far."""

    root: Path
    at: datetime
    files: int = 0
    read: int = 0
    truncated: bool = False
    wrong: list[WrongMode] = field(default_factory=list[WrongMode])
    uploaded: list[str] = field(default_factory=list[str])
    suspicious: list[str] = field(default_factory=list[str])
    leaving: list[str] = field(default_factory=list[str])
    changed: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])


def tree_of(root: Path, at: datetime) -> Tree:
    """The facts of a site's real folder at that moment."""
    walk = _Walk(root, at)
    _walk(walk)
    wordpress, php_needed = versions_of(root)
    return Tree(
        wordpress=wordpress,
        php_needed=php_needed,
        config=config_of(root),
        maintenance=maintenance_of(root, at),
        htaccess=htaccess_of(root),
        plugins=plugins_of(root),
        themes=themes_of(root),
        muplugins=muplugins_of(root),
        dropins=dropins_of(root),
        core_missing=tuple(name for name in NEEDED if not (root / name).exists()),
        wrong_modes=tuple(walk.wrong[:MOST_LISTED]),
        uploaded_php=tuple(walk.uploaded[:MOST_LISTED]),
        suspicious=tuple(walk.suspicious[:MOST_LISTED]),
        foreign_index=foreign_index_of(root),
        leaving_links=tuple(walk.leaving[:MOST_LISTED]),
        changed=tuple(Changed(name, moment_of(moment)) for moment, name in heapq.nlargest(MOST_LISTED, walk.changed)),
        files=walk.files,
        truncated=walk.truncated,
    )


def maintenance_of(root: Path, at: datetime) -> Maintenance | None:
    """The `.maintenance` file, None without one."""
    try:
        age = at.timestamp() - (root / ".maintenance").lstat().st_mtime
    except OSError:
        return None
    found = _STAMP.search(read_inside(root, ".maintenance", _SMALL) or b"")
    return Maintenance(round(age, 1), int(found[1]) if found else None)


def htaccess_of(root: Path) -> Htaccess | None:
    """The `.htaccess`, None without one."""
    content = read_inside(root, ".htaccess", MOST_BYTES)
    return None if content is None else read_htaccess(content.decode(errors="replace"))


def foreign_index_of(root: Path) -> str:
    """A file that answers for the home page in WordPress's place: another index.php, or an index.html; '' without."""
    index = read_inside(root, "index.php", LARGEST_SEARCHED)
    if index is not None and b"wp-blog-header" not in index:
        return "index.php"
    return next((name for name in FRONT_PAGES if (root / name).is_file()), "")


def _walk(walk: _Walk) -> None:
    end = monotonic() + WALKING_S
    waiting = [walk.root]
    _note_mode(walk, "", walk.root.stat().st_mode)
    while waiting and not walk.truncated:
        for entry in _entries(waiting.pop()):
            walk.truncated = walk.files > MOST_FILES or monotonic() > end
            if walk.truncated:  # one folder alone may hold millions
                break
            name = os.path.relpath(entry.path, walk.root)
            if entry.is_symlink():
                _note_link(walk, name, Path(entry.path))
            elif entry.is_dir(follow_symlinks=False):
                waiting.append(Path(entry.path))
                _note_folder(walk, name, entry)
            else:
                _note_file(walk, name, entry)


def _entries(folder: Path) -> Iterator["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except OSError:
        return


def _note_link(walk: _Walk, name: str, path: Path) -> None:
    try:
        leaves = not path.resolve().is_relative_to(walk.root)
    except (OSError, RuntimeError):
        leaves = True
    if leaves:
        walk.leaving.append(name)


def _note_folder(walk: _Walk, name: str, entry: "os.DirEntry[str]") -> None:
    try:
        _note_mode(walk, name, entry.stat(follow_symlinks=False).st_mode)
    except OSError:
        return


def _note_file(walk: _Walk, name: str, entry: "os.DirEntry[str]") -> None:
    walk.files += 1
    try:
        found = entry.stat(follow_symlinks=False)
    except OSError:
        return
    _note_mode(walk, name, found.st_mode)
    if walk.at.timestamp() - found.st_mtime < LATELY.total_seconds():
        walk.changed.append((found.st_mtime, name))
    if name.endswith((".php", ".phtml", ".php5", ".phar")):
        _note_php(walk, name, found.st_size)


def _note_mode(walk: _Walk, name: str, mode: int) -> None:
    plain = stat.S_IMODE(mode)
    needed = GROUP_OR_ALL if name not in PRIVATE else OWNER
    wrong = not plain & needed or plain & ALL_WRITE or (stat.S_ISDIR(mode) and not plain & PASSABLE)
    if wrong and (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
        walk.wrong.append(WrongMode(name, plain))


def _note_php(walk: _Walk, name: str, size: int) -> None:
    if size > LARGEST_SEARCHED or walk.read > MOST_READ or name.startswith(_CODE_FOLDERS):
        return
    content = read_inside(walk.root, name, LARGEST_SEARCHED) or b""
    walk.read += len(content)
    if _DECODES.search(content):
        walk.suspicious.append(name)
    if name.startswith(UPLOADS) and not _is_silent(content):
        walk.uploaded.append(name)


def _is_silent(content: bytes) -> bool:
    """Whether a PHP file does nothing, as those that only keep folders from being listed."""
    lines = (line.strip() for line in content.replace(b"<?php", b"\n").replace(b"?>", b"\n").splitlines())
    return len(content) < _SMALL and all(not line or line.startswith((b"//", b"#")) for line in lines)
