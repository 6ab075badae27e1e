"""Which process is meant, for good: its pid with the moment it began and the machine, for pids are used again."""

import functools
from pathlib import Path

_STATE, _BORN = 0, 19
"""Where /proc/<pid>/stat has the state and the start (ticks since boot), counted behind the command; see proc(5)."""


@functools.cache
def place() -> str:
    """Names the machine's boot and the process-id space: only there does a pid mean what we think. Empty if unknown."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def born(pid: int) -> str:
    """When the process began: with its pid that names it, for pids are used again. Empty if unknown.

    Not psutil's moment on the wall clock: that moves when the clock is set, and would make the living look dead.
    """
    return _told_by_kernel(pid, _BORN)


def is_zombie(pid: int) -> bool:
    """Whether it has ended, and only its parent has not heard of it."""
    return _told_by_kernel(pid, _STATE) == "Z"


def _told_by_kernel(pid: int, place_in_line: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[place_in_line]
    except OSError:
        return ""
