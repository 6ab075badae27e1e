"""What an undo makes of the database: it comes out of its dump only where a command could not set back what it set."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from arqlight.demo.world.breaking import BREAKS
from arqlight.demo.world.state import World
from arqlight_core.settings import Settings
from arqlight_jobs.healer import reach
from arqlight_jobs.healer.case import Outcome
from arqlight_jobs.healer.words import SymptomId
from arqlight_jobs.healer.wpcli import Ran
from tests.unit.healer.treating import a_site, treated

IMPORT = ["db", "import", "-"]


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "site")
    made.create()
    return made


async def test_it_comes_out_of_its_dump_whatever_kept_a_command_from_setting_it_back(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    async def refused(*_: Any, **__: Any) -> Ran:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    async with treated(settings, world, a_site(world), "PB04", "akismet") as attempt:
        before = attempt.options()
        await attempt.fix()
        assert attempt.options() != before
        monkeypatch.setattr(reach, "run_wp", refused)
        attempt.run.attempt = 2
        assert (await attempt.undo()).outcome is Outcome.UNDONE
        assert attempt.options() == before


async def test_what_visitors_wrote_meanwhile_stays_when_only_files_could_not_be_put_back(
    world: World, settings: Settings
):
    BREAKS[SymptomId.PLUGIN_CORRUPT](world)
    async with treated(settings, world, a_site(world), "PB05", "akismet") as attempt:
        tree, options = attempt.tree(), attempt.options()
        await attempt.fix()
        assert attempt.tree() != tree
        world.change(lambda state: state["db"]["posts"].update(comment="I was here."))
        (attempt.case.files.folder / "fixes/01/kept/0-0.tar.gz").write_bytes(b"")
        attempt.run.attempt = 2
        assert (await attempt.undo()).outcome is Outcome.UNDONE
        assert (attempt.tree(), attempt.options()) == (tree, options)
    assert world.read()["db"]["posts"]["comment"]
    assert IMPORT not in world.calls()


async def test_what_no_undo_takes_back_is_said(world: World, settings: Settings):
    BREAKS[SymptomId.CRON_STALLED](world)
    async with treated(settings, world, a_site(world), "PB18") as attempt:
        await attempt.fix()
        found = await attempt.undo()
    assert found.outcome is Outcome.UNDONE
    assert found.reason.endswith("What `wp cron event` did to the database stays.")
    assert IMPORT not in world.calls()
