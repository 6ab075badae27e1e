"""What the control room costs and how soon it answers, on a real terminal with 28 queues and a million jobs.

    uv run python -m tests.bench.screen [--jobs 1000000] [--seconds 10] [--json]

Each line has the figure beside its goal. A machine that does other work makes times longer; the exit status is 1 when
a figure is more than twice its goal.
"""

import argparse
import asyncio
import compileall
import os
import signal
import statistics
import sys
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import msgspec

from arqlight_core.clock import monotonic
from arqlight_core.store.declarations import publish
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from tests.bench.bulk import fill
from tests.bench.screen_fleet import QUEUES, feed, serve
from tests.bench.terminal import Terminal

PROGRAM = "import sys; from arqlight import tui; sys.exit(tui.run(lambda: sys.argv[1], actor='bench'))"
BIG = QUEUES[0].name
DOWN, PAGE_DOWN, ESCAPE, ENTER = b"j", b"\x1b[6~", b"\x1b", b"\r"


class Figure(msgspec.Struct):
    """One measurement and what it should be at most."""

    name: str
    value: float
    goal: float
    unit: str

    @property
    def is_far_off(self) -> bool:
        """Whether no noise explains it."""
        return self.value > 2 * self.goal

    def __str__(self) -> str:
        mark = "✓" if self.value <= self.goal else "✗" if self.is_far_off else "~"
        return f"{mark} {self.name:52} {self.value:9.2f} {self.unit:8} goal ≤ {self.goal:g}"


@contextmanager
def room(url: str) -> Generator[Terminal]:
    """The control room on a terminal of 120 by 40, once it shows the queues."""
    terminal = Terminal([sys.executable, "-c", PROGRAM, url])
    try:
        terminal.until(BIG.encode())
        terminal.listen(1.0)
        yield terminal
    finally:
        terminal.close()


def first_paint(url: str) -> Figure:
    """Median of seven starts, each until the first frame stands."""
    took: list[float] = []
    for _ in range(7):
        terminal = Terminal([sys.executable, "-c", PROGRAM, url])
        took.append(terminal.until(b"opening the control room"))
        terminal.close()
    return Figure("start to first paint", statistics.median(took), 0.45, "s")


def cost(terminal: Terminal, seconds: float) -> tuple[float, float]:
    """Percent of a core, and kB a second written."""
    began, before = monotonic(), terminal.cpu()
    written = terminal.listen(seconds)
    return (terminal.cpu() - before) / (monotonic() - began) * 100, written / 1000


async def a_look(store: Store, seconds: float) -> tuple[float, float]:
    """Commands that the room sends for one look at the fleet, and for how long (ms) the server runs its scripts."""
    raw: Any = store._client  # pyright: ignore[reportPrivateUsage] - it measures
    heard, before = list[str](), await worked(store)
    async with raw.monitor() as monitor:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                async for command in monitor.listen():
                    if command["client_type"] != "lua":
                        heard.append(command["command"])
    looks = sum(command.startswith("HGETALL arqlight:queues") for command in heard) or 1
    return len(heard) / looks, (await worked(store) - before) / looks


async def worked(store: Store) -> float:
    """How long the server has run scripts altogether (ms)."""
    raw: Any = store._client  # pyright: ignore[reportPrivateUsage] - it measures
    stats: dict[str, dict[str, Any]] = await raw.info("commandstats")
    return sum(float(one["usec"]) for name, one in stats.items() if name.startswith("cmdstat_evalsha")) / 1000


def latencies(terminal: Terminal, keys: list[bytes], which: Callable[[tuple[float, float]], float]) -> float:
    """The 95th percentile (ms) over these keys."""
    took = sorted(which(terminal.press(key)) * 1000 for key in keys)
    return took[min(len(took) - 1, int(len(took) * 0.95))]


def first(told: tuple[float, float]) -> float:
    """Until the answer begins."""
    return told[0]


def settled(told: tuple[float, float]) -> float:
    """Until all of the answer stands."""
    return told[1]


def keys(terminal: Terminal) -> list[Figure]:
    """How soon keys are answered with a million jobs in the open queue."""
    terminal.press(b"g")
    terminal.press(ENTER)
    terminal.listen(1.0)
    return [
        Figure("cursor, p95, a million jobs", latencies(terminal, [DOWN] * 60, first), 12, "ms"),
        Figure("page, p95", latencies(terminal, [PAGE_DOWN] * 20, settled), 40, "ms"),
        Figure("jump, p95", latencies(terminal, [b"G", b"g"] * 8, settled), 40, "ms"),
        Figure("Escape, p95", latencies_of_escape(terminal), 40, "ms"),
        Figure("view switch, p95", latencies(terminal, [b"3", b"1", b"5", b"2"] * 5, settled), 80, "ms"),
    ]


def latencies_of_escape(terminal: Terminal) -> float:
    """From a queue back to the overview, until the answer begins."""
    took: list[float] = []
    for _ in range(10):
        terminal.press(ENTER)
        took.append(terminal.press(ESCAPE)[0] * 1000)
    return max(took)


async def measure(url: str, jobs: int, seconds: float) -> list[Figure]:
    store = Store(url)
    raw: Any = store._client  # pyright: ignore[reportPrivateUsage] - it fills
    await publish(store, list(QUEUES))
    figures = [await asyncio.to_thread(first_paint, url)]
    context = get_context("spawn")
    fleet = context.Process(target=serve, args=(url,), daemon=True)
    fleet.start()
    while not await store.workers():  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.1)
    feeding = asyncio.create_task(feed(store))
    await asyncio.sleep(seconds)  # some minutes' worth of counters would be better; seconds must do
    with room(url) as terminal:
        busy, written = await asyncio.to_thread(cost, terminal, seconds)
        figures += [
            Figure("overview of 28 busy queues: processor", busy, 5, "% core"),
            Figure("   written", written, 100, "kB/s"),
        ]
        feeding.cancel()
        fleet.terminate()
        await asyncio.to_thread(fleet.join, 30)
        await asyncio.to_thread(terminal.listen, 6.0)
        quiet, _ = await asyncio.to_thread(cost, terminal, seconds)
        listening = asyncio.create_task(asyncio.to_thread(terminal.listen, seconds + 1))
        commands, server_ms = await a_look(store, seconds)
        await listening
        figures += [
            Figure("   nothing changes: processor", quiet, 1, "% core"),
            Figure("   commands a look", commands, 30, ""),
            Figure("   server time a look", server_ms, 1, "ms"),
        ]
        await fill(raw, QueueKeys.declared(BIG), "waiting", jobs)
        figures += await asyncio.to_thread(keys, terminal)
        figures.append(Figure("memory", terminal.memory(), 70, "MB"))
    await store.close()
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--jobs", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=10.0, help="how long each cost is measured")
    parser.add_argument("--json", action="store_true")
    asked_for = parser.parse_args()
    for root in ("app", "screens"):
        compileall.compile_dir(root, quiet=1)
    with tempfile.TemporaryDirectory(prefix="aq") as folder:
        os.environ["XDG_STATE_HOME"] = folder
        server = EmbeddedServer.of(Path(folder))
        server.ensure()
        try:
            figures = asyncio.run(measure(f"unix://{server.socket}", asked_for.jobs, asked_for.seconds))
        finally:
            server.stop()
    lines = [msgspec.json.encode(figures).decode()] if asked_for.json else [str(one) for one in figures]
    sys.stdout.write("\n".join(lines) + "\n")
    return int(any(one.is_far_off for one in figures))


if __name__ == "__main__":
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    sys.exit(main())
