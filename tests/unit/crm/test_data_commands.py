"""`arqlight import`, `imports`, `export` and `exports` as people and programs use them."""

import asyncio
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from arqlight_core.catalogue import Catalogue
from arqlight_core.settings import load
from arqlight_fleet.worker import FleetWorker
from tests.unit.crm.desk import open_desk
from tests.unit.crm.importing import csv_of, people
from tests.unit.shell import Shell


@pytest.fixture
def room(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A command line with a tenant on record."""
    monkeypatch.setenv("ARQLIGHT_DATA_DIR", str(tmp_path / "data"))

    async def begun() -> None:
        async with open_desk(load()):
            pass

    asyncio.run(begun())
    return shell


@contextmanager
def working(shell: Shell) -> Generator[None]:
    """A worker beside the command line."""
    over = threading.Event()

    async def served() -> None:
        queues = [Catalogue.discover("arqlight_jobs").queues[name] for name in ("crm:import", "crm:export")]
        worker = FleetWorker(queues=queues, url=shell.url, settings=load(), handle_signals=False)
        task = asyncio.ensure_future(worker.async_run())
        await asyncio.to_thread(over.wait)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await worker.close()

    thread = threading.Thread(target=lambda: asyncio.run(served()))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def given(folder: Path, text: str) -> str:
    path = folder / "given.csv"
    path.write_text(text)
    return str(path)


def test_a_file_is_taken_in_and_told_of(room: Shell, tmp_path: Path) -> None:
    path = given(tmp_path, csv_of([*people(2), ("bad", "x", "", "")]))
    with working(room):
        told = room.told("import", path, "--tenant", "acme", "--wait")
        assert (told["status"], told["created"], told["rejected"]) == ("done", 2, 1)
        assert Path(told["rejects"]).read_text().splitlines() == ["row,reason", "3,phone_unreadable"]
        assert room.told("import", path, "--tenant", "acme")["id"] == told["id"]
        [listed] = room.told("imports", "--tenant", "acme")
        assert listed == told
        assert "2 created, 0 updated" in room.run("import", path, "--tenant", "acme")
    assert told["id"] in room.run("imports")


def test_columns_can_be_named(room: Shell, tmp_path: Path) -> None:
    path = given(tmp_path, csv_of([("514 555-0200", "Laval")], ("Rufnr", "Ort")))
    with working(room):
        words = ("import", "--map", "Rufnr=phone", "--map", "Ort=fields.city", path, "--tenant", "acme", "--wait")
        assert room.told(*words)["created"] == 1


def test_a_file_of_no_use_says_why(room: Shell, tmp_path: Path) -> None:
    with working(room):
        told = room.run("import", given(tmp_path, "a,b\n1,2\n"), "--tenant", "acme", "--wait", expect=1)
    assert "No column is known as a telephone number or a mail address" in told


def test_what_failed_and_has_a_job_still_is_to_be_retried(room: Shell, tmp_path: Path) -> None:
    path = given(tmp_path, "a,b\n1,2\n")
    with working(room):
        room.run("import", path, "--tenant", "acme", "--wait", expect=1)
        room.run("import", path, "--tenant", "acme", expect=2)
    assert "arqlight retry crm:import" in room.complained


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("import", "{file}", "--tenant", "nobody"), "no tenant nobody"),
        (("import", "{file}-not", "--tenant", "acme"), "no such file"),
        (("import", "{file}", "--tenant", "acme", "--map", "x"), "header=field"),
        (("import", "{file}", "--tenant", "acme", "--map", "x=y"), "cannot be mapped"),
        (("export", "--tenant", "nobody"), "no tenant nobody"),
        (("export", "--tenant", "acme", "--what", "keys"), "what"),
        (("exports", "--take", "x", "--token", "y"), "opens no export"),
    ],
)
def test_wrong_calls_are_told_in_a_sentence(room: Shell, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    path = given(tmp_path, csv_of(people(1)))
    room.run(*(word.format(file=path) for word in words), expect=2)
    assert said in room.complained
    assert room.told("imports") == room.told("exports") == []


def test_a_file_is_written_and_taken_away_by_its_token(room: Shell, tmp_path: Path) -> None:
    with working(room):
        told = room.told("export", "--tenant", "acme", "--bom", "--wait")
        assert (told["status"], told["rows"]) == ("done", 1)
    target = tmp_path / "mine.csv"
    words = ("exports", "--take", told["id"], "--token", told["token"], "--to", str(target))
    assert room.told(*words) == {"file": str(target)}
    assert target.read_bytes().startswith(b"\xef\xbb\xbfid,phone")
    room.run(*words, expect=2)
    assert "is there already" in room.complained
    [listed] = room.told("exports")
    assert "token" not in listed
    assert told["id"] in room.run("exports")


def test_without_any_there_is_a_sentence(room: Shell) -> None:
    assert room.run("imports") == "No import is on record.\n"
    assert room.run("exports") == "No export is on record.\n"
