"""What operations on a million jobs do to the server and to the work beside them.

    uv run python -m tests.bench.bulk [--jobs 1000000] [--dead 200000] [--json]

Two fleet processes run a busy queue all the while. Then: purge of `--jobs` waiting jobs, undo, retry of `--dead` dead
ones, each carried out by the fleet. Measured: commands above 5 ms (the server's slow log), how long another client
waits for a PING, and the busy queue's rate during each operation beside the mean of before and after. Where the system
lets us, the server runs ahead of everybody else, so that the slow log tells what a command took and not how long the
server waited for a core; a machine's own pauses remain, and show in commands of a single key. The exit status is 1 when
more than one in a hundred of an operation's own steps took above 5 ms, or the busy rate fell by more than a fifth.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from importlib.resources import files
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import msgspec

from arqlight_core.clock import monotonic, now_ms
from arqlight_core.codec import Envelope, encode_job
from arqlight_core.jobs import State
from arqlight_core.operations import pause, purge, retry, undo
from arqlight_core.operations.carrying import LARGEST
from arqlight_core.operations.registry import Report
from arqlight_core.selection import Selection
from arqlight_core.store import scripts
from arqlight_core.store.declarations import publish
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts import script
from tests.bench.bulk_fleet import BUSY, IDLE, serve

SLOW_US = 5000
PROCESSES = 2
CHUNK = 2000
BUSY_JOBS = 10_000


class Measured(msgspec.Struct):
    """One operation; rates in jobs a second, pings in ms."""

    operation: str
    jobs: int
    seconds: float
    busy_before: float
    busy_during: float
    slow: dict[str, int]
    """Commands that took above 5 ms, by name."""
    slowest_ms: float
    ping_p99_ms: float
    ping_max_ms: float

    @property
    def kept(self) -> float:
        """The share of the busy rate that was left."""
        return self.busy_during / self.busy_before

    @property
    def is_too_much(self) -> bool:
        """Whether it held the server or the work beside it up."""
        own = self.slow.get({"retry": "revive"}.get(self.operation, self.operation), 0)
        return own > self.jobs / LARGEST / 100 or self.kept < 0.8

    @property
    def line(self) -> str:
        return (
            f"{self.operation:6} {self.jobs:>9,} jobs {self.seconds:6.1f} s {self.jobs / self.seconds:>8,.0f}/s   "
            f"busy queue {self.kept:5.0%}   above 5 ms: {self.slow or 'none'} (slowest {self.slowest_ms:.1f})   "
            f"ping p99 {self.ping_p99_ms:.1f}, max {self.ping_max_ms:.1f} ms"
        )


async def fill(raw: Any, queue: QueueKeys, index: str, jobs: int) -> None:
    """Jobs as an enqueue, or a worker that gave them up, leaves them."""
    kind = "bench.busy" if queue.name == BUSY.name else "bench.work"
    payload = encode_job(Envelope(kind, ({"n": 1},), {}, now_ms()))
    for first in range(0, jobs, CHUNK):
        names = [queue.job_id(f"{index}{number:08}") for number in range(first, min(first + CHUNK, jobs))]
        pipe = raw.pipeline(transaction=False)
        moment = now_ms()
        if index == "dead":
            pipe.zadd(queue.index("dead"), dict.fromkeys(names, moment))
            for name in names:
                pipe.hset(f"arqlight:job:{name}", mapping={"payload": payload, "ended": moment, "error": "E: broken"})
        else:
            pipe.zadd(queue.wire, dict.fromkeys(names, moment))
            pipe.mset({f"arq:job:{name}": payload for name in names})
        await pipe.execute()


async def feed(raw: Any, queue: QueueKeys) -> None:
    """Keeps the busy queue from running dry."""
    for round_ in count():
        while await raw.zcard(queue.wire) > BUSY_JOBS:  # noqa: ASYNC110 - nobody tells when it runs low
            await asyncio.sleep(0.1)
        await fill(raw, queue, f"busy{round_}-", BUSY_JOBS)


def ping(socket: str, stop: Any, answer: Any) -> None:
    """Asks the server all the time how it is; tells how long each answer took (ms)."""
    import redis  # noqa: PLC0415 - in a process of its own

    client: Any = redis.Redis(unix_socket_path=socket)
    took: list[float] = []
    answer.send("ready")
    while not (took and stop.wait(0.002)):
        began = monotonic()
        client.ping()
        took.append((monotonic() - began) * 1000)
    answer.send(sorted(took))


def named(command: bytes) -> str:
    """The script that a command runs, else the command."""
    words = command.split()
    known = {script(name).sha.encode(): name for name in scripts.__all__ if name.islower() and is_script(name)}
    return known.get(words[1], "a script") if words[0].startswith(b"EVAL") else words[0].decode()


def is_script(name: str) -> bool:
    return (files("arqlight_core.store") / "lua" / f"{name}.lua").is_file()


class Stage:
    """The server, its fleet, and what is measured of them."""

    def __init__(self, socket: str, rest: float) -> None:
        self.socket, self.rest = socket, rest
        self.store = Store(f"unix://{socket}")
        self.raw: Any = self.store._client  # pyright: ignore[reportPrivateUsage] - it fills and measures
        self.idle, self.busy = QueueKeys.declared(IDLE.name), QueueKeys.declared(BUSY.name)

    async def prefer_server(self) -> None:
        """Let the server run before any other process, where we may."""
        server = int((await self.raw.info("server"))["process_id"])
        try:
            os.sched_setscheduler(server, os.SCHED_FIFO, os.sched_param(1))
        except (AttributeError, PermissionError):
            sys.stderr.write("The server waits for its turn like everybody: the slow log tells of waits, too.\n")

    async def completed(self) -> int:
        return int(await self.raw.hget(f"{self.busy.prefix}totals", "completed") or 0)

    async def rate(self, seconds: float) -> float:
        began, before = monotonic(), await self.completed()
        await asyncio.sleep(seconds)
        return (await self.completed() - before) / (monotonic() - began)

    async def measure(self, name: str, jobs: int, act: Callable[[], Awaitable[Report]]) -> Measured:
        before = await self.rate(self.rest)
        await self.raw.config_set("slowlog-log-slower-than", SLOW_US)
        await self.raw.config_set("slowlog-max-len", 100_000)
        await self.raw.slowlog_reset()
        context = get_context("spawn")
        stop, (theirs, ours) = context.Event(), context.Pipe()
        probe = context.Process(target=ping, args=(self.socket, stop, ours), daemon=True)
        probe.start()
        await asyncio.to_thread(theirs.recv)
        began, done = monotonic(), await self.completed()
        report = await act()
        await self.over(report.operation, jobs)
        seconds = monotonic() - began
        during = (await self.completed() - done) / seconds
        stop.set()
        took = await asyncio.to_thread(theirs.recv)
        slow = [entry for entry in await self.raw.slowlog_get(100_000) if not entry["command"].startswith(b"SLOWLOG")]
        by_name = dict(Counter(named(entry["command"]) for entry in slow))
        after = await self.rate(self.rest)
        slowest = max((entry["duration"] / 1000 for entry in slow), default=0.0)
        p99 = took[int(len(took) * 0.99)]
        measured = Measured(name, jobs, seconds, (before + after) / 2, during, by_name, slowest, p99, took[-1])
        sys.stderr.write(f"\r{measured.line}\n")
        return measured

    async def over(self, bulk: str, jobs: int) -> None:
        """Waits until the fleet has carried it out, telling how far it is."""
        while True:
            _, found = await self.store.run(scripts.bulks(self.idle, bulk, 1))
            record = found[bulk]
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{int(record.get('changed', 0)):>9,} of {jobs:,} ")
            if record["state"] in ("done", "failed", "aborted"):
                assert (record["state"], int(record["changed"])) == ("done", jobs), record
                return
            await asyncio.sleep(0.2)


async def confirmed(store: Store, operation: Callable[..., Awaitable[Report]], selection: Selection) -> Report:
    """As an operator does: a dry run, then what it asks for."""
    plan = await operation(store, selection, actor="bench", dry_run=True)
    return await operation(store, selection, actor="bench", confirm=plan.confirm)


async def run(socket: str, jobs: int, dead: int, rest: float) -> list[Measured]:
    stage = Stage(socket, rest)
    await stage.prefer_server()
    await publish(stage.store, [IDLE, BUSY])
    await pause(stage.store, IDLE.name, actor="bench")
    await fill(stage.raw, stage.idle, "waiting", jobs)
    await fill(stage.raw, stage.idle, "dead", dead)
    feeding = asyncio.create_task(feed(stage.raw, stage.busy))
    context = get_context("spawn")
    fleet = [context.Process(target=serve, args=(f"unix://{socket}",), daemon=True) for _ in range(PROCESSES)]
    for process in fleet:
        process.start()
    while len(await stage.store.workers()) < PROCESSES:  # noqa: ASYNC110 - other processes
        await asyncio.sleep(0.1)
    waiting = Selection(IDLE.name, State.WAITING, everything=True)
    all_dead = Selection(IDLE.name, State.DEAD, everything=True)
    try:
        return [
            await stage.measure("purge", jobs, lambda: confirmed(stage.store, purge, waiting)),
            await stage.measure("undo", jobs, lambda: undo(stage.store, IDLE.name, actor="bench")),
            await stage.measure("retry", dead, lambda: confirmed(stage.store, retry, all_dead)),
        ]
    finally:
        feeding.cancel()
        for process in fleet:
            process.terminate()
        for process in fleet:
            await asyncio.to_thread(process.join, 20)
        await stage.store.close()


def main() -> int:
    parser = argparse.ArgumentParser(description="What operations on a million jobs do to the server and its work.")
    parser.add_argument("--jobs", type=int, default=1_000_000)
    parser.add_argument("--dead", type=int, default=200_000)
    parser.add_argument("--rest", type=float, default=4.0, help="seconds the busy rate is measured before and after")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="aq") as folder:
        server = EmbeddedServer.of(Path(folder))
        server.ensure()
        try:
            told = asyncio.run(run(str(server.socket), asked.jobs, asked.dead, asked.rest))
        finally:
            server.stop()
    if asked.json:
        sys.stdout.write(f"{msgspec.json.encode(told).decode()}\n")
    return int(any(one.is_too_much for one in told))


if __name__ == "__main__":
    sys.exit(main())
