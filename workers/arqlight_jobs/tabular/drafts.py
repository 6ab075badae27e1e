"""Files that are there whole or not at all: written under another name, on the disk before they get their own."""

import os
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from arqlight_core.secrecy import new_private

DRAFT = ".part"


@contextmanager
def drafted(target: Path) -> Generator[BinaryIO]:
    """A file to write to, for the owner only, that becomes `target` at the end; none is left where that is not reached.

    A process that is killed leaves its draft, `<UUID>.part` in the same folder, to retention.
    """
    draft = target.with_name(f"{uuid.uuid4()}{DRAFT}")
    try:
        with new_private(draft) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
        on_disk(target.parent)
    finally:
        draft.unlink(missing_ok=True)


def on_disk(folder: Path) -> None:
    """Have the names in the folder on the disk, too."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
