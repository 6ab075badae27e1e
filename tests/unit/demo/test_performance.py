"""What is said of a demonstration that broke down: the error, not the frame around it; its traceback is kept."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from arqlight.demo.performance import BrokeDown, Performance

GROUP = "raise ExceptionGroup('two tasks', [ValueError('first'), TimeoutError('the relay is slow')])"


def ended(program: str) -> str:
    """What is told of a process that runs this."""
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=errors)
        performance = Performance(process, errors, lambda _: None)
        performance.listen()
        with pytest.raises(BrokeDown) as met:
            performance.end()
    return str(met.value)


def test_of_a_group_of_errors_the_last_one_is_named_and_the_traceback_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    told = ended(GROUP)
    [kept] = tmp_path.glob("arqlight-demo-*.log")
    assert told == (
        "The demonstration has broken down (TimeoutError: the relay is slow); what it had begun is ended; "
        f"{kept} has all that it said."
    )
    assert "ValueError: first" in kept.read_text()


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("raise SystemExit('no room left')", "no room left"),
        ("import os; os._exit(3)", "exit status 3"),
    ],
)
def test_of_one_that_says_one_thing_or_nothing_no_file_is_kept(
    program: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert ended(program) == f"The demonstration has broken down ({why}); what it had begun is ended."
    assert list(tmp_path.glob("arqlight-demo-*")) == []
