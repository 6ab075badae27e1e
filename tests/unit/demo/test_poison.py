"""A poison job takes workers of the show's own fleet down, and nobody else's."""

import subprocess
import sys

import pytest

from arqlight.demo import poison

SLEEPS = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"


@pytest.fixture
def fleet() -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", SLEEPS], stdin=subprocess.PIPE)


def worker_of(fleet: "subprocess.Popen[bytes]") -> int:
    while not (found := poison.psutil.Process(fleet.pid).children()):
        pass
    return found[0].pid


def test_a_worker_of_the_fleet_is_killed(fleet: "subprocess.Popen[bytes]") -> None:
    assert poison.take_down(fleet.pid, f"host-{worker_of(fleet)}-a1b2")
    assert fleet.wait(10) == 0
    fleet.communicate()


@pytest.mark.parametrize("worker", ["host-1-a1b2", "host-name-with-dashes-1-a1b2", "host-x-a1b2", "", "host"])
def test_nobody_elses_worker_is_killed(fleet: "subprocess.Popen[bytes]", worker: str) -> None:
    worker_of(fleet)
    assert not poison.take_down(fleet.pid, worker)
    assert fleet.poll() is None
    fleet.communicate(b"\n", 10)
