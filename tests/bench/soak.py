"""The demonstration for a long time, with its weather and killed workers, and the control room led through its views
beside it, watched from outside: does anything give way?

    uv run python -m tests.bench.soak [--seconds 1200] [--processes 2] [--kill-every 45] [--json]

Beside the fleet there is one worker that nothing takes down, the witness: its memory has to be flat. It prints a table,
and exits with 1 when a job was lost, something was done twice, memory has grown, a planted secret stands in a log, or a
job type never ran.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
import psutil

from arqlight.demo import doors
from arqlight_core.clock import monotonic
from tests.bench.soak_room import SoakedRoom
from tests.bench.soak_witness import Witness

LOOK_EVERY = 2.0
KILL_EVERY = 45.0
"""Seconds from one killed worker to the next."""

SETTLES = 0.2
"""The share of the time at the beginning that counts for no memory: modules are loaded, caches filled."""

MOST_GROWTH = 1.1
"""The last third's median of memory by the first third's: more is a leak."""

KEEP = {"server", "world", "worker"}
"""What need not be flat. The server grows until retention forgets as much as ends, which takes a day (what a job takes
there is bounded by tests/store/test_job_size.py); the world keeps what was sent to it, to account for it; and a worker
of the demonstration does not live long enough to say, as the poisonous job takes it down within minutes."""

_LAST = 60
"""Lines of the log that say why it ended."""
MB = 1024**2
SECRETS = (
    *(doors.WHATSAPP_TOKEN, doors.SENDGRID_KEY, doors.OPENAI_KEY, doors.TWILIO_TOKEN, doors.OPENPROJECT_KEY),
    *(doors.OPENPROJECT_SECRET, doors.TELEGRAM_TOKEN, doors.TELEGRAM_SECRET),
)
"""Planted: the stand-ins know them, and nobody else is to."""

MARK = re.compile(r"(?<![0-9a-f])1\d{3}55501\d\d(?![0-9a-f])|@example\.com")
"""What every number and address of the show's people looks like; an id may have such digits in its midst."""


class Report(msgspec.Struct):
    """How it went. `memory`: of each kind of process in MB, the median of the first and of the last third."""

    seconds: float
    kills: int
    exit_status: int
    enqueued: int
    ended: int
    lost: list[str]
    never_ran: list[str]
    wrong: dict[str, Any]
    """The parts of the account that came out as they never must."""
    memory: dict[str, tuple[float, float]]
    leaks: list[str]
    log_lines: int
    last_words: str = ""
    """The end of the demonstration's log, where it ended otherwise than it should."""

    @property
    def breaches(self) -> list[str]:
        """What is not as it must be, one sentence each."""
        told = [f"it ended with {self.exit_status}:\n{self.last_words}"] if self.exit_status else []
        told += [f"lost: {', '.join(self.lost)}"] if self.lost else []
        told += [f"{name}: {msgspec.json.encode(facts).decode()}" for name, facts in self.wrong.items()]
        told += [f"never ran: {', '.join(self.never_ran)}"] if self.never_ran else []
        told += [f"{name} grew from {a:.0f} to {b:.0f} MB" for name, (a, b) in self.memory.items() if grew(name, a, b)]
        return told + self.leaks


def grew(name: str, first: float, last: float) -> bool:
    """Whether that is more than noise."""
    return name not in KEEP and last > first * MOST_GROWTH


class Memory:
    """What each process takes, over time. Of a kind the one that has lived longest tells whether it grows."""

    def __init__(self) -> None:
        self.seen: dict[str, dict[int, list[float]]] = {}

    def look(self, kinds: Mapping[str, Iterable[psutil.Process]]) -> None:
        """Note how large they are now."""
        for kind, processes in kinds.items():
            for one in processes:
                if size := resident(one):
                    self.seen.setdefault(kind, {}).setdefault(one.pid, []).append(size / MB)

    def thirds(self) -> dict[str, tuple[float, float]]:
        """The median of the first third of its life and of the last, without the time in which everything begins."""
        longest = {kind: max(seen.values(), key=len) for kind, seen in self.seen.items()}
        return {kind: _thirds(sizes[int(len(sizes) * SETTLES) :]) for kind, sizes in longest.items()}


def _thirds(sizes: list[float]) -> tuple[float, float]:
    share = max(1, len(sizes) // 3)
    return median(sizes[:share]), median(sizes[-share:])


def resident(process: psutil.Process) -> int:
    """Bytes in memory; 0 for one that has ended."""
    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0


class Soak:
    """The demonstration and whoever watches it."""

    def __init__(self, folder: Path, asked: argparse.Namespace) -> None:
        self.folder, self.seconds, self.kill_every = folder, asked.seconds, asked.kill_every
        self.memory, self.kills, self.began = Memory(), 0, monotonic()
        self.room, self.witness = SoakedRoom(folder), Witness(folder / "witness.log")
        self._output = folder / "account.json"
        told = ["--headless", "--json", "--seconds", str(asked.seconds)]
        told += ["--processes", str(asked.processes)]
        environment = {**os.environ, "ARQLIGHT_DATA_DIR": str(folder / "data"), "ARQLIGHT_LOG_LEVEL": "DEBUG"}
        environment.pop("REDIS_URL", None)
        with self._output.open("wb") as output, (folder / "demo.log").open("wb") as errors:
            self.demo = subprocess.Popen(
                [sys.executable, "-m", "arqlight", "demo", *told], env=environment, stdout=output, stderr=errors
            )

    def watch(self) -> Report:
        """Until it ends."""
        pause, next_kill = threading.Event(), self.began + self.kill_every
        while self.demo.poll() is None:
            kinds = self._kinds()
            self.memory.look(kinds)
            if monotonic() > next_kill and monotonic() - self.began < self.seconds and kinds["worker"]:
                self._kill(max(kinds["worker"], key=born))  # the youngest: an old one is to show how memory goes
                next_kill += self.kill_every
            if self.room.can_open:
                self.room.visit(LOOK_EVERY)
            else:
                pause.wait(LOOK_EVERY)
        return self._report()

    def _kinds(self) -> dict[str, list[psutil.Process]]:
        """The processes by kind. The server has left the family: it is known by its folder."""
        try:
            family = psutil.Process(self.demo.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return {"world": [], "worker": []}
        named = {one: command_of(one) for one in family}
        fleets = [one for one, words in named.items() if "fleet" in words]
        supervisors = [one for one in fleets if "--processes" in named[one]]
        if supervisors and not self.witness.processes:
            self.witness.join(supervisors[0])
        return {
            "world": [one for one, words in named.items() if "arqlight.demo.playing" in words],
            "worker": [one for one in fleets if one not in supervisors],
            "witness": self.witness.processes,
            "screen": self.room.processes,
            "server": [one for one in psutil.process_iter() if str(self.folder) in " ".join(command_of(one))],
        }

    def _kill(self, worker: psutil.Process) -> None:
        try:
            worker.send_signal(signal.SIGKILL)
            self.kills += 1
        except psutil.NoSuchProcess:
            return

    def _report(self) -> Report:
        told: dict[str, Any] = json.loads(self._output.read_text() or "{}")
        totals = told.get("totals", {})
        lines, leaks = self.leaks()
        return Report(
            seconds=round(monotonic() - self.began, 1),
            kills=self.kills,
            exit_status=self.demo.returncode,
            enqueued=totals.get("enqueued", 0),
            ended=sum(totals.get(name, 0) for name in ("completed", "dead", "cancelled")),
            lost=told.get("lost_jobs", []),
            never_ran=told.get("never_ran", ["nothing: there is no account"]),
            wrong={name: told[name] for name in told.get("wrong", [])},
            memory=self.memory.thirds(),
            leaks=leaks,
            log_lines=lines,
            last_words=self._last_words() if self.demo.returncode else "",
        )

    def _last_words(self) -> str:
        lines = (self.folder / "demo.log").read_text(errors="replace").splitlines()
        return "\n".join(lines[-_LAST:])

    def leaks(self) -> tuple[int, list[str]]:
        """How many lines the logs have, and each line that holds what it must not."""
        lines, found = 0, list[str]()
        for log in (self.folder / "demo.log", self.folder / "data" / "fleet.log", self.folder / "witness.log"):
            for number, line in enumerate(log.read_text(errors="replace").splitlines(), 1):
                lines += 1
                what = "a secret" if any(one in line for one in SECRETS) else ""
                what = what or ("a person" if MARK.search(line) else "")
                found += [f"{what} stands in {log.name}, line {number}"] if what else []
        return lines, found


def born(process: psutil.Process) -> float:
    """When it began; 0 for one that has ended."""
    try:
        return process.create_time()
    except psutil.Error:
        return 0.0


def command_of(process: psutil.Process) -> list[str]:
    """Its words; none for one that has ended."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def shown(report: Report) -> str:
    """A table, and the verdict."""
    lines = [
        f"{report.seconds:,.0f} s, {report.kills} workers killed",
        f"{report.enqueued:,} jobs queued, {report.ended:,} ended, {len(report.lost)} lost",
        f"{report.log_lines:,} lines of logs, {len(report.leaks)} with what must not stand there",
    ]
    lines += [f"{name:8} {a:7.1f} MB {b:7.1f} MB  {b / a:5.2f}" for name, (a, b) in report.memory.items()]
    return "\n".join([*lines, *(f"BREACH: {one}" for one in report.breaches)])


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=1200)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--kill-every", type=float, default=KILL_EVERY)
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="arqlight-soak-") as made:
        soak = Soak(Path(made), told)
        try:
            report = soak.watch()
        finally:
            soak.demo.terminate()
            soak.demo.wait()
            soak.witness.close()
            soak.room.close()
    sys.stdout.write((msgspec.json.encode(report).decode() if told.json else shown(report)) + "\n")
    return 1 if report.breaches else 0


if __name__ == "__main__":
    sys.exit(main())
