"""Files of a site, read within bounds: plain ones, really inside of its folder, and only so much of each."""

import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC, microsecond=0)
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC


def opened_plain(path: Path, inside: Path | None = None) -> BinaryIO:
    """A plain file, links followed. Raises OSError, also for one whose real place is not `inside`."""
    real = path.resolve(strict=True)
    if inside is not None and not real.is_relative_to(inside):
        raise PermissionError(0, "It is a link out of the site.")
    file = os.fdopen(os.open(real, _READ), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise PermissionError(0, "It is no plain file.")
    if inside is not None and not _place_of(file).is_relative_to(inside):
        file.close()
        raise PermissionError(0, "A link out of the site was put on the way to it.")
    return file


def _place_of(file: BinaryIO) -> Path:
    """Where the open file really lies, whatever its path leads to by now."""
    return Path(f"/proc/self/fd/{file.fileno()}").readlink()


def read_inside(root: Path, name: str, most: int) -> bytes | None:
    """The first bytes of a file of the site; None when it is not there or cannot be read."""
    try:
        with opened_plain(root / name, root) as file:
            return file.read(most)
    except (OSError, ValueError, RuntimeError):
        return None


def moment_of(seconds: float) -> datetime:
    """The moment of a file's time; of one that no calendar has, the first or the last one."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return _FIRST if seconds < 0 else _LAST
