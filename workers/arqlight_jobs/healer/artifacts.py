"""The files of an incident: private, written whole or not at all, encrypted where PAYLOAD_ENC_KEYS is set.

Every method works on the disk at once: call them in a thread.
"""

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from arqlight_core.secrecy import Sealer, new_private
from arqlight_core.settings import Settings

SEALED = ".sealed"
"""What the name of an encrypted file ends with on the disk."""


def healer_folder(settings: Settings) -> Path:
    """Where the files of all sites and incidents are."""
    return settings.data_dir / "healer"


@dataclass(frozen=True, slots=True)
class Artifacts:
    """A folder of one incident. Names are relative, with `/` between their parts."""

    folder: Path
    sealer: Sealer | None = None

    @classmethod
    def of(cls, settings: Settings, site_id: str, incident_id: str) -> "Artifacts":
        """The folder of an incident, whether it is there yet or not."""
        sealer = Sealer.of(settings) if settings.payload_enc_keys else None
        return cls(healer_folder(settings) / site_id / incident_id, sealer)

    def place(self, name: str) -> Path:
        """Where a file of that name is or would be; its folders are made. Raises ValueError for a name that leaves."""
        parts = PurePosixPath(name).parts
        if not parts or parts[0] == "/" or ".." in parts or "\0" in name:
            raise ValueError(f"{name!r} does not name a file of an incident.")
        path = self.folder.joinpath(*parts)
        for folder in _new_folders(path.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        return path

    def write(self, name: str, content: bytes) -> Path:
        """Write a file as a whole; it is on the disk when this returns. Answers where it lies."""
        plain = self.place(name)
        sealed = plain.with_name(plain.name + SEALED)
        target, other = (sealed, plain) if self.sealer else (plain, sealed)
        draft = plain.with_name(f".{plain.name}.{uuid.uuid4().hex}")
        try:
            with new_private(draft) as file:
                file.write(self.sealer.encrypt(content) if self.sealer else content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
        other.unlink(missing_ok=True)
        return target

    def read(self, name: str) -> bytes:
        """What `write` was given. Raises FileNotFoundError, and ArqlightError when no key opens it."""
        plain = self.place(name)
        sealed = plain.with_name(plain.name + SEALED)
        if not sealed.exists():
            return plain.read_bytes()
        if self.sealer is None:
            raise FileNotFoundError(f"{name} is encrypted, and PAYLOAD_ENC_KEYS is not set.")
        return self.sealer.decrypt(sealed.read_bytes())

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        plain = self.place(name)
        return plain.exists() or plain.with_name(plain.name + SEALED).exists()


def _new_folders(folder: Path) -> Iterator[Path]:
    """The folders that are not there yet, the outermost first."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    return reversed(missing)
