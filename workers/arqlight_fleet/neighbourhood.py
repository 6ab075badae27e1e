"""Which worker processes are our neighbours, so that we can tell a dead one from one that is merely silent."""

import functools
import os
from pathlib import Path
from typing import Any


@functools.cache
def place() -> str:
    """Names the machine's boot and the process-id space: only there does a pid mean what we think. Empty if unknown."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def is_dead(told: dict[str, Any]) -> bool:
    """Whether this worker, by its own account our neighbour, has ended. A pid in use again counts as alive."""
    if not place() or told.get("place") != place():
        return False
    try:
        os.kill(told["pid"], 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return _is_zombie(told["pid"])


def _is_zombie(pid: int) -> bool:
    """Dead, and not yet waited for by its parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].startswith("Z")
    except OSError:
        return False
