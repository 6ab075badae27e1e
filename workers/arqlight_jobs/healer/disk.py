"""How full the file system is that a site lies on, and what could be freed without loss."""

import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from arqlight_jobs.healer.evidence import BigLog, Disk

CACHES = ("wp-content/cache", "wp-content/upgrade")
"""Folders that may be emptied at any time."""

BIG_LOG = 50 * 1024 * 1024
LOGS = ("wp-content/debug.log", "error_log", "wp-admin/error_log", "wp-content/error_log")
MOST_FILES = 100_000


def disk_of(root: Path) -> Disk | None:
    """The disk under the site's real folder; None when it cannot be asked. Blocking."""
    try:
        found = os.statvfs(root)
    except OSError:
        return None
    return Disk(
        free_bytes=found.f_bavail * found.f_frsize,
        total_bytes=found.f_blocks * found.f_frsize,
        free_inodes=found.f_favail,
        total_inodes=found.f_files,
        cache_bytes=sum(_size(path) for name in CACHES for path in _files(root / name)),
        big_logs=tuple(BigLog(name, size) for name in LOGS if (size := _size(root / name)) >= BIG_LOG),
    )


def _files(folder: Path) -> Iterator[Path]:
    """The files in a folder and below, links not followed, up to a number."""
    left, waiting = MOST_FILES, [] if folder.is_symlink() else [folder.as_posix()]
    while waiting and left > 0:
        with suppress(OSError), os.scandir(waiting.pop()) as found:
            for one in islice(found, left):
                left -= 1
                if one.is_dir(follow_symlinks=False):
                    waiting.append(one.path)
                else:
                    yield Path(one.path)


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0
