"""An operator's day from the command line: pause, retry, purge, undo, bulks that the fleet carries, doctor."""

import asyncio
import shlex
import signal

import pytest

from arqlight_core.codec import Envelope, encode_job
from arqlight_core.store import scripts
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
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


def test_a_purge_needs_its_confirmation_and_can_be_undone(user: CommandLine) -> None:
    enqueue(user, 3)
    before = [row["id"] for row in user.told("jobs", QUEUE)["rows"]]
    refused = user.run("purge", QUEUE, "--all", expect=2).stderr
    assert waiting(user) == 3
    way_on = shlex.split(refused.partition("to go on: arqlight ")[2])
    assert user.told(*way_on)["changed"] == 3
    assert waiting(user) == 0
    assert "puts the first back" in user.run("trash").stdout
    assert user.told("undo", QUEUE)["changed"] == 3
    assert [row["id"] for row in user.told("jobs", QUEUE)["rows"]] == before
    assert "holds no such purge" in user.run("undo", QUEUE, expect=2).stderr


async def fill(url: str, count: int) -> None:
    """So many jobs that nobody can run: their payloads name no file."""
    queue, store = QueueKeys.declared(QUEUE), Store(url)
    payload = encode_job(Envelope("billing.validate", ({},), {}, 1000))
    for start in range(0, count, 500):
        jobs = [scripts.NewJob(queue.job_id(f"job-{place}"), payload) for place in range(start, start + 500)]
        await store.run(scripts.enqueue(queue, jobs))
    await store.close()


@pytest.fixture
def staffed(user: CommandLine) -> CommandLine:
    """A fleet, and a paused queue with more jobs than one purges by oneself."""
    user.start("fleet")
    user.wait_until(lambda: user.told("status")["workers"], "a worker")
    user.run("pause", QUEUE)
    asyncio.run(fill(EmbeddedServer.of(user.folder).url, 1500))
    return user


def test_the_fleet_carries_what_is_large_and_the_command_follows_it(staffed: CommandLine) -> None:
    report = staffed.told("purge", QUEUE, "--all", "--yes", "--reason", "a flood")
    assert (report["state"], report["changed"]) == ("done", 1500)
    [bulk] = staffed.told("bulks", QUEUE)
    assert (bulk["id"], bulk["seen"], bulk["reason"]) == (report["operation"], 1500, "a flood")
    assert "undo: 1,500 of 1,500" in staffed.run("undo", QUEUE).stdout
    assert waiting(staffed) == 1500


def test_what_the_fleet_carries_is_left_by_an_interrupt_and_can_be_paused_and_aborted(staffed: CommandLine) -> None:
    detached = staffed.told("purge", QUEUE, "--all", "--yes", "--pace", "10", "--detach")
    assert detached["state"] == "queued"
    bulk = detached["operation"]
    staffed.wait_until(lambda: staffed.told("bulk", bulk)["seen"], "its first step")
    staffed.run("bulk", "pause", bulk, "--reason", "wait")
    assert staffed.told("bulk", bulk)["state"] == "paused"
    staffed.run("bulk", "resume", bulk)
    assert "aborted bulk" in staffed.run("bulk", "abort", bulk).stdout
    following = staffed.start("purge", QUEUE, "--all", "--yes", "--pace", "10")
    staffed.wait_until(lambda: [one for one in staffed.told("bulks") if one["seen"] and one["id"] != bulk], "a step")
    following.send_signal(signal.SIGINT)
    assert following.wait(20) == 130
    left = staffed.told("bulks")[0]
    assert left["state"] == "running"
    assert f"`arqlight bulk {left['id']}` shows it" in (staffed.folder / "started.log").read_text()
    staffed.run("bulk", "abort", left["id"])


def test_a_watched_status_goes_on_until_it_is_interrupted(user: CommandLine) -> None:
    user.run("server", "start")
    watching = user.start("status", "--watch")
    log = user.folder / "started.log"
    user.wait_until(lambda: log.read_text().count("No queue is known yet") > 1, "a second look")
    watching.send_signal(signal.SIGINT)
    assert watching.wait(20) == 130
    assert "\x1b" not in log.read_text()


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
    assert user.told("retry", QUEUE, row["id"], expect=1)["skipped"] == {"it is waiting": 1}


def test_the_doctor_finds_a_healthy_server_healthy(user: CommandLine) -> None:
    found = user.told("doctor")
    assert {"server", "eviction policy", "persistence", "round trip", "clock"} <= {line["check"] for line in found}
    assert not any(line["wrong"] for line in found)


def test_two_starts_on_one_folder_make_one_server(user: CommandLine) -> None:
    first, second = user.run("server", "start").stdout, user.run("server", "start").stdout
    assert first == second
    user.run("server", "stop")
    assert user.run("server", "status", expect=1).stdout.strip() == "not running"
