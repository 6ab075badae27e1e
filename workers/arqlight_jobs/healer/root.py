"""A site's real folder, held open: every change of a file goes through here, and none leaves it.

A path's links are resolved and must end inside; then it is walked folder by folder, each opened without following a
link, so that one that is put on the way meanwhile is refused, too. Names are changed within the open folder.
Everything works on the disk at once: call it in a thread.
"""

import errno
import os
import shutil
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from arqlight_core.errors import UsageError

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
PRIVATE = 0o600
LARGEST_READ = 8 * 1024 * 1024
"""Bytes: nothing that a playbook rewrites is larger."""


class PathRefused(UsageError):
    """A path leads out of the site's folder, or is no path within it."""


@dataclass(frozen=True, slots=True)
class Found:
    """What stands at a path: enough to give a file its permissions, owner and time back."""

    kind: int
    """Its type, as in a mode."""
    mode: int
    """Its permissions."""
    names: int
    """How many names it has."""
    user: int
    group: int
    modified_ns: int
    size: int

    @property
    def is_file(self) -> bool:
        """Whether it is a plain file."""
        return stat.S_ISREG(self.kind)

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder, not a link to one."""
        return stat.S_ISDIR(self.kind)

    @property
    def is_link(self) -> bool:
        """Whether it is a link."""
        return stat.S_ISLNK(self.kind)


@dataclass(frozen=True, slots=True)
class Place:
    """A name in a folder that is held open."""

    folder: int
    name: str

    def beside(self, name: str) -> "Place":
        """Another name in the same folder."""
        return Place(self.folder, name)

    def found(self) -> Found | None:
        """What is there; a link itself, not where it leads."""
        try:
            told = os.stat(self.name, dir_fd=self.folder, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return found_of(told)

    def of_folder(self) -> Found:
        """The folder that it is in: whose owner a new file is to have."""
        return found_of(os.fstat(self.folder))

    def read(self) -> bytes:
        """A plain file's content. Raises OSError, also for what is no plain file, or larger than what we change."""
        with os.fdopen(os.open(self.name, _FILE, dir_fd=self.folder), "rb") as file:
            told = os.fstat(file.fileno())
            if not stat.S_ISREG(told.st_mode):
                raise OSError(errno.EINVAL, "is no plain file", self.name)
            if told.st_size > LARGEST_READ:
                raise OSError(errno.EFBIG, f"is larger than {LARGEST_READ} bytes", self.name)
            return file.read()

    def write(self, content: bytes, like: Found | int, draft: str, *, dated: bool = False) -> None:
        """Put a file there, whole or not at all, with permissions and owner as `like` has them, or these permissions.

        `draft` is its name in between. With `dated` it also has the time of `like`.
        """
        between = self.beside(draft)
        between.remove()
        with os.fdopen(os.open(draft, _NEW, PRIVATE, dir_fd=self.folder), "wb") as file:
            file.write(content)
            file.flush()
            dress(file.fileno(), like)
            if isinstance(like, Found) and dated:
                os.utime(file.fileno(), ns=(like.modified_ns, like.modified_ns))
            os.fsync(file.fileno())
        between.move(self)

    def set_mode(self, mode: int) -> None:
        """Change a file's or folder's permissions. Raises PathRefused for a file that has names elsewhere, too."""
        opened = os.open(self.name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self.folder)
        try:
            was = found_of(os.fstat(opened))
            if was.is_link:
                raise PathRefused(f"{self.name} is a link; permissions are those of what it leads to.")
            if was.is_file and was.names > 1:
                raise PathRefused(f"{self.name} is one file with another that may lie elsewhere; make it a copy.")
            Path(f"/proc/self/fd/{opened}").chmod(mode)  # this very file, whatever has its name by now
        finally:
            os.close(opened)

    def move(self, to: "Place") -> None:
        """Give it another name or folder on the same file system, at once; what stood there is replaced."""
        os.rename(self.name, to.name, src_dir_fd=self.folder, dst_dir_fd=to.folder)
        os.fsync(to.folder)
        os.fsync(self.folder)

    def remove(self) -> None:
        """Remove what is there, with all that is in it, following no link: only for what is kept elsewhere."""
        found = self.found()
        if found is None:
            return
        if found.is_folder:
            shutil.rmtree(self.name, dir_fd=self.folder)
        else:
            os.unlink(self.name, dir_fd=self.folder)
        os.fsync(self.folder)


@dataclass(frozen=True, slots=True)
class Root:
    """A folder held open. Paths are relative, with `/` between their parts."""

    path: Path
    folder: int

    @contextmanager
    def place(self, path: str, *, through: bool = False) -> Generator[Place]:
        """The place of a path. With `through`, a link at its end is resolved, too.

        Raises PathRefused for what leads out, and OSError when a folder on the way is not there.
        """
        real = self._inside(path, through=through)
        folder = self._walked(real)
        try:
            yield Place(folder, real.name)
        finally:
            os.close(folder)

    def found(self, path: str, *, through: bool = False) -> Found | None:
        """What stands at a path; None also when its folder is missing. Raises PathRefused."""
        try:
            with self.place(path, through=through) as place:
                return place.found()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def real(self, path: str, *, through: bool = False) -> str:
        """The path without links on it. Raises PathRefused."""
        return str(self._inside(path, through=through))

    def _inside(self, path: str, *, through: bool) -> PurePosixPath:
        told = PurePosixPath(path)
        if not told.parts or told.is_absolute() or ".." in told.parts or "\0" in path:
            raise PathRefused(f"{path!r} is no path within the site's folder.")
        given = self.path.joinpath(*told.parts)
        real = Path(os.path.realpath(given)) if through else Path(os.path.realpath(given.parent)) / given.name
        if real == self.path or not real.is_relative_to(self.path):
            raise PathRefused(f"{path} is a link out of the site's folder, or lies behind one; it is left alone.")
        return PurePosixPath(real.relative_to(self.path).as_posix())

    def _walked(self, real: PurePosixPath) -> int:
        """The open folder that the path is in."""
        folder = os.dup(self.folder)
        try:
            for part in real.parent.parts:
                inner = os.open(part, FOLDER, dir_fd=folder)
                os.close(folder)
                folder = inner
        except OSError as problem:
            os.close(folder)
            if problem.errno in (errno.ELOOP, errno.ENOTDIR) and Path(os.path.realpath(self.path / real)) != (
                self.path / real
            ):
                raise PathRefused(f"A link was put on the way to {real}; it is left alone.") from None
            raise
        return folder


@contextmanager
def held(real: Path) -> Generator[Root]:
    """The folder held open for changes; its path must have no links on it, as `registration.open_root` gives it."""
    folder = os.open(real, FOLDER)
    try:
        yield Root(real, folder)
    finally:
        os.close(folder)


def found_of(told: os.stat_result) -> Found:
    """What the system says of a file."""
    return Found(
        kind=stat.S_IFMT(told.st_mode),
        mode=stat.S_IMODE(told.st_mode),
        names=told.st_nlink,
        user=told.st_uid,
        group=told.st_gid,
        modified_ns=told.st_mtime_ns,
        size=told.st_size,
    )


def dress(file: int, like: Found | int) -> None:
    """Give an open file these permissions, or the permissions and, as far as we may, the owner that another has."""
    if isinstance(like, int):
        os.fchmod(file, like)
        return
    for user, group in ((like.user, -1), (-1, like.group)):
        with suppress(PermissionError):
            os.fchown(file, user, group)
    os.fchmod(file, like.mode)
