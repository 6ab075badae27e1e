"""A billing file from the command line to its findings, through a real fleet."""

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from arqlight_jobs.billing.samples import write_sample
from tests.acceptance.command_line import CommandLine

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]

SEEDED = {"R03": 4, "R06": 7, "R10": 2, "R12": 5, "R15": 1, "R17": 1, "R23": 3}
MANY = {"R02": 12_000, "R06": 12_000, "R12": 40, "R15": 9}


def counts(report: dict[str, Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    for finding in report["findings"]:
        found[finding["rule"]] = found.get(finding["rule"], 0) + 1
    return found


def sample(folder: Path, rows: int) -> Path:
    path = folder / "Tremblay Marie - factures.csv"
    write_sample(path, rows=rows, violations=SEEDED, encoding="cp1252", delimiter=";", seed=3)
    return path


def job_of(user: CommandLine, run_id: str) -> Any:
    return user.told("job", f"{{billing:validation}}:validation-{run_id}")


def test_a_file_is_validated_with_the_exact_seeded_findings(user: CommandLine) -> None:
    user.start("fleet")
    report = user.told("validate", str(sample(user.folder, 400)), "--wait")
    assert report["run"]["status"] == "completed"
    assert report["run"]["progress"] == 100
    assert counts(report) == SEEDED
    assert user.told("validation", report["run"]["id"]) == report
    assert list((user.folder / "uploads").iterdir()) == []


def test_a_file_can_be_enqueued_like_any_job(user: CommandLine) -> None:
    queued = user.told("enqueue", "billing.validate", str(sample(user.folder, 50)))
    assert queued["new"]
    assert user.told("jobs", "billing:validation")["total"] == 1


def test_a_file_that_cannot_be_validated_fails_for_good_and_says_why(user: CommandLine) -> None:
    broken = user.folder / "broken.csv"
    broken.write_text("Facture;Code\n1;2\n")
    user.start("fleet")
    shown = user.run("validate", str(broken), "--wait", expect=1).stdout
    assert "failed" in shown
    assert "Doctor Info" in shown
    assert user.told("status")["queues"][0]["counts"]["dead"] == 1


@pytest.mark.fault
@pytest.mark.parametrize("share", [30, 90])
def test_a_killed_worker_leaves_one_set_of_rows_and_results(user: CommandLine, share: int) -> None:
    user.start("fleet")
    user.start("fleet")
    user.wait_until(lambda: len(user.told("status")["workers"]) == 2, "two workers")
    path = user.folder / "long.csv"
    write_sample(path, rows=15_000, violations=MANY, encoding="cp1252", delimiter=";", seed=3)
    run_id = user.told("validate", str(path))["validationId"]
    user.wait_until(lambda: user.told("status")["queues"][0]["counts"]["active"], "running")
    killed = job_of(user, run_id)["worker"]
    user.wait_until(lambda: progress(user, run_id) >= share, f"{share} %")
    os.kill(int(killed.split("-")[-2]), signal.SIGKILL)
    report = user.wait_until(lambda: completed(user, run_id), "finished elsewhere")
    assert counts(report) == MANY
    assert report["run"]["attempt"] == 2
    assert report["run"]["totals"]["rows"] == asked(
        user, "select count(*) from billing_records where run_id = ?", run_id
    )
    assert job_of(user, run_id)["lapses"] == 1


def progress(user: CommandLine, run_id: str) -> int:
    share = asked(user, "select progress from validation_runs where id = ?", run_id)
    assert share < 100, "the file is too short to be interrupted on this machine"
    return share


def asked(user: CommandLine, question: str, run_id: str) -> int:
    with closing(sqlite3.connect(user.folder / "records.sqlite")) as records:
        [[answer]] = records.execute(question, (run_id,)).fetchall()
    return answer


def completed(user: CommandLine, run_id: str) -> Any:
    report = user.told("validation", run_id)
    return report if report["run"]["status"] == "completed" else None


def test_nothing_of_a_patient_is_in_redis_or_in_the_logs(user: CommandLine) -> None:
    path = sample(user.folder, 60)
    patients = {line.rsplit(";", 1)[1].partition(" ")[0] for line in path.read_text("cp1252").splitlines()[1:]}
    fleet = user.start("fleet")
    user.told("validate", str(path), "--wait")
    fleet.terminate()
    fleet.wait()
    user.run("server", "stop")
    told = [*(user.folder / "redis").rglob("*"), user.folder / "started.log"]
    written = b"".join(file.read_bytes() for file in told if file.is_file())
    assert b"billing.validate" in written
    planted = [*(name.encode() for name in patients if len(name) >= 8), b"Tremblay"]
    assert [name for name in planted if name in written] == []
