"""`arqlight demo` without a terminal: what it prints, and that nothing is lost."""

import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from arqlight_core.catalogue import Catalogue
from tests.acceptance.command_line import CommandLine

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]

COUNTS = {"enqueued", "completed", "retried", "dead", "waiting", "lost"}
SHOWN = {
    *("crm:message", "crm:email", "crm:flow", "crm:webhook", "crm:ai", "crm:import", "crm:export", "crm:analytics"),
    *("outreach:send", "outreach:webhook-process"),
}
"""Those in which something ends in a few seconds; a campaign lasts longer."""

SECONDS = "4"
"""Of traffic: by then a file of each kind was sent, a site has fallen ill, and a shop has written to many."""

PATIENCE = 100.0
"""Seconds for what takes five where there is room."""

LOOK_EVERY = 0.25
"""Seconds between two looks by a command: each takes a while, and the demonstration is to have the processors."""

FIGURES = {"jobs_per_second", "pickup_p50_ms", "pickup_p95_ms", "run_p95_ms"}
SECTIONS = {"sites", "campaigns", "outreach", "tasks"}


@pytest.mark.fault
def test_the_demo_accounts_for_every_job_though_a_worker_is_killed(user: CommandLine) -> None:
    demo = user.start("demo", "--headless", "--seconds", SECONDS, "--json")
    user.wait_until(lambda: campaigns(user.folder / "records.sqlite"), "a campaign", within=PATIENCE)
    workers(demo)[0].kill()
    assert demo.wait(PATIENCE) == 0, (user.folder / "started.log").read_text()[-2000:]
    begun, _, account = (user.folder / "started.log").read_text().partition("\n")
    assert "are starting" in begun
    told = json.loads(account)
    assert set(told) == {"totals", "queues", "job_types", "never_ran", "lost_jobs", "wrong"} | SECTIONS
    assert told["wrong"] == []
    assert set(told["totals"]) >= COUNTS | FIGURES
    totals, queues, billing = told["totals"], told["queues"], told["queues"]["billing:validation"]
    assert billing == told["job_types"]["billing.validate"]
    assert totals["lost"] == 0
    assert billing["completed"] >= 3
    assert billing["retried"] >= 1
    assert billing["dead"] >= 1
    assert_sites_are_accounted_for(user, told)
    assert_recipients_are_accounted_for(user, told["campaigns"])
    assert_outreach_is_accounted_for(user, told["outreach"])
    assert_tasks_are_accounted_for(user, told["tasks"])
    assert_every_job_type_is_named(told)
    assert {name: queues.get(name) for name in SHOWN if not queues.get(name, {}).get("completed")} == {}
    assert queues["crm:campaign"]["enqueued"] == told["campaigns"]["campaigns"]
    for line in (totals, *queues.values()):
        ended = line["completed"] + line["dead"] + line["cancelled"]
        assert line["enqueued"] == ended + line["waiting"] + line["forgotten"]
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


def assert_recipients_are_accounted_for(user: CommandLine, told: dict[str, Any]) -> None:
    """Nobody got anything twice, everybody is somewhere, and nothing that is left is sent later."""
    ends = ("sent", "failed", "skipped", "unknown", "cancelled", "left")
    assert told["seen_twice"] == 0
    assert told["campaigns"] >= 1
    assert told["sent"] >= 1
    assert told["recipients"] == sum(told[name] for name in ends)
    assert told["messages_at_whatsapp"] >= told["by_channel"].get("whatsapp", {}).get("sent", 0)
    campaigns = user.told("campaign", "list")
    assert len(campaigns) == told["campaigns"]
    assert {one["state"] for one in campaigns} <= {"done", "cancelled"}
    assert sum(one["recipients"]["sent"] for one in campaigns) == told["sent"]


def assert_outreach_is_accounted_for(user: CommandLine, told: dict[str, Any]) -> None:
    states = ("pending", "sending", "sent", "skipped", "failed", "unknown", "cancelled")
    assert told["seen_twice"] == 0
    assert told["sent"] >= 1
    assert told["posts"] == told["refused_posts"] >= 1
    assert sum(told[name] for name in states) >= told["people"]
    assert len(user.told("outreach", "list")) == told["campaigns"]


def assert_tasks_are_accounted_for(user: CommandLine, told: dict[str, Any]) -> None:
    """Posts of OpenProject's and of Telegram's were heeded, no task was made twice, and its people are gone."""
    assert told["made_twice"] == 0
    assert min(told["messages"], told["tasks"], told["posts"], told["answers"]) >= 1
    assert user.told("hub", "user", "list") == []


def assert_every_job_type_is_named(told: dict[str, Any]) -> None:
    """All that are declared, whether they ran or not; and those that did not come to an end are told as such."""
    types = told["job_types"]
    assert set(types) >= set(Catalogue.discover("arqlight_jobs").job_types)
    ended = {name for name, line in types.items() if line["completed"] + line["dead"] + line["cancelled"]}
    assert set(told["never_ran"]) == set(types) - ended
    assert types["wp.health.site"]["run_p95_ms"] > 0


def test_a_scenario_that_there_is_not_is_refused_with_those_that_there_are(user: CommandLine) -> None:
    done = user.run("demo", "--scenario", "nonsense", expect=2)
    assert all(name in done.stderr for name in ("provider-outage", "bad-deploy", "burst", "quiet"))


def campaigns(records: Path) -> int:
    """How many there are. No command asks: on a busy machine that takes as long as the whole demonstration."""
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(f"file:{records}?mode=ro", uri=True)) as opened:
        return opened.execute("SELECT count(*) FROM crm_campaigns").fetchone()[0]
    return 0


def workers(demo: "subprocess.Popen[bytes]") -> Sequence[psutil.Process]:
    """The processes of its fleet that run jobs."""
    return [one for one in psutil.Process(demo.pid).children(recursive=True) if "--order" in one.cmdline()]


def until(user: CommandLine, holds: Callable[[], Any], what: str) -> Any:
    """Wait for what commands tell, without asking all the time."""

    def found() -> Any:
        time.sleep(LOOK_EVERY)
        return holds()

    return user.wait_until(found, what, within=PATIENCE)


def begun_until(user: CommandLine, tmp_path: Path, moment: str) -> "subprocess.Popen[bytes]":
    """A demonstration of one process that has come as far as that."""
    user.extra["TMPDIR"] = str(tmp_path)
    demo = user.start("demo", "--headless", "--seconds", "60", "--processes", "1")
    moments: dict[str, Callable[[], Any]] = {
        "server": lambda: list(user.folder.rglob("server.sock")),
        "stage": lambda: "are starting" in (user.folder / "started.log").read_text(),
        "worker": lambda: user.told("status").get("workers"),
        "sites": lambda: len(user.told("site", "list")) == 10,
    }
    until(user, moments[moment], moment)
    return demo


@pytest.mark.fault
@pytest.mark.parametrize(
    ("moment", "farewells", "status"),
    [
        ("server", [signal.SIGINT], 130),
        ("worker", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT], 130),
        ("sites", [signal.SIGKILL], -9),
    ],
)
def test_a_demo_that_is_told_to_go_leaves_nothing_behind_however_often_it_is_told(
    user: CommandLine, tmp_path: Path, moment: str, farewells: Sequence[signal.Signals], status: int
) -> None:
    demo = begun_until(user, tmp_path, moment)
    for farewell in farewells:
        demo.send_signal(farewell)
        time.sleep(LOOK_EVERY)
    assert demo.wait(60) == status
    user.wait_until(lambda: not living_in(user.folder), "nothing lives")
    user.wait_until(lambda: not list(tmp_path.glob("arqlight-*")), "nothing lies about")
    assert user.told("site", "list") == []


@pytest.mark.fault
def test_what_is_left_when_the_world_is_killed_is_taken_down_and_said(user: CommandLine, tmp_path: Path) -> None:
    demo = begun_until(user, tmp_path, "stage")
    [world] = [one for one in psutil.Process(demo.pid).children() if "arqlight.demo.playing" in one.cmdline()]
    world.kill()
    assert demo.wait(40) == 1
    assert "broken down" in (user.folder / "started.log").read_text()
    assert living_in(user.folder) == []
    assert list(tmp_path.glob("arqlight-*")) == []


def living_in(folder: Path) -> list[str]:
    """The command lines of processes whose environment or arguments name the folder."""
    found: list[str] = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            told = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
            if str(folder).encode() in told and process.name != str(os.getpid()):
                found.append((process / "cmdline").read_text())
    return found
