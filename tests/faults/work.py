"""The jobs of the fault tests. Each notes in the journal what it does, for the checks that follow."""

import asyncio
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.faults.journal import Journal

Context = dict[str, Any]


def note(ctx: Context, event: str) -> None:
    journal: Journal = ctx["journal"]
    journal.note(event, ctx["job_id"], ctx["job_try"], ctx["fence"])


def ended(ctx: Context) -> str:
    """Notes the end and answers whose run this was."""
    note(ctx, "end")
    return f"{os.getpid()}:{ctx['fence']}"


def gate(journal: Journal, name: str) -> Path:
    """The file whose appearance lets `gated` jobs of that name end."""
    return journal.path.with_name(f"gate-{name}")


async def work(ctx: Context, seconds: float = 0.0, *, padding: str = "") -> str:  # noqa: ARG001 - makes it large
    """Takes its time without holding anybody up."""
    note(ctx, "start")
    await asyncio.sleep(seconds)
    return ended(ctx)


async def gated(ctx: Context, name: str) -> str:
    """Runs until the test opens the gate."""
    note(ctx, "start")
    try:
        while not gate(ctx["journal"], name).exists():  # noqa: ASYNC110 - another process opens it
            await asyncio.sleep(0.01)
    except asyncio.CancelledError:
        note(ctx, "cancelled")
        raise
    return ended(ctx)


async def telling(ctx: Context, name: str) -> str:
    """As `gated`, and says all the time how far it is."""
    note(ctx, "start")
    try:
        while not gate(ctx["journal"], name).exists():
            ctx["run"].progress(1, 2, f"fence {ctx['fence']}")
            await asyncio.sleep(0.01)
    except asyncio.CancelledError:
        note(ctx, "cancelled")
        raise
    return ended(ctx)


async def stubborn(ctx: Context, name: str) -> str:
    """As `gated`, and will not be stopped."""
    note(ctx, "start")
    while not gate(ctx["journal"], name).exists():
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0.01)
    return ended(ctx)


async def blocking(ctx: Context, seconds: float) -> str:
    """Blocks its event loop, on its first run only."""
    first = not ctx["journal"].entries("start", ctx["job_id"])
    note(ctx, "start")
    if first:
        time.sleep(seconds)  # noqa: ASYNC251 - the fault under test
    return ended(ctx)


async def deadly(ctx: Context) -> None:
    """Takes its whole process down, whenever it runs."""
    note(ctx, "start")
    os._exit(70)


FUNCTIONS = [work, gated, telling, stubborn, blocking, deadly]
