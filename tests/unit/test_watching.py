"""What is watched is shown again and again; only a terminal is told to begin in the same place."""

import asyncio

import pytest

from arqlight.commands import watching
from arqlight.commands.watching import watched


@pytest.mark.parametrize("is_terminal", [True, False])
async def test_what_is_watched_is_shown_again(
    is_terminal: bool,  # noqa: FBT001 - a case
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(watching, "EVERY", 0.0)
    monkeypatch.setattr("sys.stdout.isatty", lambda: is_terminal)
    shown, enough = list[int](), asyncio.Event()

    async def look() -> int:
        return len(shown)

    def show(seen: int) -> None:
        shown.append(seen)
        if seen == 3:
            enough.set()

    task = asyncio.create_task(watched(look, show, watch=True))
    await enough.wait()
    task.cancel()
    assert shown[:4] == [0, 1, 2, 3]
    assert ("\x1b[H" in capsys.readouterr().out) is is_terminal


async def test_without_the_wish_it_is_shown_once():
    shown = list[str]()

    async def look() -> str:
        return "seen"

    await watched(look, shown.append, watch=False)
    assert shown == ["seen"]
