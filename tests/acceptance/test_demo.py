"""`arqlight demo` without a terminal: what it prints, and that nothing is lost."""

import json
import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from tests.acceptance.command_line import CommandLine

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]

COUNTS = {"enqueued", "completed", "retried", "dead", "waiting", "lost"}
FIGURES = {"jobs_per_second", "pickup_p50_ms", "pickup_p95_ms"}


def test_the_demo_accounts_for_every_job(user: CommandLine) -> None:
    told = json.loads(user.run("demo", "--headless", "--seconds", "12", "--json").stdout)
    assert set(told) == {"totals", "queues", "job_types"}
    assert set(told["totals"]) >= COUNTS | FIGURES
    totals = told["totals"]
    assert told["queues"]["billing:validation"] == totals == told["job_types"]["billing.validate"]
    assert totals["lost"] == 0
    assert totals["completed"] >= 3
    assert totals["retried"] >= 1
    assert totals["dead"] >= 1
    ended = totals["completed"] + totals["dead"] + totals["cancelled"]
    assert totals["enqueued"] == ended + totals["waiting"]


@pytest.mark.fault
@pytest.mark.parametrize("farewell", [signal.SIGTERM, signal.SIGHUP])
def test_a_demo_that_is_told_to_go_leaves_nothing_behind(user: CommandLine, farewell: signal.Signals) -> None:
    demo = user.start("demo", "--headless", "--seconds", "60")
    user.wait_until(lambda: len(user.told("status").get("workers", [])) == 2, "two workers")
    demo.send_signal(farewell)
    assert demo.wait(30) == 130
    assert living_in(user.folder) == []


def living_in(folder: Path) -> list[str]:
    """The command lines of processes whose environment or arguments name the folder."""
    found: list[str] = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            told = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
            if str(folder).encode() in told and process.name != str(os.getpid()):
                found.append((process / "cmdline").read_text())
    return found
