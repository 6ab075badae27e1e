"""A neighbour is dead when its pid is gone or belongs to another process by now; in doubt it lives."""

import os
import subprocess
import sys
from typing import Any

import pytest

from arqlight_core.process_identity import born, place
from arqlight_fleet import neighbourhood

pytestmark = pytest.mark.skipif(not place(), reason="only Linux tells one boot from another")


def told(pid: int, **changes: Any) -> dict[str, Any]:
    return {"pid": pid, "place": place(), "born": born(pid), **changes}


def test_a_process_that_runs_is_not_dead():
    assert not neighbourhood.is_dead(told(os.getpid()))


def test_a_process_that_has_ended_is_dead_even_before_its_parent_has_waited_for_it():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    account = told(process.pid)
    assert not neighbourhood.is_dead(account)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert neighbourhood.is_dead(account)
    process.communicate()
    assert neighbourhood.is_dead(account)


def test_a_pid_that_another_process_has_by_now_means_that_the_worker_is_dead():
    assert neighbourhood.is_dead(told(os.getpid(), born="1"))


@pytest.mark.parametrize("changes", [{"place": "another machine"}, {"place": ""}])
def test_of_a_process_elsewhere_nothing_is_known(changes: dict[str, str]):
    assert not neighbourhood.is_dead(told(2**22 - 1, **changes))


def test_a_process_of_another_user_that_cannot_be_asked_lives(monkeypatch: pytest.MonkeyPatch):
    def forbidden(pid: int, number: int) -> None:
        raise PermissionError(pid, number)

    monkeypatch.setattr(os, "kill", forbidden)
    assert not neighbourhood.is_dead(told(os.getpid(), born="1"))


def test_a_worker_that_does_not_say_when_it_was_born_lives_while_its_pid_does():
    account = told(os.getpid())
    del account["born"]
    assert not neighbourhood.is_dead(account)
