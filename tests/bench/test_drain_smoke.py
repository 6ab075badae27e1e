"""The benchmark runs and reports; its figures are for quiet machines and not judged here."""

import subprocess
import sys

import msgspec
import pytest

from tests.bench.drain import KINDS, ROOT, Report


@pytest.mark.timeout(120)
def test_the_drain_benchmark_drains_and_reports_every_kind():
    command = [sys.executable, "-m", "tests.bench.drain", "--jobs", "300", "--rounds", "1", "--json"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    report = msgspec.json.decode(done.stdout, type=Report)
    assert done.returncode in (0, 1), done.stderr
    assert set(report.rounds) == set(report.medians) == set(KINDS)
    assert all(rate > 0 for rates in report.rounds.values() for rate in rates)
    assert report.jobs == 300
