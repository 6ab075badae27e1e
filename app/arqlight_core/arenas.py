"""How a process with many threads asks the system for memory."""

import contextlib
import ctypes

_M_ARENA_MAX, _ARENAS = -8, 2


def share_arenas() -> None:
    """Have all threads allocate from two arenas; to be called before there are any.

    glibc gives each thread its own, up to eight a core (mallopt(3)). What is freed in one is of no use to the others,
    and a worker has some fifty threads, one for each open database connection: half of its heap lay idle so.
    """
    with contextlib.suppress(OSError, AttributeError):  # other C libraries have no arenas
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)
