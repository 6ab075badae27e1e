"""What a playbook may look at, read just before it plans. Works on the disk at once: call it in a thread."""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import PurePosixPath

import msgspec

from arqlight_jobs.healer import manifest
from arqlight_jobs.healer.manifest import Entry
from arqlight_jobs.healer.playbooks.declaration import Playbook
from arqlight_jobs.healer.root import Root

MOST_ENTRIES = 200_000


def contents(root: Root, playbook: Playbook) -> dict[str, bytes]:
    """The files that the playbook reads, as far as they are there. Raises PathRefused and OSError."""
    found: dict[str, bytes] = {}
    for path in playbook.reads:
        if root.found(path, through=True) is not None:
            with root.place(path, through=True) as place:
                found[path] = place.read()
    return found


def entries(root: Root, playbook: Playbook) -> dict[str, Entry]:
    """What the playbook reads and lists, by path."""
    read = (manifest.entry_at(root.path, path) for path in playbook.reads)
    listed = (entry for folder in playbook.lists for entry in _listed(root, folder))
    return {entry.path: entry for entry in (*read, *listed) if entry}


def _listed(root: Root, folder: str) -> Iterator[Entry]:
    if not folder:
        yield from islice(manifest.walked(root.path), MOST_ENTRIES)
        return
    real = root.real(folder, through=True)
    try:
        with manifest.opened_folder(root.path, real) as opened:
            names = sorted(os.listdir(opened))  # noqa: PTH208 - of an open folder
    except (FileNotFoundError, NotADirectoryError):
        return
    for name in names[:MOST_ENTRIES]:
        entry = manifest.entry_at(root.path, str(PurePosixPath(real, name)))
        if entry:
            yield msgspec.structs.replace(entry, path=f"{folder}/{name}")
