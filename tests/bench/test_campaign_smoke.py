"""The benchmark runs and reports; its figures are for quiet machines and not judged here."""

import subprocess
import sys

import msgspec
import pytest

from tests.bench.campaign import Report
from tests.bench.drain import ROOT


@pytest.mark.timeout(120)
def test_the_campaign_benchmark_reaches_everybody_once_while_workers_are_killed() -> None:
    told = ["--recipients", "150", "--workers", "2", "--kill-every", "1.5", "--json"]
    command = [sys.executable, "-m", "tests.bench.campaign", *told]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    report = msgspec.json.decode(done.stdout, type=Report)
    assert (report.sent + report.unknown, report.twice) == (150, 0)
