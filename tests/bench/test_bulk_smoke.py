"""The benchmark of bulks runs and reports; its figures are for quiet machines and not judged here."""

import subprocess
import sys

import msgspec
import pytest

from tests.bench.bulk import Measured
from tests.bench.drain import ROOT


@pytest.mark.timeout(120)
def test_the_bulk_benchmark_has_the_fleet_carry_every_operation():
    command = [sys.executable, "-m", "tests.bench.bulk", "--jobs", "1200", "--dead", "1100", "--rest", "0.2", "--json"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.stdout, done.stderr
    told = msgspec.json.decode(done.stdout, type=list[Measured])
    assert [(one.operation, one.jobs) for one in told] == [("purge", 1200), ("undo", 1200), ("retry", 1100)]
    assert all(one.seconds > 0 and one.busy_before > 0 for one in told)
