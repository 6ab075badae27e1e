"""The phases that keep a site safe, on the stand-in site with real files, a real server and real commands."""

import asyncio
import shutil
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from arqlight.demo.world.breaking import BREAKS
from arqlight.demo.world.state import World
from arqlight_core.errors import Discard
from arqlight_core.settings import Settings
from arqlight_jobs.healer import dump
from arqlight_jobs.healer.archive import Packing
from arqlight_jobs.healer.backup import Shelf
from arqlight_jobs.healer.baseline import copy_of, healthy_of, stored, usual_of
from arqlight_jobs.healer.case import Outcome, Phase
from arqlight_jobs.healer.manifest import differences, manifest_of
from arqlight_jobs.healer.phases import backup, baseline
from arqlight_jobs.healer.taking_baselines import renew
from arqlight_jobs.healer.words import SymptomId
from tests.healing import a_case
from tests.running import FakeRun
from tests.unit.healer.stand_in_site import served, site_of

Outputs = Mapping[Phase, Mapping[str, Any]]


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "www/site")
    made.create()
    return made


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, verify_pause=0.0)


# ------------------------------------------------------------------ baseline


async def test_a_site_that_is_well_gets_a_healthy_baseline_and_a_sick_one_is_linked_to_it(
    world: World, settings: Settings
) -> None:
    async with served(world) as site, a_case(settings, site, Phase.BASELINE) as case:
        assert await renew(site, case.client, settings)
        assert not await renew(site, case.client, settings)  # it is fresh
        healthy = await healthy_of(settings, "s")
        assert healthy
        assert not healthy.degraded

        BREAKS[SymptomId.PLUGIN_FATAL](world)
        finding = await baseline.carry_out(case)
        sick = stored(case.files)
        assert sick
    assert finding.outcome is Outcome.STORED
    assert finding.output["degraded"]
    assert finding.output["healthy"] == healthy.at.isoformat()
    assert {one.about for one in sick.complaints} >= {"home", "login", "rest"}
    assert (sick.healthy_at, sick.wordpress) == (healthy.at, healthy.wordpress)
    assert {one.slug: one.version for one in sick.plugins}["akismet"] == "5.0.1"
    assert {"wp-config.php", "index.php", "wp-includes/version.php"} <= {one.path for one in sick.files}
    usual = await usual_of(settings, "s")
    assert usual
    assert usual.sizes["home"] > 500
    assert usual.ttfb_ms["home"] > 0


async def test_copies_of_the_settings_come_back_and_nothing_else_does(world: World, settings: Settings) -> None:
    config = (world.root / "wp-config.php").read_bytes()
    async with served(world) as site, a_case(settings, site, Phase.BASELINE) as case:
        await renew(site, case.client, settings)
    (world.root / "wp-config.php").unlink()
    assert copy_of(settings, "s", "wp-config.php") == config
    assert copy_of(settings, "s", "../baseline.json") is None
    assert copy_of(settings, "unknown", "wp-config.php") is None
    private = (settings.data_dir / "healer/s/healthy").rglob("*")
    assert all(config not in path.read_bytes() for path in private if path.is_file())


async def test_a_site_that_is_down_is_a_baseline_too_and_never_the_healthy_one(
    world: World, settings: Settings
) -> None:
    async with a_case(settings, site_of(world), Phase.BASELINE) as case:
        finding = await baseline.carry_out(case)
        assert not await renew(case.site, case.client, settings)
    assert (finding.outcome, finding.output["degraded"], finding.output["healthy"]) == (Outcome.STORED, True, None)


@pytest.mark.parametrize("phase", [baseline, backup])
async def test_a_root_that_may_not_be_read_ends_the_phase(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch, phase: Any
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("arqlight_jobs.healer.manifest.opened_folder", refused)
    async with a_case(settings, replace(site_of(world), command=()), Phase.BACKUP) as case:
        with pytest.raises(Discard, match="may not be read"):
            await phase.carry_out(case)


# ------------------------------------------------------------------ backup


async def test_files_and_database_are_backed_up_and_come_back_as_they_were(world: World, settings: Settings) -> None:
    run = FakeRun(settings)
    async with a_case(settings, site_of(world), Phase.BACKUP, run=run) as case:
        finding = await backup.carry_out(case)
        tables = world.read()["db"]
        world.option("home", "http://elsewhere.example")
        assert await dump.restore_database(case.files, case.site, world.root) == ""
        assert world.read()["db"] == tables
        kept = sorted(path.name for path in case.files.folder.rglob("*") if path.is_file())
    assert finding.outcome is Outcome.VERIFIED
    assert finding.output["database"]
    assert finding.output["scope"] == "whole"
    assert finding.output["files"] > 5
    assert [name for name in kept if name.endswith(".sql")] == []
    assert run.percents == sorted(run.percents)
    assert run.percents[-1] == 100


async def test_carried_out_again_after_a_crash_it_uses_the_backup_that_is_there(
    world: World, settings: Settings
) -> None:
    async with a_case(settings, site_of(world), Phase.BACKUP) as case:
        first = await backup.carry_out(case)
        archive = Shelf(case.files).load().archive
        (case.files.folder / "dump/database.sql").write_bytes(b"left by a process that was killed")
        second = await backup.carry_out(case)
        assert Shelf(case.files).load().archive == archive
    assert second.output == first.output


async def test_without_a_dump_the_files_are_backed_up_and_it_is_said_why(world: World, settings: Settings) -> None:
    world.fault(db="down")
    async with a_case(settings, site_of(world), Phase.BACKUP) as case:
        finding = await backup.carry_out(case)
        backed_up = Shelf(case.files).load()
    assert finding.outcome is Outcome.VERIFIED
    assert not finding.output["database"]
    assert "wp db export ended with status" in finding.reason
    assert backed_up.database_problem


async def test_a_hook_of_the_owner_goes_before_wp_cli(world: World, settings: Settings) -> None:
    site = replace(site_of(world), hooks={"db_dump": world.hook("db_dump"), "db_restore": world.hook("db_restore")})
    async with a_case(settings, site, Phase.BACKUP) as case:
        assert (await backup.carry_out(case)).output["database"]
        assert await dump.restore_database(case.files, site, world.root) == ""
    assert {call[0] for call in world.calls()} == {"db_dump", "db_restore"}


async def test_a_dump_stops_before_it_fills_the_disk(world: World, tmp_path: Path) -> None:
    world.change(lambda state: state["commands"].update(hang=["db export"]))
    free = iter([10**12, 10**12, 10**6])
    problem = await dump.dumped(site_of(world), world.root, tmp_path / "dump.sql", free=lambda _: next(free))
    assert problem == "There was no room for its dump."


async def test_a_site_beyond_our_reach_needs_no_backup(settings: Settings) -> None:
    async with a_case(settings, phase=Phase.BACKUP) as case:
        finding = await backup.carry_out(case)
        assert Shelf(case.files).load().scope == "nothing"
    assert (finding.outcome, finding.output["files"]) == (Outcome.VERIFIED, 0)


async def test_with_little_room_what_is_sick_is_backed_up_and_the_database_with_it(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (world.root / "wp-content/plugins/large.bin").open("wb") as file:
        file.truncate(400 * 1024 * 1024)  # it has no content on the disk
    little = shutil.disk_usage(world.root)._replace(free=300 * 1024 * 1024)

    def disk_usage(_: Path) -> Any:
        return little

    monkeypatch.setattr(shutil, "disk_usage", disk_usage)
    sick = {Phase.DISCOVERY: {"symptoms": [{"id": "plugin_fatal", "component": "acme-shop", "confidence": 1.0}]}}
    async with a_case(settings, site_of(world), Phase.BACKUP, sick) as case:
        finding = await backup.carry_out(case)
        kept = Shelf(case.files).load().manifest
    assert (finding.outcome, finding.output["scope"], finding.output["database"]) == (Outcome.VERIFIED, "minimal", True)
    assert "wp-content/plugins/acme-shop/acme-shop.php" in kept
    assert "wp-content/plugins/akismet/akismet.php" not in kept


async def test_no_room_means_no_backup(world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    full = shutil.disk_usage(world.root)._replace(free=1000)

    def disk_usage(_: Path) -> Any:
        return full

    monkeypatch.setattr(shutil, "disk_usage", disk_usage)
    before = manifest_of(world.root)
    async with a_case(settings, site_of(world), Phase.BACKUP) as case:
        finding = await backup.carry_out(case)
    assert finding.outcome is Outcome.NO_BACKUP
    assert "no room" in finding.reason
    assert differences(before, manifest_of(world.root)) == []


async def test_a_backup_that_is_called_off_stops_and_leaves_nothing_behind(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def slowly(self: Packing, paths: tuple[str, ...]) -> tuple[str, ...]:
        loop.call_soon_threadsafe(begun.set)
        go_on.wait(10)
        return pack(self, paths)

    pack = Packing.pack
    monkeypatch.setattr(Packing, "pack", slowly)
    async with a_case(settings, replace(site_of(world), command=()), Phase.BACKUP) as case:
        phase = asyncio.ensure_future(backup.carry_out(case))
        await begun.wait()
        phase.cancel()
        loop.call_later(0.05, go_on.set)
        with pytest.raises(asyncio.CancelledError):
            await phase
        assert list((case.files.folder / "backup").iterdir()) == []
