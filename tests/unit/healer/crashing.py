"""A process that dies at its n-th change of the disk: from then on nothing that it would still do is done."""

import errno
import functools
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import pytest

CHANGES = ("rename", "replace", "mkdir", "symlink", "mkfifo", "unlink", "rmdir", "fsync", "fchmod", "chmod", "link")


class Died(BaseException):
    """The process is no more."""


class Clock:
    """Counts changes down; at 0 the process dies. None: it lives on."""

    def __init__(self, left: int | None) -> None:
        self.left = left
        self.seen = 0

    def tick(self) -> None:
        self.seen += 1
        if self.left is None:
            return
        if self.left <= 0:
            raise Died
        self.left -= 1


@contextmanager
def dying_after(changes: int | None, *, far: bool = False) -> Generator[Clock]:
    """What changes the disk in here is counted, and cut off after so many changes.

    With `far` what is moved out of a site or back goes to another file system.
    """
    clock = Clock(changes)
    with pytest.MonkeyPatch.context() as patch:
        if far:
            patch.setattr(os, "rename", _near_only(os.rename))
        for name in CHANGES:
            patch.setattr(os, name, _counted(getattr(os, name), clock))
        patch.setattr(os, "write", _torn(os.write, clock))
        patch.setattr(os, "open", _counted_when_new(os.open, clock))
        yield clock


def _counted(real: Callable[..., Any], clock: Clock) -> Callable[..., Any]:
    @functools.wraps(real)
    def counted(*args: Any, **named: Any) -> Any:
        clock.tick()
        return real(*args, **named)

    return counted


def _torn(real: Callable[[int, bytes], int], clock: Clock) -> Callable[[int, bytes], int]:
    """The last thing that is written is written in part."""

    def torn(file: int, content: bytes) -> int:
        if clock.left == 0:
            real(file, content[: len(content) // 2])
        clock.tick()
        return real(file, content)

    return torn


def _near_only(real: Callable[..., None]) -> Callable[..., None]:
    def near_only(source: Any, target: Any, **folders: int) -> None:
        if len(folders) == 1:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        real(source, target, **folders)

    return near_only


def _counted_when_new(real: Callable[..., int], clock: Clock) -> Callable[..., int]:
    @functools.wraps(real)
    def counted(path: Any, flags: int, *args: Any, **named: Any) -> int:
        if flags & (os.O_CREAT | os.O_TRUNC):
            clock.tick()
        return real(path, flags, *args, **named)

    return counted
