"""Ends this process when the one that started it is gone: a room in a browser has nobody else to end it."""

import os
import signal
import threading
import time

_EVERY = 1.0
_GRACE = 2.0
"""Seconds to end in order."""


def end_with_parent() -> None:
    """Watch the parent process from a thread of its own; without it end, and kill the own process group if need be."""
    threading.Thread(target=_watch, args=(os.getppid(),), name="parent", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_EVERY)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE)
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
