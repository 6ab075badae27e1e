"""An operator steers a running fleet from the command line: live settings, quiet and stop, metrics, events."""

import json
from typing import Any

import pytest

from arqlight_jobs.billing.samples import write_sample
from tests.acceptance.command_line import CommandLine

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]

QUEUE = "billing:validation"


def setting(user: CommandLine, name: str) -> dict[str, Any]:
    queues = {queue["name"]: queue for queue in user.told("status")["queues"]}
    return next(one for one in queues[QUEUE]["settings"] if one["name"] == name)


def worker(user: CommandLine) -> dict[str, Any]:
    [one] = user.told("workers")
    return one


def test_a_fleet_is_steered_and_tells_what_it_did(user: CommandLine) -> None:
    path = user.folder / "sample.csv"
    write_sample(path, rows=5, violations={}, encoding="utf-8", delimiter=";", seed=1)
    process = user.start("fleet", "--queue", QUEUE)
    user.wait_until(lambda: user.told("workers"), "a worker")
    user.run("validate", str(path), "--wait")

    told = user.run("set-concurrency", QUEUE, "5", "--for", "30m", "--reason", "a rush").stdout
    assert told == f"set concurrency of {QUEUE} from 2 to 5 for 30 min\n"
    assert (setting(user, "concurrency")["effective"], setting(user, "concurrency")["reason"]) == ("5", "a rush")
    user.wait_until(lambda: worker(user)["queues"][QUEUE]["concurrency"] == 5, "the worker's concurrency")
    assert "from 5 to 2" in user.run("reset-setting", QUEUE).stdout

    whole = user.told("metrics", QUEUE)["whole"]
    assert whole["counts"]["completed"] == 1
    assert user.told("metrics", QUEUE, "--type", "billing.validate", "--span", "48h")["whole"]["run"]["p95_ms"] > 0
    assert "in all" in user.run("metrics", QUEUE, "--span", "30d").stdout

    name = worker(user)["id"]
    assert "asked" in user.run("quiet-worker", name[:-1], "--reason", "deploy").stdout
    user.wait_until(lambda: worker(user)["stage"] == "done", "the worker quiet")
    assert "quiet by" in user.run("workers").stdout
    user.run("stop-worker", worker(user)["host"], "--all")
    assert process.wait(30) == 75

    events = [json.loads(line) for line in user.run("events", "--json").stdout.splitlines()]
    assert [event["kind"] for event in events] == ["override", "restore", "request", "request"]
    assert "setting=concurrency" in user.run("events", QUEUE).stdout
    assert user.run("workers").stdout == "No worker is running: start `arqlight fleet`.\n"


NONSENSE = {
    ("set-concurrency", QUEUE, "0"): "'0' does not fit; give a whole number",
    ("set-concurrency", QUEUE, "3", "--for", "soon"): "'soon' is no span of time; write one like",
    ("set-rate", QUEUE, "fast"): "declares no limit",
    ("set-breaker", QUEUE, "colour=red"): "is no rule of a breaker",
    ("set-retry", QUEUE, "tries=5"): "is no rule of a retry policy, such as attempts=5",
    ("set-timeout", QUEUE, "9d"): "billing.validate then has a timeout longer than its deadline (7 days)",
    ("set-cron", QUEUE, "* * * * *"): "declares no schedule",
    ("reset-setting", QUEUE, "colour"): "has no live setting colour; it has: breaker, concurrency, deadline:",
    ("quiet-worker", "nobody"): "There is no worker nobody; `arqlight workers`",
    ("metrics", QUEUE, "--span", "2 years"): "is no span of time",
    ("metrics", QUEUE, "--span", "400d"): "ask for 1 min to 30 days",
    ("events", "nowhere"): "There is no queue nowhere",
}


def test_nonsense_is_refused_in_a_sentence(user: CommandLine) -> None:
    path = user.folder / "sample.csv"
    write_sample(path, rows=5, violations={}, encoding="utf-8", delimiter=";", seed=1)
    user.run("enqueue", "billing.validate", str(path))
    for arguments, sentence in NONSENSE.items():
        assert sentence in user.run(*arguments, expect=2).stderr
