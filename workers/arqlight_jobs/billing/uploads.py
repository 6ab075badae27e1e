"""Files taken in and not yet validated, under the data folder, named by nothing but a UUID."""

import uuid
from pathlib import Path

from arqlight_core.settings import Settings
from arqlight_jobs.tabular.faults import Fault, FileUnusable, check_size


def folder(settings: Settings) -> Path:
    """Where files wait; made on first use, for the owner only."""
    place = settings.data_dir / "uploads"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def path_of(settings: Settings, file_id: str) -> Path:
    """Where the file of that id is or would be. Raises ValueError for anything but a UUID."""
    return folder(settings) / f"{uuid.UUID(file_id)}.csv"


def verified(settings: Settings, file_id: str) -> Path:
    """The file of that id. Raises FileUnusable when it is gone, no plain file, empty or too large."""
    try:
        path = path_of(settings, file_id)
    except ValueError:
        raise FileUnusable(Fault.MISSING, "The file id is not a UUID.") from None
    if path.is_symlink() or not path.is_file():
        raise FileUnusable(Fault.MISSING, "The file is no longer there; submit it again.")
    check_size(path.stat().st_size)
    return path


def discard(settings: Settings, file_id: str) -> None:
    """Delete the file if it is there."""
    try:
        path_of(settings, file_id).unlink(missing_ok=True)
    except ValueError:
        return
