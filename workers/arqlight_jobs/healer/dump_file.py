"""A dump of a site's database on its way into the archive: encrypted from its first byte where there are keys.

Everything works on the disk at once: call it in a thread.
"""

import hashlib
import io
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from arqlight_core.secrecy import Sealer
from arqlight_jobs.healer.sealed_stream import OpeningReader, SealingWriter

_BUFFER_BYTES = 1024 * 1024
_DATED = b"-- Dump completed"
"""What the line begins with that says when a dump was made."""


@dataclass(frozen=True, slots=True)
class DumpFile:
    """A dump that is whole. `size` is that of the dump itself, in bytes."""

    path: Path
    size: int
    sealer: Sealer | None = None

    @contextmanager
    def opened(self) -> Generator[BinaryIO]:
        """The dump, to be read once. What is not as it was written raises as `OpeningReader` does."""
        with self.path.open("rb") as file:
            yield io.BufferedReader(_Opened(OpeningReader(file, self.sealer)), _BUFFER_BYTES) if self.sealer else file

    @property
    def content(self) -> str:
        """Its SHA-256 without the line that says when it was made."""
        sum_ = hashlib.sha256()
        with self.opened() as file:
            for line in file:
                if not line.startswith(_DATED):
                    sum_.update(line)
        return sum_.hexdigest()

    def remove(self) -> None:
        """Remove it."""
        self.path.unlink(missing_ok=True)


class DumpWriter:
    """Writes a dump into an open file, encrypted with a sealer. Only what was ended with `finish` can be read again."""

    def __init__(self, file: BinaryIO, sealer: Sealer | None) -> None:
        self._sealing = SealingWriter(file, sealer) if sealer else None
        self._target = cast("BinaryIO", self._sealing or file)
        self.size = 0

    def write(self, chunk: bytes) -> None:
        """Take all of it. Raises OSError."""
        self._target.write(chunk)
        self.size += len(chunk)

    def finish(self) -> None:
        """The last of it."""
        if self._sealing:
            self._sealing.finish()


class _Opened(io.RawIOBase):
    """What a reader gives, as a file."""

    def __init__(self, reader: OpeningReader) -> None:
        self._reader = reader

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # pyright: ignore[reportIncompatibleMethodOverride] - it gets no other
        given = self._reader.read(len(buffer))
        buffer[: len(given)] = given
        return len(given)
