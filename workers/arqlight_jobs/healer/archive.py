"""One archive: a tar.gz of files of a site and a dump of its database, encrypted when there are keys.

A site goes on living while it is archived. What has changed since it was read is archived once more, and the last copy
counts; what will not stand still is marked as unsettled.
"""

import gzip
import hashlib
import os
import tarfile
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO, cast

import msgspec

from arqlight_core.errors import ArqlightError
from arqlight_core.secrecy import Sealer, new_private
from arqlight_jobs.healer.dump_file import DumpFile
from arqlight_jobs.healer.manifest import CHUNK_BYTES, Entry, opened_file, walked
from arqlight_jobs.healer.sealed_stream import OpeningReader, SealingWriter

SITE, DATABASE = "site/", "database.sql"
"""Where in the archive the site's files are, and the dump."""

ROUNDS = 3
"""How often what changes is archived before it counts as unsettled."""

COMPRESSION = 5

_NS = 1_000_000_000
_BROKEN = (OSError, EOFError, ValueError, zlib.error, tarfile.TarError, ArqlightError)
"""What reading an archive raises that is not as it was written."""

Read = Callable[[int], None]
"""Told how many bytes were read; may raise to break off."""


@dataclass(frozen=True, slots=True)
class Archive:
    """A file with an archive in it, there or yet to be written."""

    path: Path
    sealer: Sealer | None = None

    @contextmanager
    def written(self, new: Callable[[Path], BinaryIO] = new_private) -> Generator[tarfile.TarFile]:
        """A new archive to add to; it is on the disk when the block ends, and not there when the block raises."""
        try:
            with new(self.path) as file:
                sealing = SealingWriter(file, self.sealer) if self.sealer else None
                target = cast("BinaryIO", sealing or file)
                with (
                    gzip.GzipFile("", "wb", COMPRESSION, target, mtime=0) as packed,
                    tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
                ):
                    yield tar
                if sealing:
                    sealing.finish()
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            self.path.unlink(missing_ok=True)
            raise

    def members(self) -> Iterator[tuple[tarfile.TarInfo, IO[bytes] | None]]:
        """What is in the archive, in order: each with its content, to be read before the next is asked for.

        Raises one of many errors when the archive is not as it was written.
        """
        with self.path.open("rb") as file:
            source = cast("BinaryIO", OpeningReader(file, self.sealer) if self.sealer else file)
            with gzip.GzipFile("", "rb", fileobj=source) as packed:
                with tarfile.open(fileobj=packed, mode="r|") as tar:
                    for member in tar:
                        yield member, tar.extractfile(member) if member.isfile() else None
                while packed.read(CHUNK_BYTES):  # its end holds a checksum
                    pass


@dataclass(slots=True)
class Packing:
    """Puts a site's files into an archive, and notes what it has put there."""

    root: Path
    tar: tarfile.TarFile
    read: Read
    entries: dict[str, Entry] = field(default_factory=dict[str, Entry])

    def pack(self, paths: tuple[str, ...]) -> tuple[str, ...]:
        """Archive what is at and below these paths. Answers what is unsettled. Raises OSError."""
        for _ in range(ROUNDS):
            stale = self._stale(paths)
            if not stale:
                return ()
            for entry in stale:
                self.entries[entry.path] = self._added(entry)
        return tuple(entry.path for entry in self._stale(paths))

    def add_dump(self, dump: DumpFile) -> str:
        """Archive the dump of the database; answers its SHA-256."""
        with dump.opened() as file:
            return self._stored(tarfile.TarInfo(DATABASE), file, dump.size)

    def _stale(self, paths: tuple[str, ...]) -> list[Entry]:
        """What is not in the archive as it is now; what is no longer there is forgotten."""
        now = {entry.path: entry for entry in walked(self.root, paths)}
        for gone in self.entries.keys() - now.keys():
            del self.entries[gone]
        return [entry for path, entry in now.items() if not _unchanged(self.entries.get(path), entry)]

    def _added(self, entry: Entry) -> Entry:
        if entry.unread or entry.kind == "other":
            return entry
        member = _member(entry)
        if entry.kind != "file":
            self.tar.addfile(member)
            return entry
        try:
            file = opened_file(self.root, entry.path)
        except OSError as problem:
            return msgspec.structs.replace(entry, unread=os.strerror(problem.errno or 0))
        with file:
            return msgspec.structs.replace(entry, sha256=self._stored(member, file, entry.size))

    def _stored(self, member: tarfile.TarInfo, file: BinaryIO, size: int) -> str:
        source = _Measured(file, self.read)
        member.size = size
        self.tar.addfile(member, cast("IO[bytes]", source))
        return source.sum.hexdigest()


class _Measured:
    """A file that is as long as it was said to be, whatever becomes of it: what was cut off is filled with zeros."""

    def __init__(self, file: BinaryIO, read: Read) -> None:
        self.sum = hashlib.sha256()
        self._file, self._read = file, read

    def read(self, count: int) -> bytes:
        found = self._file.read(count).ljust(count, b"\0")
        self.sum.update(found)
        self._read(count)
        return found


def problems_of(archive: Archive, entries: Mapping[str, Entry], dump: str, read: Read) -> list[str]:
    """What in an archive is not as the manifest has it, one sentence each; none is a verified archive."""
    expected = {f"{SITE}{path}": _seal(entry) for path, entry in entries.items() if is_archived(entry)}
    expected |= {DATABASE: ("file", dump)} if dump else {}
    try:
        found = {member.name: _found(member, content, read) for member, content in archive.members()}
    except _BROKEN as problem:
        return [f"The archive cannot be read: {type(problem).__name__}."]
    lost = sorted(name for name in expected if name not in found)
    changed = sorted(name for name in expected if name in found and found[name] != expected[name])
    return [*(f"{name} is missing." for name in lost), *(f"{name} is not as it was." for name in changed)]


def is_archived(entry: Entry) -> bool:
    """Whether the archive holds it."""
    return not entry.unread and entry.kind != "other"


def _seal(entry: Entry) -> tuple[str, ...]:
    if entry.kind == "file":
        return ("file", entry.sha256, f"{entry.mode:o}")
    return (entry.kind, entry.target, "" if entry.kind == "link" else f"{entry.mode:o}")


def _found(member: tarfile.TarInfo, content: IO[bytes] | None, read: Read) -> tuple[str, ...]:
    if content is None:
        kind = "folder" if member.isdir() else "link" if member.issym() else "other"
        return (kind, member.linkname, "" if kind == "link" else f"{member.mode:o}")
    sum_ = hashlib.sha256()
    while chunk := content.read(CHUNK_BYTES):
        sum_.update(chunk)
        read(len(chunk))
    told = ("file", sum_.hexdigest())
    return told if member.name == DATABASE else (*told, f"{member.mode:o}")


def _unchanged(archived: Entry | None, now: Entry) -> bool:
    if archived is None or (archived.kind, archived.mode, archived.target) != (now.kind, now.mode, now.target):
        return False
    return now.kind != "file" or (archived.size, archived.mtime_ns) == (now.size, now.mtime_ns)


def _member(entry: Entry) -> tarfile.TarInfo:
    member = tarfile.TarInfo(f"{SITE}{entry.path}")
    types = {"file": tarfile.REGTYPE, "folder": tarfile.DIRTYPE, "link": tarfile.SYMTYPE}
    member.type, member.mode, member.linkname = types[entry.kind], entry.mode, entry.target
    member.mtime = entry.mtime_ns // _NS
    return member
