"""Where a link leads out of a site, no playbook follows it: what lies outside stays byte for byte as it is."""

from pathlib import Path

import pytest

from arqlight.demo.world.breaking import BREAKS
from arqlight.demo.world.state import World
from arqlight_core.settings import Settings
from arqlight_jobs.healer import baseline
from arqlight_jobs.healer.case import Outcome
from arqlight_jobs.healer.evidence import BigLog, Commands, Disk
from arqlight_jobs.healer.words import SymptomId
from tests.unit.healer.attempts import snapshot
from tests.unit.healer.treating import a_site, linked_out, treated

KNOWN = {"commands": Commands(wordpress="6.1.9")}
LARGE = {"disk": Disk(0, 1, big_logs=(BigLog("wp-content/logs/error.log", 60 * 1024 * 1024),))}


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "site")
    made.create()
    return made


def prepare(world: World) -> None:
    for symptom in (SymptomId.MAINTENANCE_STUCK, SymptomId.DROPIN_FATAL, SymptomId.DISK_FULL, SymptomId.PLUGIN_CORRUPT):
        BREAKS[symptom](world)
    (world.root / "wp-content/logs").mkdir()
    (world.root / "wp-content/logs/error.log").write_text("a line\n")


@pytest.mark.parametrize(
    ("playbook", "component", "out", "level"),
    [
        ("PB04", "akismet", "wp-content/plugins", 1),
        ("PB05", "akismet", "wp-content/plugins", 2),
        ("PB05", "akismet", "wp-content/plugins/akismet", 2),
        ("PB05", "akismet", "wp-content/plugins/akismet/includes", 2),
        ("PB07", "wp-content/object-cache.php", "wp-content", 1),
        ("PB07", "wp-content/mu-plugins/house.php", "wp-content/mu-plugins", 1),
        ("PB08", "", "wp-includes", 2),
        ("PB08", "", "wp-login.php", 2),
        ("PB08", "", "wp-admin/admin.php", 2),
        ("PB09", "", "wp-config.php", 1),
        ("PB10", "", "wp-config.php", 1),
        ("PB11", "", ".htaccess", 1),
        ("PB12", "", "wp-config.php", 1),
        ("PB14", "", "wp-content/cache", 1),
        ("PB14", "", "wp-content/logs", 1),
    ],
)
async def test_what_would_work_behind_a_link_out_is_refused(
    playbook: str, component: str, out: str, level: int, world: World, settings: Settings, tmp_path: Path
):
    prepare(world)
    outside = linked_out(world, out, tmp_path / "outside")
    async with treated(settings, world, a_site(world, level=level), playbook, component, **KNOWN, **LARGE) as attempt:
        tree = attempt.tree()
        found = await attempt.fix()
        assert found.outcome is Outcome.BROKE_OFF, found.reason
        assert str(tmp_path) not in found.reason
        assert (attempt.tree(), snapshot(tmp_path / "outside")) == (tree, outside)
        assert (await attempt.undo()).outcome is Outcome.UNDONE
        assert (attempt.tree(), snapshot(tmp_path / "outside")) == (tree, outside)


@pytest.mark.parametrize(
    ("playbook", "component", "out"),
    [
        ("PB01", "", ".maintenance"),
        ("PB04", "akismet", "wp-content/plugins/akismet"),
        ("PB07", "wp-content/object-cache.php", "wp-content/object-cache.php"),
        ("PB14", "", "wp-content/cache/pages"),
        ("PB15", "", "wp-content/uploads"),
    ],
)
async def test_a_link_itself_may_be_moved_but_what_it_leads_to_stays(
    playbook: str, component: str, out: str, world: World, settings: Settings, tmp_path: Path
):
    prepare(world)
    (world.root / "wp-content/uploads").chmod(0o700)
    (world.root / "index.php").chmod(0o600)
    outside = linked_out(world, out, tmp_path / "outside")
    async with treated(settings, world, a_site(world, level=1), playbook, component) as attempt:
        tree = attempt.tree()
        await attempt.fix()
        assert snapshot(tmp_path / "outside") == outside
        undone = await attempt.undo()
        assert undone.outcome is Outcome.UNDONE, undone.reason
        assert (attempt.tree(), snapshot(tmp_path / "outside")) == (tree, outside)


async def test_pb15_leaves_a_file_alone_that_has_another_name_outside(world: World, settings: Settings, tmp_path: Path):
    (tmp_path / "outside").write_text("secret")
    (tmp_path / "outside").chmod(0o600)
    (world.root / "twin.php").hardlink_to(tmp_path / "outside")
    (world.root / "index.php").chmod(0o600)
    async with treated(settings, world, a_site(world, level=1), "PB15") as attempt:
        assert (await attempt.fix()).outcome is Outcome.APPLIED
    assert (world.root / "index.php").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "outside").stat().st_mode & 0o777 == 0o600


async def test_pb17_writes_nothing_through_a_link_that_leads_out(world: World, settings: Settings, tmp_path: Path):
    baseline.healthy_files(settings, "s").write("copies/wp-config.php", b"<?php secrets")
    (world.root / "wp-config.php").unlink()
    (world.root / "wp-config.php").symlink_to(tmp_path / "elsewhere.php")
    async with treated(settings, world, a_site(world, level=1), "PB17") as attempt:
        assert (await attempt.fix()).outcome is Outcome.BROKE_OFF
    assert not (tmp_path / "elsewhere.php").exists()


@pytest.mark.parametrize(
    ("playbook", "component"),
    [
        ("PB04", "--exec=system('id')"),
        ("PB05", "--require=evil.php"),
        ("PB04", "../../outside"),
        ("PB07", "../outside.php"),
        ("PB07", "wp-content/mu-plugins/../../wp-config.php"),
        ("PB07", "wp-config.php"),
        ("PB04", ""),
    ],
)
async def test_a_component_that_is_no_name_is_refused(playbook: str, component: str, world: World, settings: Settings):
    if component.startswith("--"):
        (world.root / "wp-content/plugins" / component).mkdir()
    async with treated(settings, world, a_site(world), playbook, component) as attempt:
        tree, calls = attempt.tree(), len(world.calls())
        assert (await attempt.fix()).outcome is Outcome.BROKE_OFF
        assert (attempt.tree(), len(world.calls())) == (tree, calls)


async def test_an_old_value_that_would_be_an_option_of_the_undo_keeps_a_command_from_being_run(
    world: World, settings: Settings
):
    world.option("home", "--exec=system('id');")
    async with treated(settings, world, a_site(world), "PB12") as attempt:
        found = await attempt.fix()
        assert (found.outcome, "could not be put back" in found.reason) == (Outcome.BROKE_OFF, True)
        assert (await attempt.undo()).outcome is Outcome.UNDONE
    assert world.read()["db"]["options"]["home"] == "--exec=system('id');"


async def test_a_site_folder_that_is_swapped_for_a_link_is_not_touched(
    world: World, settings: Settings, tmp_path_factory: pytest.TempPathFactory
):
    BREAKS[SymptomId.MAINTENANCE_STUCK](world)
    async with treated(settings, world, a_site(world, level=1), "PB01") as attempt:
        other = tmp_path_factory.mktemp("elsewhere") / "site"
        world.root.rename(other)
        world.root.symlink_to(other)
        before = snapshot(other)
        found = await attempt.fix()
        assert (found.outcome, snapshot(other)) == (Outcome.BROKE_OFF, before)
