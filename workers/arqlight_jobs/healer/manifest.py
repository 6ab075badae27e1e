"""What a site's folder holds, path by path: kind, permissions, and the content by its hash. Links are never followed.

Everything is read through open folders, part by part: a link that is put on the way meanwhile leads nowhere.
All of this works on the disk at once: call it in a thread.
"""

import errno
import hashlib
import json
import os
import stat
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Literal

import msgspec

Kind = Literal["file", "folder", "link", "other"]

CHUNK_BYTES = 1024 * 1024
DEEPEST = 100
"""Folders in folders; what lies deeper is noted as unread."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Entry(msgspec.Struct, frozen=True):
    """One path within a root, as it was found."""

    path: str
    """With `/` between its parts; bytes that are no UTF-8 stand in it as surrogates."""
    kind: Kind
    mode: int = 0
    """The permissions."""
    user: int = 0
    group: int = 0
    size: int = 0
    mtime_ns: int = 0
    sha256: str = ""
    """Of a file's content in hex; '' when it was not read."""
    target: str = ""
    """Where a link leads, as it is written in it."""
    unread: str = ""
    """Why it could not be read; '' when it could."""

    @property
    def identity(self) -> tuple[str, ...]:
        """What has to be the same for it to be the same: not its time, nor its owner, whom we cannot always set."""
        mode = "" if self.kind == "link" else f"{self.mode:o}"
        return (self.path, self.kind, mode, self.sha256, self.target, self.unread)


class Difference(msgspec.Struct, frozen=True):
    """One path that is not as it was."""

    path: str
    what: Literal["missing", "new", "kind", "content", "mode", "link"]


Manifest = Mapping[str, Entry]
"""Entries by path, parents before what is in them."""


def manifest_of(
    root: Path, paths: Iterable[str] = ("",), read: Callable[[int], None] | None = None
) -> dict[str, Entry]:
    """All entries at and below these paths ('' is the whole root, itself left out), each content hashed.

    A path that is not there has no entry. `read` is told the bytes that were read. Raises OSError when the root itself
    cannot be read.
    """
    return {entry.path: _hashed(root, entry, read) for entry in walked(root, paths)}


def walked(root: Path, paths: Iterable[str] = ("",)) -> Iterator[Entry]:
    """All entries at and below these paths, each once, without their hashes. Raises OSError as `manifest_of` does."""
    with opened_folder(root) as folder, os.scandir(folder):
        pass
    seen: set[str] = set()
    for path in sorted(paths):
        for entry in _at(root, path):
            if entry.path not in seen:
                seen.add(entry.path)
                yield entry


def digest_of(manifest: Manifest) -> str:
    """The same for two manifests exactly when nothing differs between them."""
    identities = [manifest[path].identity for path in sorted(manifest)]
    return hashlib.sha256(json.dumps(identities).encode()).hexdigest()


def differences(before: Manifest, after: Manifest) -> list[Difference]:
    """What is not as it was, by path."""
    changed = [_difference(before.get(path), after.get(path)) for path in sorted({*before, *after})]
    return [one for one in changed if one]


def told(manifest: Manifest) -> bytes:
    """The manifest as JSON, odd file names included."""
    return json.dumps(msgspec.to_builtins(list(manifest.values()))).encode()


def heard(content: bytes) -> dict[str, Entry]:
    """The manifest again. Raises ValueError for what is none."""
    return {entry.path: entry for entry in msgspec.convert(json.loads(content), list[Entry])}


# ------------------------------------------------------------------ reading within a root


@contextmanager
def opened_folder(root: Path, path: str = "") -> Generator[int]:
    """A descriptor of a folder within the root, reached without following a link. Raises OSError.

    The root must be the real one: a link in its place is refused, too.
    """
    folder = os.open(root, _FOLDER)
    try:
        for part in _within(path).parts:
            inner = os.open(part, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = inner
        yield folder
    finally:
        os.close(folder)


def opened_file(root: Path, path: str) -> BinaryIO:
    """A plain file within the root, open for reading, reached without following a link. Raises OSError."""
    pure = _within(path)
    with opened_folder(root, str(pure.parent)) as folder:
        file = os.fdopen(os.open(pure.name, _FILE, dir_fd=folder), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "is no plain file")
    return file


def entry_at(root: Path, path: str) -> Entry | None:
    """What is at the path now, not hashed; None when nothing is, or a link stands on the way."""
    try:
        pure = _within(path)
        with opened_folder(root, str(pure.parent)) as folder:
            return _entry(folder, pure.name, path)
    except OSError:
        return None


def _within(path: str) -> PurePosixPath:
    """The path; one that leaves the root is not there."""
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or "\0" in path:
        raise FileNotFoundError(errno.ENOENT, "leads out of the root")
    return pure


def _at(root: Path, path: str) -> Iterator[Entry]:
    try:
        pure = _within(path)
        with opened_folder(root, str(pure.parent)) as folder:
            if path:
                yield from _below(folder, pure.name, path)
            else:
                yield from _inside(folder, "")
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as problem:
        yield Entry(path, "other", unread=_told(problem))


def _below(folder: int, name: str, path: str) -> Iterator[Entry]:
    entry = _entry(folder, name, path)
    if entry is None:
        return
    if entry.kind != "folder":
        yield entry
        return
    if path.count("/") >= DEEPEST:
        yield msgspec.structs.replace(entry, unread="lies too deep")
        return
    try:
        inner = os.open(name, _FOLDER, dir_fd=folder)
    except OSError as problem:
        yield msgspec.structs.replace(entry, unread=_told(problem))
        return
    try:
        yield entry
        yield from _inside(inner, f"{path}/")
    finally:
        os.close(inner)


def _inside(folder: int, before: str) -> Iterator[Entry]:
    for name in sorted(os.listdir(folder)):
        yield from _below(folder, name, f"{before}{name}")


def _entry(folder: int, name: str, path: str) -> Entry | None:
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        target = os.readlink(name, dir_fd=folder) if stat.S_ISLNK(found.st_mode) else ""
    except FileNotFoundError:
        return None
    except OSError as problem:
        return Entry(path, "other", unread=_told(problem))
    kind = _kind(found.st_mode)
    size = found.st_size if kind == "file" else 0
    return Entry(
        path=path,
        kind=kind,
        mode=stat.S_IMODE(found.st_mode),
        user=found.st_uid,
        group=found.st_gid,
        size=size,
        mtime_ns=found.st_mtime_ns,
        target=target,
    )


def _kind(mode: int) -> Kind:
    plain: Kind = "file" if stat.S_ISREG(mode) else "other"
    return "folder" if stat.S_ISDIR(mode) else "link" if stat.S_ISLNK(mode) else plain


def _hashed(root: Path, entry: Entry, read: Callable[[int], None] | None) -> Entry:
    if entry.kind != "file":
        return entry
    sum_ = hashlib.sha256()
    try:
        with opened_file(root, entry.path) as file:
            while chunk := file.read(CHUNK_BYTES):
                sum_.update(chunk)
                if read:
                    read(len(chunk))
    except OSError as problem:
        return msgspec.structs.replace(entry, unread=_told(problem))
    return msgspec.structs.replace(entry, sha256=sum_.hexdigest())


def _told(problem: OSError) -> str:
    return os.strerror(problem.errno) if problem.errno else type(problem).__name__


def _difference(before: Entry | None, after: Entry | None) -> Difference | None:
    if before is None or after is None:
        present = before or after
        return present and Difference(present.path, "missing" if before else "new")
    if before.identity == after.identity:
        return None
    if before.kind != after.kind:
        return Difference(before.path, "kind")
    if before.target != after.target:
        return Difference(before.path, "link")
    return Difference(before.path, "mode" if before.sha256 == after.sha256 else "content")
