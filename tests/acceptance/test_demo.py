"""`arqlight demo` without a terminal: what it prints, and that nothing is lost."""

import json

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
