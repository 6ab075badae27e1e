"""The benchmark of the control room runs and reports; its figures are for quiet machines and not judged here."""

import subprocess
import sys

import msgspec
import pytest

from tests.bench.drain import ROOT
from tests.bench.figures import Figure

DIFFERENCES = {"server's processor a look"}
"""What is taken beyond what was taken before: within a second of a busy machine it may come to nothing."""


@pytest.mark.timeout(180)
def test_the_screen_benchmark_measures_what_is_promised_of_the_control_room():
    command = [
        sys.executable,
        "-m",
        "tests.bench.screen",
        "--jobs",
        "2000",
        "--seconds",
        "1",
        "--rounds",
        "1",
        "--json",
    ]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.stdout, done.stderr
    told = {one.name.strip(): one for one in msgspec.json.decode(done.stdout, type=list[Figure])}
    assert {"start to first paint", "cursor, p95", "page, p95", "jump, p95", "Escape, p95", "commands a look"} <= set(
        told
    )
    assert {"view switch, p95 of all", "server stands still: cursor, p95", "memory"} <= set(told)
    assert {name: one.value for name, one in told.items() if one.value <= 0 and name not in DIFFERENCES} == {}
