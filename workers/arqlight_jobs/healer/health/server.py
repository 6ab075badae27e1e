"""A look at a machine: this one by what its kernel tells, another one by a command that prints the same as JSON."""

import asyncio
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import msgspec
import psutil

from arqlight_core.clock import monotonic, now
from arqlight_jobs.healer.health.grading import Reading
from arqlight_jobs.healer.health.hosts import Host
from arqlight_jobs.healer.health.thresholds import SERVER
from arqlight_jobs.healer.wpcli import run_command
from arqlight_jobs.offload import in_thread

TOLD = frozenset({bound.metric for bound in SERVER} - {"unreachable", "clock_skew_s"} | {"cores", "uptime_s"})
"""What another machine may tell; anything else is left out."""

MOST_TOLD = 100
COMMAND_S = 20.0
CONNECT_S = 2.0


async def look_at_server(host: Host) -> tuple[Reading, ...]:
    """The machine's measurements. Never raises for what is the machine's."""
    return tuple(await (measured(host) if not host.command else _asked(host)))


async def measured(host: Host) -> list[Reading]:
    """The measurements of this machine."""
    closed = await asyncio.gather(*(_is_closed(port) for port in host.ports))
    ports = [
        Reading("port_closed", float(is_closed), f"port {port}")
        for port, is_closed in zip(host.ports, closed, strict=True)
    ]
    return [*await in_thread(lambda: [*_of_kernel(), *_of_disks(host.disks), *_of_processes(host.processes)]), *ports]


class Answer(msgspec.Struct, frozen=True):
    """What another machine's command prints as JSON: metric -> value, or part -> value where it has several."""

    metrics: dict[str, float | dict[str, float]]
    now: float | None = None
    """The moment by its clock, in Unix seconds."""

    @classmethod
    def of(cls, readings: Iterable[Reading]) -> "Answer":
        """The measurements of this machine, now."""
        by_metric: dict[str, float | dict[str, float]] = {}
        for metric, same in groupby(readings, lambda one: one.metric):
            by_metric[metric] = {one.about: one.value for one in same}
        return cls(by_metric, now().timestamp())


# ------------------------------------------------------------------ this machine


def _of_kernel() -> Iterator[Reading]:
    cores = os.cpu_count() or 1
    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    yield Reading("cores", cores)
    yield Reading("load_per_core", os.getloadavg()[0] / cores)
    yield Reading("memory_available", memory.available / memory.total)
    yield Reading("swap_used", swap.used / swap.total if swap.total else 0.0)
    yield Reading("uptime_s", monotonic())


def _of_disks(folders: Sequence[str]) -> Iterator[Reading]:
    for folder in folders:
        yield from of_disk(Path(folder), folder)


def of_disk(folder: Path, about: str = "") -> Iterator[Reading]:
    """How much is free on the disk of a folder; nothing when there is no such folder."""
    try:
        space, told = shutil.disk_usage(folder), os.statvfs(folder)
    except OSError:
        return
    yield Reading("disk_free", space.free / space.total if space.total else 1.0, about)
    if told.f_files:
        yield Reading("inodes_free", told.f_favail / told.f_files, about)


def _of_processes(names: Sequence[str]) -> Iterator[Reading]:
    running = {one.info["name"] for one in psutil.process_iter(["name"])} if names else set[str]()
    for name in names:
        yield Reading("process_missing", float(name not in running), name)


async def _is_closed(port: int) -> bool:
    try:
        async with asyncio.timeout(CONNECT_S):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return True
    writer.close()
    return False


# ------------------------------------------------------------------ another machine


async def _asked(host: Host) -> list[Reading]:
    began = now().timestamp()
    ran = await run_command(host.command, Path("/"), timeout=COMMAND_S)
    if not ran.ok:
        why = ran.problem or f"exit status {ran.status}"
        return [Reading("unreachable", 1, said=f"cannot be asked: its command came to: {why}")]
    answered = now().timestamp()
    try:
        return [*_heard(msgspec.json.decode(ran.stdout, type=Answer), began, answered)]
    except msgspec.MsgspecError:
        return [Reading("unreachable", 1, said="cannot be asked: its command prints no measurements as JSON")]


def _heard(answer: Answer, began: float, answered: float) -> Iterator[Reading]:
    """The readings in an answer that was given between two moments of our clock (s)."""
    if answer.now is not None:
        yield Reading("clock_skew_s", max(began - answer.now, answer.now - answered, 0.0))
    for metric, values in answer.metrics.items():
        each = values if isinstance(values, dict) else {"": values}
        if metric in TOLD:
            yield from (Reading(metric, value, about[:100]) for about, value in list(each.items())[:MOST_TOLD])
