"""Which way a text takes to the clipboard, and what is said when none takes it."""

import shutil
from pathlib import Path

import pytest

from arqlight_core.errors import UsageError
from arqlight_screens.clipboard import NATIVE, OSC52_MOST, TERMINAL, TMUX, Way, copy, ways

EVERY = {way.command[0] for _, way in NATIVE} | {"tmux"}


def names(environ: dict[str, str], wanted: str = "auto", has: set[str] = EVERY) -> list[str]:
    return [way.command[0] if way.command else "terminal" for way in ways(environ, has.__contains__, wanted)]


def test_tmux_goes_first_then_tools_of_the_machine_then_the_terminal() -> None:
    assert names({"TMUX": "x", "DISPLAY": ":0"})[:3] == ["tmux", "xclip", "xsel"]
    assert names({"DISPLAY": ":0"})[-1] == "terminal"
    assert names({}, has={"wl-copy", "xclip"}) == ["terminal"]


def test_over_ssh_the_tools_of_the_far_machine_are_left_alone() -> None:
    assert names({"SSH_TTY": "/dev/pts/1", "DISPLAY": ":0"}) == ["terminal"]
    assert names({"SSH_CONNECTION": "x", "TMUX": "x"}) == ["tmux", "terminal"]


def test_the_setting_names_the_only_way() -> None:
    assert names({"TMUX": "x"}, "osc52") == ["terminal"]
    assert names({}, "tmux") == ["tmux"]
    assert names({"TMUX": "x"}, "off") == []


async def test_what_a_tool_does_not_take_goes_the_next_way(tmp_path: Path) -> None:
    taken, written = tmp_path / "taken", list[str]()
    cat = shutil.which("tee") or "tee"
    tried = [Way("native", "gone", ("no-such-tool",)), Way("native", "fails", ("false",))]
    assert await copy("job-1", [*tried, Way("native", "tee", (cat, str(taken)))], written.append) == "tee"
    assert (taken.read_text(), written) == ("job-1", [])
    assert await copy("job-2", [*tried, TERMINAL], written.append) == TERMINAL.name
    assert written == ["job-2"]


async def test_the_terminal_is_not_given_more_than_it_takes() -> None:
    written = list[str]()
    await copy("x" * (OSC52_MOST * 3 // 4), [TERMINAL], written.append)
    with pytest.raises(UsageError, match=r"75,000 characters are more than a terminal takes: export"):
        await copy("x" * 75_000, [TERMINAL], written.append)
    assert len(written) == 1


async def test_without_any_way_the_setting_is_named() -> None:
    with pytest.raises(UsageError, match="clipboard"):
        await copy("x", [], list[str]().append)
    assert TMUX.command[-1] == "-"
