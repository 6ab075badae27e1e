"""A command that has outlived its worker is ended before the next run touches the site, and nothing else is."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from arqlight.demo.world.state import World
from arqlight_core.process_identity import born, is_zombie, place
from arqlight_core.settings import Settings
from arqlight_jobs.healer.case import Outcome
from arqlight_jobs.healer.leftover import Leftover
from tests.unit.healer.treating import a_site, treated

pytestmark = pytest.mark.skipif(not place(), reason="only Linux tells one process from another")

WAITING = (sys.executable, "-c", "input()")


@pytest.fixture
def note(tmp_path: Path) -> Leftover:
    return Leftover(tmp_path / "running")


async def waiting() -> asyncio.subprocess.Process:
    """A command that waits for ever, in a process group of its own."""
    return await asyncio.create_subprocess_exec(*WAITING, stdin=asyncio.subprocess.PIPE, start_new_session=True)


def noted(leftover: Leftover, pid: int, **changes: str) -> None:
    leftover.note.write_text(json.dumps({"pid": pid, "born": born(pid), "place": place(), **changes}))


async def test_what_still_runs_is_ended_at_once(note: Leftover) -> None:
    process = await waiting()
    noted(note, process.pid)
    await asyncio.to_thread(note.end)
    assert not born(process.pid) or is_zombie(process.pid)
    assert await process.wait() == -signal.SIGKILL
    assert not note.note.exists()


@pytest.mark.parametrize("changes", [{"born": "1"}, {"born": ""}, {"place": "another machine"}, {"place": ""}])
async def test_a_process_that_is_another_or_may_be_is_left_alone(note: Leftover, changes: dict[str, str]) -> None:
    process = await waiting()
    noted(note, process.pid, **changes)
    note.end()
    assert born(process.pid)
    assert not is_zombie(process.pid)
    process.kill()
    await process.wait()


@pytest.mark.parametrize("content", ["", "{"])
def test_a_note_that_was_cut_off_names_nobody(note: Leftover, content: str) -> None:
    note.note.write_text(content)
    note.end()
    assert not note.note.exists()
    note.end()


async def test_while_a_command_runs_it_is_noted_and_afterwards_it_is_not(note: Leftover) -> None:
    with note.noted() as started:
        started(os.getpid())
        assert json.loads(note.note.read_text())["born"] == born(os.getpid())
    assert not note.note.exists()


async def test_a_fix_and_its_undo_end_what_an_older_run_has_left_running(world: World, settings: Settings) -> None:
    async with treated(settings, world, a_site(world), "PB04", "akismet") as attempt:
        for work, outcome in ((attempt.fix, Outcome.APPLIED), (attempt.undo, Outcome.UNDONE)):
            process = await waiting()
            noted(Leftover(attempt.case.files.place("fixes/01/running")), process.pid)
            assert (await work()).outcome is outcome
            assert await process.wait() == -signal.SIGKILL


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "site")
    made.create()
    return made
