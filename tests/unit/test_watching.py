"""What is watched is shown again and again, on a terminal in the same place; an outage of the server is waited out."""

import asyncio
from typing import cast

import pytest

from arqlight.commands import outlasting, watching
from arqlight.commands.outlasting import outlasted
from arqlight.commands.watching import watched
from arqlight_core.store.gateway import Store

NO_STORE = cast("Store", None)


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

    task = asyncio.create_task(watched(NO_STORE, look, show, watch=True))
    await enough.wait()
    task.cancel()
    assert shown[:4] == [0, 1, 2, 3]
    assert ("\x1b[H" in capsys.readouterr().out) is is_terminal


async def test_without_the_wish_it_is_shown_once():
    shown = list[str]()

    async def look() -> str:
        return "seen"

    await watched(NO_STORE, look, shown.append, watch=False)
    assert shown == ["seen"]


# ------------------------------------------------------------------ outages


class Away:
    """A server that does not answer so many questions, then the next."""

    def __init__(self, times: int) -> None:
        self.left = times

    async def look(self) -> str:
        if self.left:
            self.left -= 1
            raise ConnectionRefusedError("Connection refused")
        return "seen"


@pytest.fixture
def away_store(monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(outlasting, "ASK_EVERY", 0.0)
    return Store("redis://127.0.0.1:1/0")


async def test_an_outage_is_told_once_and_waited_out(away_store: Store, capsys: pytest.CaptureFixture[str]):
    said = list[str]()
    assert await outlasted(away_store, Away(3).look, before=lambda: said.append(capsys.readouterr().err)) == "seen"
    assert said == [""], "before anything is told"
    begun, ended = capsys.readouterr().err.splitlines()
    assert begun.startswith("arqlight: No server answers at redis://127.0.0.1:1/0 (Connection refused)")
    assert begun.endswith("Waiting until it answers again ...")
    assert ended.startswith("arqlight: The server answers again, after ")


async def test_what_lasts_too_long_is_raised(away_store: Store):
    with pytest.raises(ConnectionRefusedError):
        await outlasted(away_store, Away(1000).look, patience=0.0)


async def test_watching_begins_only_where_a_server_answers_and_goes_on_behind_an_outage(
    away_store: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(watching, "EVERY", 0.0)
    with pytest.raises(ConnectionRefusedError):
        await watched(away_store, Away(1).look, print, watch=True)
    server, shown, enough = Away(0), list[str](), asyncio.Event()

    def show(seen: str) -> None:
        shown.append(seen)
        server.left = 2
        if len(shown) == 3:
            enough.set()

    task = asyncio.create_task(watched(away_store, server.look, show, watch=True))
    await enough.wait()
    task.cancel()
