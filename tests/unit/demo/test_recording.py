"""A recording is a valid cast, of the size that was asked for, and ends by itself, by a key and by an interrupt."""

import io
import json
import os
import pty
import signal
import subprocess
import sys
import termios
import threading
from pathlib import Path
from typing import Any

import pytest

from arqlight.demo import recording
from arqlight.demo.recording import Recorder, Screen, size_of
from arqlight_core.errors import UsageError

SAYS = "import os,sys; print('size', *os.get_terminal_size()); print('\\x1b[1mé\\x1b[0m', flush=True)"
WAITS = "import sys,tty; tty.setraw(0); print('ready', flush=True); print('heard', ascii(sys.stdin.read(1))); exit(3)"


def recorded(program: str, seconds: float = 60.0, screen: Screen | None = None) -> tuple[int, list[Any]]:
    cast = io.StringIO()
    status = Recorder(cast, (100, 30), screen).run([sys.executable, "-c", program], seconds)
    return status, [json.loads(line) for line in cast.getvalue().splitlines()]


def text_of(lines: list[Any]) -> str:
    return "".join(line[2] for line in lines[1:])


def test_a_cast_has_a_header_and_then_what_was_written_with_its_moment() -> None:
    status, lines = recorded(SAYS)
    header, *events = lines
    assert status == 0
    assert (header["version"], header["width"], header["height"]) == (2, 100, 30)
    assert isinstance(header["timestamp"], int)
    assert events
    assert all(kind == "o" and isinstance(told, str) and at >= 0 for at, kind, told in events)
    assert [one[0] for one in events] == sorted(one[0] for one in events)
    assert "size 100 30" in text_of(lines)
    assert "\x1b[1mé\x1b[0m" in text_of(lines)


def test_after_its_seconds_the_program_is_told_to_leave_by_a_key() -> None:
    status, lines = recorded(WAITS, seconds=0.3)
    assert status == 3
    assert "heard '\\x11'" in text_of(lines)


def test_a_cast_that_has_grown_too_large_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "LARGEST", 150)
    status, lines = recorded(WAITS)
    assert status == 3
    assert "heard '\\x11'" in text_of(lines)


def test_keys_reach_the_program_and_what_it_writes_is_seen() -> None:
    master, slave = pty.openpty()

    class Typist(Screen):
        def write(self, told: bytes) -> None:
            super().write(told)
            if b"ready" in told:
                os.write(master, b"x\n")

    status, lines = recorded(WAITS, screen=Typist(slave, slave))
    assert status == 3
    assert "heard 'x'" in text_of(lines)
    told = b""
    while b"heard 'x'" not in told:
        told += os.read(master, 10_000)


@pytest.mark.parametrize("text", ["", "120", "120x", "1x1", "120x40x3", "9999x40", "19x40", "axb"])
def test_a_size_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no size"):
        size_of(text)
    assert size_of("120x40") == (120, 40)


def test_an_interrupt_ends_the_recorded_program_and_restores_the_terminal(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    program = f"""
import sys
from arqlight.demo import recording
from pathlib import Path
sys.executable = {str(_stand_in(tmp_path))!r}
recording.recorded(Path({str(tmp_path / "a.cast")!r}), [], 60.0, (80, 24))
"""
    recorder = subprocess.Popen(
        [sys.executable, "-c", program], stdin=slave, stdout=slave, stderr=subprocess.PIPE, start_new_session=True
    )
    seen = _until(master, b"ready")
    assert termios.tcgetattr(slave) != before
    recorder.send_signal(signal.SIGINT)
    _, errors = recorder.communicate(timeout=20)
    assert b"KeyboardInterrupt" in errors
    assert b"ready" in seen
    assert termios.tcgetattr(slave) == before
    header, *events = [json.loads(line) for line in (tmp_path / "a.cast").read_text().splitlines()]
    assert header["width"] == 80
    assert "bye" in "".join(one[2] for one in events)


def _stand_in(folder: Path) -> Path:
    """In place of the interpreter that would run the demonstration."""
    script = folder / "demo.sh"
    script.write_text("#!/bin/sh\ntrap 'echo bye; exit 0' TERM\necho ready\nwhile :; do sleep 0.05; done\n")
    script.chmod(0o755)
    return script


def _until(master: int, wanted: bytes) -> bytes:
    seen = b""
    while wanted not in seen:
        seen += os.read(master, 10_000)
    drain = threading.Thread(target=_drain, args=(master,), daemon=True)
    drain.start()
    return seen


def _drain(master: int) -> None:
    while True:
        try:
            os.read(master, 10_000)
        except OSError:
            return
