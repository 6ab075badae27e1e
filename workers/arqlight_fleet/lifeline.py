"""Between a worker process and its supervisor: one socket, on which the worker says that it is up.

When the supervisor is gone, however it went, the socket ends: a worker left alone drains instead of working for ever.
"""

import asyncio
import os
import socket
from collections.abc import Callable

from arqlight_fleet.worker import FleetWorker

VARIABLE = "ARQLIGHT_LIFELINE"
"""Names the inherited socket by its descriptor."""

UP = b"up\n"


def pair() -> tuple[socket.socket, socket.socket]:
    """The supervisor's end and the worker's, which alone is inherited."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)  # noqa: FBT003 - the socket's own way
    return ours, theirs


async def hold(worker: FleetWorker, on_orphaned: Callable[[], None]) -> None:
    """Say when the worker is up, and call `on_orphaned` when the supervisor is gone; without one this ends at once."""
    number = os.environ.pop(VARIABLE, "")  # a worker's own children are none of the supervisor's
    if not number.isdecimal():
        return
    with socket.socket(fileno=int(number)) as line:
        line.set_inheritable(False)
        line.setblocking(False)  # noqa: FBT003 - the socket's own way
        await _hold(line, worker)
    on_orphaned()


async def _hold(line: socket.socket, worker: FleetWorker) -> None:
    loop = asyncio.get_running_loop()
    up = asyncio.create_task(worker.up.wait())
    up.add_done_callback(lambda task: None if task.cancelled() else _say_up(line))
    try:
        while await loop.sock_recv(line, 16):
            continue
    except ConnectionError:
        return
    finally:
        up.cancel()


def _say_up(line: socket.socket) -> None:
    try:
        line.send(UP)
    except OSError:
        return  # its end will be heard
