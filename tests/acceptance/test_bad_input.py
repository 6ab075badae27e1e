"""Every mistake gets one sentence with its cause and its remedy, the right exit status, and loses nothing."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from arqlight_jobs.billing.samples import write_sample
from tests.acceptance.command_line import CommandLine

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["stauts"], 2, "did you mean status?"),
        (["jobs"], 2, "QUEUE"),
        (["jobs", "crm:nothing"], 2, "There is no queue crm:nothing"),
        (["job", "nonsense"], 2, "There is no job nonsense"),
        (["enqueue", "billing.nothing"], 2, "known are: billing.validate"),
        (["enqueue", "billing.validate", '{"validation_id": 3}'], 2, "validation_id"),
        (["enqueue", "billing.validate", "{oops"], 2, "not JSON"),
        (["validate", "nowhere.csv"], 2, "There is no such file"),
        (["validation", "nonsense"], 2, "There is no validation run"),
        (["pause", "crm:nothing"], 2, "There is no queue"),
        (["fleet", "--queue", "crm:nothing"], 2, "There is no queue crm:nothing"),
        (["fleet", "--processes", "0"], 2, "processes"),
        ([], 2, "needs a terminal"),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_status_2(
    user: CommandLine, arguments: list[str], status: int, said: str
) -> None:
    assert said.lower() in user.run(*arguments, expect=status).stderr.lower()


@pytest.mark.parametrize(
    ("name", "content"), [("empty.csv", b""), ("binary.csv", bytes(range(256)) * 20), ("folder.csv", None)]
)
def test_a_file_that_is_no_csv_is_refused_before_anything_is_stored(
    user: CommandLine, name: str, content: bytes | None
) -> None:
    path = user.folder / name
    path.mkdir() if content is None else path.write_bytes(content)
    said = user.run("validate", str(path), expect=2).stderr
    assert len(said.strip().splitlines()) == 1
    assert user.run("status").stdout.startswith("No queue")


def test_a_screen_whose_errors_go_to_a_file_is_refused_for_it_would_be_drawn_there(user: CommandLine) -> None:
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "arqlight"]
    environment = user.environment | {"TERM": "xterm-256color"}
    done = subprocess.run(
        command, env=environment, stdin=slave, stdout=slave, stderr=subprocess.PIPE, check=False, timeout=60
    )
    os.close(slave)
    os.close(master)
    assert done.returncode == 2
    assert b"needs a terminal" in done.stderr


def test_an_oversized_file_is_refused(user: CommandLine) -> None:
    path = user.folder / "huge.csv"
    path.write_bytes(b"Facture;Code\n" * (51 * 2**20 // 13 + 1))
    assert "50 MB" in user.run("validate", str(path), expect=2).stderr


def test_an_unreachable_server_is_named_with_the_remedy(user: CommandLine) -> None:
    user.extra["REDIS_URL"] = "redis://:secret@127.0.0.1:1/0"
    for command in (["status"], ["fleet"], ["doctor"], ["pause", "billing:validation"]):
        said = user.run(*command, expect=1).stderr
        assert "No server answers at redis://:***@127.0.0.1:1" in said
        assert "REDIS_URL" in said
    del user.extra["REDIS_URL"]


def test_a_file_is_not_kept_when_its_job_cannot_be_queued(user: CommandLine) -> None:
    path = user.folder / "fine.csv"
    write_sample(path, rows=10, violations={}, encoding="utf-8", delimiter=";", seed=1)
    user.extra["REDIS_URL"] = "redis://127.0.0.1:1/0"
    user.run("validate", str(path), expect=1)
    del user.extra["REDIS_URL"]
    assert path.exists()
    assert not any(_uploads(user.folder))


def _uploads(folder: Path) -> list[Path]:
    place = folder / "uploads"
    return list(place.iterdir()) if place.exists() else []


def test_a_setting_that_does_not_fit_is_named(user: CommandLine) -> None:
    user.extra["ARQLIGHT_LEASE"] = "soon"
    assert "ARQLIGHT_LEASE" in user.run("status", expect=2).stderr
    del user.extra["ARQLIGHT_LEASE"]
