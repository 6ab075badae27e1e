"""One worker of a mixed fleet: `python -m tests.faults.mixed_worker stock|fleet SOCKET JOURNAL`, the same functions."""

import asyncio
import sys
from pathlib import Path
from typing import Any

from arq import Retry
from arq.connections import RedisSettings
from arq.worker import Worker

from arqlight_fleet.worker import FleetWorker
from tests.faults.journal import Journal
from tests.faults.work import Context

KINDS: dict[str, type[Worker]] = {"stock": Worker, "fleet": FleetWorker}


def note(ctx: Context, event: str) -> None:
    ctx["journal"].note(event, ctx["job_id"], ctx["job_try"], ctx.get("fence", 0))


async def adds(ctx: Context, one: int, other: int) -> int:
    """Returns something."""
    note(ctx, "start")
    await asyncio.sleep(0.005)
    return one + other


async def breaks(ctx: Context, word: str) -> None:
    """Raises something."""
    note(ctx, "start")
    raise ValueError(word)


async def asks_again(ctx: Context) -> int:
    """Succeeds with its third attempt."""
    note(ctx, "start")
    if ctx["job_try"] < 3:
        raise Retry(defer=0.05)
    return ctx["job_try"]


async def ready(ctx: dict[Any, Any]) -> None:
    ctx["journal"].note("ready")


if __name__ == "__main__":
    kind, socket, journal = sys.argv[1:]
    KINDS[kind](
        functions=[adds, breaks, asks_again],  # pyright: ignore[reportArgumentType] - arq's own annotation is too narrow
        redis_settings=RedisSettings(unix_socket_path=socket),
        on_startup=ready,
        poll_delay=0.05,
        max_jobs=4,
        ctx={"journal": Journal(Path(journal))},
    ).run()
