"""How a process asks the system for memory, and gives it back. Other C libraries than glibc do both by themselves."""

import contextlib
import ctypes

_M_ARENA_MAX, _ARENAS = -8, 2

GIVE_BACK_EVERY = 60.0
"""Seconds."""


def share_arenas() -> None:
    """Have all threads allocate from two arenas; to be called before there are any.

    glibc gives each thread its own, up to eight a core (mallopt(3)). What is freed in one is of no use to the others,
    and a worker has some fifty threads, one for each open database connection: half of its heap lay idle so.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)


def give_back() -> None:
    """Return to the system what is free in the midst of the heap (malloc_trim(3)): some milliseconds' work.

    Loading modules leaves some eight megabytes so, and reading much at once as much again.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
