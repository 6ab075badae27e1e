"""Which worker processes are our neighbours, so that we can tell a dead one from one that is merely silent."""

import os
from typing import Any

from arqlight_core.process_identity import born, is_zombie, place


def is_dead(told: dict[str, Any]) -> bool:
    """Whether this worker, by its own account our neighbour, has ended: its pid is gone, or another's by now."""
    if not place() or told.get("place") != place():
        return False
    try:
        os.kill(told["pid"], 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    begun = born(told["pid"])
    return is_zombie(told["pid"]) or bool(begun and told.get("born") and begun != told["born"])
