"""A user asks why a job is not running and when a queue will be empty, and is told what to do about it."""

from typing import Any

import pytest

from arqlight_jobs.billing.samples import write_sample
from tests.acceptance.command_line import CommandLine

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]

QUEUE = "billing:validation"
EMPTY = "No queue is known yet: start `arqlight fleet`, or `arqlight demo` to look around.\n"


def queued(user: CommandLine) -> str:
    path = user.folder / "sample.csv"
    write_sample(path, rows=5, violations={}, encoding="utf-8", delimiter=";", seed=1)
    told: Any = user.told("enqueue", "billing.validate", str(path))
    return told["job_id"]


def test_why_and_eta_say_what_binds_and_what_ends_it(user: CommandLine) -> None:
    assert user.run("eta").stdout == EMPTY
    job_id = queued(user)
    user.run("pause", QUEUE, "--reason", "deploy")

    first, remedy, other, *_ = user.run("why", job_id).stdout.splitlines()
    assert first.startswith("paused by ")
    assert first.endswith(" ago: deploy")
    assert (remedy, other) == (f"  arqlight resume {QUEUE}", "also: no worker serves this queue")
    told = user.told("why", job_id)
    assert (told["id"], told["queue"], told["state"]) == (job_id, QUEUE, "waiting")
    assert [reason["kind"] for reason in told["reasons"]] == ["paused", "no worker", "line"]
    assert told["line"] == told["reasons"][0]["text"]

    told = user.told("job", job_id)
    assert (told["why"].startswith("paused by "), told["reasons"][1]["kind"]) == (True, "no worker")
    lines = user.run("job", job_id).stdout.splitlines()
    assert lines[1].startswith("why")

    [row] = user.told("eta")
    assert (row["queue"], row["seconds"], row["waiting"], row["binding"]) == (QUEUE, None, 1, "paused")
    header, shown = user.run("eta").stdout.splitlines()
    assert header.split() == ["queue", "empty", "in", "waiting", "in/s", "out/s", "what", "binds", "it"]
    assert "paused by" in shown
    assert user.run("eta", QUEUE).stdout.startswith(f"{QUEUE} has no end in sight: paused by ")
    assert user.told("eta", QUEUE)["line"].startswith(f"{QUEUE} has no end in sight")

    user.run("resume", QUEUE)
    assert user.run("why", job_id).stdout.splitlines()[0] == "no worker serves this queue"


def test_what_is_not_known_is_refused_in_a_sentence(user: CommandLine) -> None:
    queued(user)
    assert "There is no job nobody" in user.run("why", "nobody", expect=2).stderr
    assert "There is no queue nowhere; known are:" in user.run("eta", "nowhere", expect=2).stderr
