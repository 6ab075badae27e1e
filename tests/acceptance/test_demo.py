"""`arqlight demo` without a terminal: what it prints, and that nothing is lost."""

import json
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.command_line import CommandLine

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]

COUNTS = {"enqueued", "completed", "retried", "dead", "waiting", "lost"}
FIGURES = {"jobs_per_second", "pickup_p50_ms", "pickup_p95_ms"}


def test_the_demo_accounts_for_every_job(user: CommandLine) -> None:
    told = json.loads(user.run("demo", "--headless", "--seconds", "12", "--json").stdout)
    assert set(told) == {"totals", "queues", "job_types", "sites"}
    assert set(told["totals"]) >= COUNTS | FIGURES
    totals, queues, billing = told["totals"], told["queues"], told["queues"]["billing:validation"]
    assert billing == told["job_types"]["billing.validate"]
    assert totals["lost"] == 0
    assert billing["completed"] >= 3
    assert billing["retried"] >= 1
    assert billing["dead"] >= 1
    assert_sites_are_accounted_for(user, told)
    for line in (totals, *queues.values()):
        ended = line["completed"] + line["dead"] + line["cancelled"]
        assert line["enqueued"] == ended + line["waiting"]
    assert totals["enqueued"] == sum(line["enqueued"] for line in queues.values())


def assert_sites_are_accounted_for(user: CommandLine, told: dict[str, Any]) -> None:
    """Sites fell ill, were found by checks, healed by jobs that the account knows, and none is the worse for it."""
    sites, types = told["sites"], told["job_types"]
    assert (sites["sites"], sites["made_worse"], sites["in_name_only"], sites["worse"]) == (10, 0, 0, [])
    assert sites["healed"] >= 1
    assert sites["broken"] == sites["healed"] + sites["escalated"] + sites["open"]
    assert sites["broken"] == sum(line["broken"] for line in sites["by_symptom"].values())
    assert sites["longest_s"] >= sites["median_s"] > 0
    assert types["wp.health.site"]["completed"] >= 10
    assert types["wp.verify"]["completed"] >= sites["healed"]
    incidents = user.told("incident", "list")
    assert sum(one["phase"] == "FIXED" for one in incidents) == sites["healed"]


@pytest.mark.fault
@pytest.mark.parametrize("farewell", [signal.SIGTERM, signal.SIGHUP])
def test_a_demo_that_is_told_to_go_leaves_nothing_behind(
    user: CommandLine, tmp_path: Path, farewell: signal.Signals
) -> None:
    user.extra["TMPDIR"] = str(tmp_path)
    demo = user.start("demo", "--headless", "--seconds", "60")
    user.wait_until(lambda: len(user.told("status").get("workers", [])) == 2, "two workers")
    user.wait_until(lambda: len(user.told("site", "list")) == 10, "ten sites")
    demo.send_signal(farewell)
    assert demo.wait(30) == 130
    assert living_in(user.folder) == []
    assert list(tmp_path.glob("arqlight-*")) == []
    assert user.told("site", "list") == []


def living_in(folder: Path) -> list[str]:
    """The command lines of processes whose environment or arguments name the folder."""
    found: list[str] = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            told = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
            if str(folder).encode() in told and process.name != str(os.getpid()):
                found.append((process / "cmdline").read_text())
    return found
