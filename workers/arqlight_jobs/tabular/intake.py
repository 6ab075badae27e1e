"""Takes a copy of a file of rows in: text, not empty, not too large, for the owner only."""

import os
from pathlib import Path

from arqlight_core.errors import UsageError
from arqlight_jobs.tabular.drafts import drafted, on_disk
from arqlight_jobs.tabular.faults import Fault, FileUnusable, check_size
from arqlight_jobs.tabular.survey import UTF16_MARKS

CHUNK_BYTES = 1024 * 1024


def take_in(source: Path, target: Path) -> None:
    """Copy it to `target`, which is whole or not there. Raises UsageError in a sentence without the file's name."""
    try:
        _copy(source, target)
    except FileUnusable as problem:
        raise UsageError(f"The file cannot be used ({problem}); export it again as CSV.") from None
    except FileNotFoundError:
        raise UsageError("There is no such file; give the path of a CSV export.") from None
    except IsADirectoryError:
        raise UsageError("That is no plain file; give the path of a CSV export.") from None
    except PermissionError:
        raise UsageError("The file may not be read; allow it or give another one.") from None


def take_over(source: Path, target: Path) -> None:
    """Move it to `target` in the same folder, once it is on the disk. Raises UsageError in such a sentence."""
    try:
        _check_whole(source)
    except FileUnusable as problem:
        raise UsageError(f"The file cannot be used ({problem}); export it again as CSV.") from None
    source.replace(target)
    on_disk(target.parent)


def _check_whole(source: Path) -> None:
    with source.open("rb") as file:
        check_size(os.fstat(file.fileno()).st_size)
        _check_text(file.read(CHUNK_BYTES))
        os.fsync(file.fileno())


def _copy(source: Path, target: Path) -> None:
    if not source.exists():
        raise FileNotFoundError
    if not source.is_file():
        raise IsADirectoryError
    check_size(source.stat().st_size)
    size = 0
    with source.open("rb") as reader, drafted(target) as writer:
        while chunk := reader.read(CHUNK_BYTES):
            if not size:
                _check_text(chunk)
            size += len(chunk)
            check_size(size)
            writer.write(chunk)
        check_size(size)


def _check_text(head: bytes) -> None:
    if b"\0" in head and not head.startswith(UTF16_MARKS):
        raise FileUnusable(Fault.NOT_TEXT, "The file contains NUL bytes.")
