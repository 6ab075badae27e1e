"""What belongs together, from the command line."""

import pytest

from arqlight_jobs.billing.samples import write_sample
from tests.acceptance.command_line import CommandLine

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]


def test_jobs_of_one_correlation_id_are_shown_together(user: CommandLine) -> None:
    path = user.folder / "sample.csv"
    write_sample(path, rows=5, violations={}, encoding="utf-8", delimiter=";", seed=1)
    ids = [
        user.run("enqueue", "billing.validate", str(path), "--correlation-id", "may-run").stdout.strip()
        for _ in range(2)
    ]
    told = user.told("flow", "may-run")
    assert [step["id"] for step in told["steps"]] == ids
    assert {(step["state"], step["job_type"], step["depth"]) for step in told["steps"]} == {
        ("waiting", "billing.validate", 0)
    }
    assert "waiting for a free worker" in user.run("flow", "may-run").stdout
    assert "may-run" in user.run("job", ids[0]).stdout
    [recent] = user.told("flows")["rows"]
    assert (recent["correlation_id"], recent["states"], recent["root"]) == ("may-run", {"waiting": 2}, ids[0])
    listed = user.run("flows").stdout
    assert "2 waiting" in listed
    assert "so far" in listed


def test_a_correlation_id_that_nothing_carries_is_told_in_one_sentence(user: CommandLine) -> None:
    said = user.run("flow", "nothing", expect=2).stderr
    assert "No job of the last week carries the correlation id nothing" in said
    assert len(said.strip().splitlines()) == 1
