"""An operator's day from the command line: pause, retry, purge with its count, undo, doctor."""

import pytest

from arqlight_jobs.billing.samples import write_sample
from tests.acceptance.command_line import CommandLine

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]

QUEUE = "billing:validation"


def enqueue(user: CommandLine, jobs: int) -> None:
    path = user.folder / "sample.csv"
    write_sample(path, rows=5, violations={}, encoding="utf-8", delimiter=";", seed=1)
    for _ in range(jobs):
        user.run("enqueue", "billing.validate", str(path))


def waiting(user: CommandLine) -> int:
    return user.told("status")["queues"][0]["counts"]["waiting"]


def test_a_paused_queue_keeps_its_jobs_and_names_who_paused_it(user: CommandLine) -> None:
    enqueue(user, 1)
    user.run("pause", QUEUE, "--reason", "the database moves")
    user.start("fleet")
    user.wait_until(lambda: user.told("status")["workers"], "a worker")
    paused = user.told("status")["queues"][0]["paused"]
    assert paused["reason"] == "the database moves"
    assert waiting(user) == 1
    assert "paused by" in user.run("doctor", expect=1).stdout
    user.run("resume", QUEUE)
    user.wait_until(lambda: user.told("status")["queues"][0]["counts"]["completed"] == 1, "completed after resume")


def test_a_purge_needs_its_count_and_can_be_undone(user: CommandLine) -> None:
    enqueue(user, 3)
    before = [row["id"] for row in user.told("jobs", QUEUE)["rows"]]
    assert "--confirm 3" in user.run("purge", QUEUE, "--all", expect=2).stderr
    assert "not neither" in user.run("purge", QUEUE, expect=2).stderr
    assert waiting(user) == 3
    assert user.told("purge", QUEUE, "--all", "--confirm", "3")["changed"] == 3
    assert waiting(user) == 0
    assert user.told("undo", QUEUE)["changed"] == 3
    assert [row["id"] for row in user.told("jobs", QUEUE)["rows"]] == before
    assert "holds no such purge" in user.run("undo", QUEUE, expect=2).stderr


def test_a_dead_letter_is_kept_with_its_error_and_can_be_retried(user: CommandLine) -> None:
    broken = user.folder / "broken.csv"
    broken.write_text("Facture;Code\n1;2\n")
    user.start("fleet")
    user.run("validate", str(broken), "--wait", expect=1)
    [row] = user.told("jobs", QUEUE, "--state", "dead")["rows"]
    job = user.told("job", row["id"])
    assert job["failures"]
    user.run("pause", QUEUE)
    assert user.told("retry", QUEUE, row["id"])["changed"] == 1
    assert waiting(user) == 1
    assert user.told("retry", QUEUE, row["id"])["skipped"] == {"in no state that can be retried": 1}


def test_the_doctor_finds_a_healthy_server_healthy(user: CommandLine) -> None:
    found = user.told("doctor")
    assert {"server", "eviction policy", "persistence", "round trip", "clock"} <= {line["check"] for line in found}
    assert not any(line["wrong"] for line in found)


def test_two_starts_on_one_folder_make_one_server(user: CommandLine) -> None:
    first, second = user.run("server", "start").stdout, user.run("server", "start").stdout
    assert first == second
    user.run("server", "stop")
    assert user.run("server", "status", expect=1).stdout.strip() == "not running"
