"""Files of a site, read within bounds: plain ones, really inside of its folder, and only so much of each."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

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
    return file


def read_inside(root: Path, name: str, most: int) -> bytes | None:
    """The first bytes of a file of the site; None when it is not there or cannot be read."""
    try:
        with opened_plain(root / name, root) as file:
            return file.read(most)
    except (OSError, ValueError, RuntimeError):
        return None
