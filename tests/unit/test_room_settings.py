"""What the control room is told by its file, and where that file and the others are."""

import json
from pathlib import Path

import pytest

from arqlight.cli import run
from arqlight.room_settings import RoomSettings, read
from arqlight_core.errors import UsageError


def test_without_a_file_everything_is_as_usual(tmp_path: Path) -> None:
    assert read(tmp_path / "none.toml") == RoomSettings(mouse=True, clipboard="auto")


def test_mouse_and_clipboard_are_taken_from_it(tmp_path: Path) -> None:
    file = tmp_path / "control-room.toml"
    file.write_text('mouse = false\nclipboard = "tmux"')
    assert read(file) == RoomSettings(mouse=False, clipboard="tmux")


@pytest.mark.parametrize("text", ["mouse = 3", "mice = true", 'clipboard = "paper"', "=", "\udcff"])
def test_what_does_not_fit_is_told_with_the_file(tmp_path: Path, text: str) -> None:
    file = tmp_path / "control-room.toml"
    file.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(UsageError, match=r"control-room\.toml does not fit"):
        read(file)


def test_paths_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert run(["paths", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["contexts"] == {"path": str(tmp_path / "arqlight" / "contexts.toml"), "exists": False}
    assert set(told) == {"contexts", "settings", "memory", "log", "data"}
