"""A file or folder of a site packed into one compressed file, and put back as it was: content, permissions, names.

What is unpacked was packed here, under a private name; still, nothing of it is written but through open folders.
Everything works on the disk at once: call it in a thread.
"""

import errno
import gzip
import os
import stat
import tarfile
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, Literal, cast

from arqlight_core.secrecy import Sealer, new_private
from arqlight_jobs.healer.root import FOLDER, Place
from arqlight_jobs.healer.sealed_stream import OpeningReader, SealingWriter

TOP = "it"
"""The name of what was packed, within the archive; what is in it follows as `it/…`."""

COMPRESSION = 1
"""Fast: what is packed is mostly text, and a site is waiting."""

DEEPEST = 100
"""Folders in folders."""

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_PRIVATE, _PRIVATE_FOLDER = 0o600, 0o700
_CHUNK_BYTES = 1024 * 1024


Check = Callable[[], None]
"""Called now and then; raises what ends the work when nobody waits for it any more."""


def unchecked() -> None:
    """For who waits to the end."""


class NotPackable(OSError):
    """It has no content that could be kept, as a socket or a device, or lies too deep."""


def pack(place: Place, target: Path, sealer: Sealer | None = None, check: Check = unchecked) -> None:
    """Pack what is there into `target`, whole or not at all; encrypted with a sealer. Raises OSError."""
    draft = target.with_name(f"{target.name}.part")
    draft.unlink(missing_ok=True)
    try:
        with new_private(draft) as file:
            sealing = SealingWriter(file, sealer) if sealer else None
            into = cast("BinaryIO", sealing or file)
            with gzip.GzipFile(TOP, "wb", COMPRESSION, into) as smaller, _tar(smaller, "w|") as archive:
                _add(archive, place, TOP, check)
            if sealing:
                sealing.finish()
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def unpack(source: Path, place: Place, sealer: Sealer | None = None, check: Check = unchecked) -> None:
    """Put back what was packed, at a place where nothing is. Raises OSError, and ArqlightError when no key opens it."""
    try:
        folders = _unpacked(source, place, sealer, check)
    except (tarfile.TarError, zlib.error, EOFError) as problem:
        raise OSError(errno.EIO, "what was packed cannot be read again", place.name) from problem
    for member in reversed(folders):  # a folder's permissions may forbid what was to be put into it
        with _spot(place, member.name) as spot, _opened(spot) as folder:
            _dress(folder, member)
    os.fsync(place.folder)


def _unpacked(source: Path, place: Place, sealer: Sealer | None, check: Check) -> list[tarfile.TarInfo]:
    """Make all that was packed. Answers its folders, which have no permissions of their own yet."""
    folders: list[tarfile.TarInfo] = []
    with source.open("rb") as file:
        plain = cast("BinaryIO", OpeningReader(file, sealer) if sealer else file)
        with gzip.GzipFile(TOP, "rb", fileobj=plain) as whole, _tar(whole, "r|") as archive:
            for member in archive:
                check()
                with _spot(place, member.name) as spot:
                    _make(archive, member, spot)
                folders += [member] if member.isdir() else []
    return folders


def _tar(stream: gzip.GzipFile, mode: Literal["w|", "r|"]) -> tarfile.TarFile:
    return tarfile.open(
        fileobj=cast("BinaryIO", stream),
        mode=mode,
        format=tarfile.PAX_FORMAT,
        encoding="utf-8",
        errors="surrogateescape",
    )


# ------------------------------------------------------------------ packing


def _add(archive: tarfile.TarFile, place: Place, name: str, check: Check) -> None:
    check()
    if name.count("/") > DEEPEST:
        raise NotPackable(f"{place.name} lies in more than {DEEPEST} folders.")
    told = os.stat(place.name, dir_fd=place.folder, follow_symlinks=False)
    if stat.S_ISREG(told.st_mode):
        with os.fdopen(os.open(place.name, _READ, dir_fd=place.folder), "rb") as file:
            _add_file(archive, name, file)
        return
    info = _info(name, told)
    if stat.S_ISLNK(told.st_mode):
        info.type, info.linkname = tarfile.SYMTYPE, os.readlink(place.name, dir_fd=place.folder)
    elif stat.S_ISDIR(told.st_mode):
        info.type = tarfile.DIRTYPE
    elif stat.S_ISFIFO(told.st_mode):
        info.type = tarfile.FIFOTYPE
    else:
        raise NotPackable(f"{place.name} is a socket or a device, and cannot be kept.")
    archive.addfile(info)
    if info.isdir():
        with _opened(place) as folder:
            for inner in sorted(os.listdir(folder)):  # noqa: PTH208 - of an open folder
                _add(archive, Place(folder, inner), f"{name}/{inner}", check)


def _add_file(archive: tarfile.TarFile, name: str, file: IO[bytes]) -> None:
    told = os.fstat(file.fileno())
    info = _info(name, told)
    info.size = told.st_size
    archive.addfile(info, file)


def _info(name: str, told: os.stat_result) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.mode = stat.S_IMODE(told.st_mode)
    info.uid, info.gid = told.st_uid, told.st_gid
    info.mtime = told.st_mtime
    return info


# ------------------------------------------------------------------ unpacking


def _make(archive: tarfile.TarFile, member: tarfile.TarInfo, spot: Place) -> None:
    if member.isdir():
        os.mkdir(spot.name, _PRIVATE_FOLDER, dir_fd=spot.folder)
    elif member.issym():
        os.symlink(member.linkname, spot.name, dir_fd=spot.folder)
        _own_link(spot, member)
    elif member.isfifo():
        os.mkfifo(spot.name, member.mode, dir_fd=spot.folder)
    else:
        _make_file(archive, member, spot)


def _make_file(archive: tarfile.TarFile, member: tarfile.TarInfo, spot: Place) -> None:
    content = archive.extractfile(member)
    if content is None:
        raise NotPackable(f"{member.name} holds nothing that can be put back.")
    with os.fdopen(os.open(spot.name, _NEW, _PRIVATE, dir_fd=spot.folder), "wb") as file:
        while chunk := content.read(_CHUNK_BYTES):
            file.write(chunk)
        file.flush()
        _dress(file.fileno(), member)
        os.fsync(file.fileno())


@contextmanager
def _spot(place: Place, name: str) -> Generator[Place]:
    """Where a member belongs: the place itself for the top, else a name in an open folder below it."""
    inner = PurePosixPath(name).parts[1:]
    folder = os.dup(place.folder)
    try:
        for part in _folders(place.name, inner):
            deeper = os.open(part, FOLDER, dir_fd=folder)
            os.close(folder)
            folder = deeper
        yield Place(folder, inner[-1] if inner else place.name)
    finally:
        os.close(folder)


def _folders(top: str, inner: tuple[str, ...]) -> Iterator[str]:
    if inner:
        yield top
        yield from inner[:-1]


@contextmanager
def _opened(place: Place) -> Generator[int]:
    folder = os.open(place.name, FOLDER, dir_fd=place.folder)
    try:
        yield folder
    finally:
        os.close(folder)


def _dress(opened: int, member: tarfile.TarInfo) -> None:
    for user, group in ((member.uid, -1), (-1, member.gid)):
        with suppress(PermissionError):
            os.fchown(opened, user, group)
    os.fchmod(opened, member.mode)
    os.utime(opened, (member.mtime, member.mtime))


def _own_link(spot: Place, member: tarfile.TarInfo) -> None:
    for user, group in ((member.uid, -1), (-1, member.gid)):
        with suppress(PermissionError):
            os.chown(spot.name, user, group, dir_fd=spot.folder, follow_symlinks=False)
