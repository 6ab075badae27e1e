"""What a fix does when something goes wrong with it, and what its undo makes of that."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from arqlight.demo.world.breaking import BREAKS
from arqlight.demo.world.state import World
from arqlight_core.errors import LeaseLost, Retry, Snooze
from arqlight_core.settings import Settings
from arqlight_jobs.healer import applying, file_changes
from arqlight_jobs.healer.case import Outcome
from arqlight_jobs.healer.incidents import Incidents
from arqlight_jobs.healer.reach import hands_of
from arqlight_jobs.healer.words import SymptomId
from tests.unit.healer.attempts import snapshot
from tests.unit.healer.crashing import Died
from tests.unit.healer.treating import Treatment, a_site, treated


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "site")
    made.create()
    return made


async def refused(attempt: Treatment, why: str) -> None:
    """The fix breaks off for that reason with nothing changed, and the undo finds nothing to do."""
    tree = attempt.tree()
    found = await attempt.fix()
    assert (found.outcome, attempt.tree()) == (Outcome.BROKE_OFF, tree)
    assert why in found.reason
    assert ((await attempt.undo()).outcome, attempt.tree()) == (Outcome.UNDONE, tree)


async def test_a_dry_run_tells_its_plan_and_changes_nothing(world: World, settings: Settings):
    BREAKS[SymptomId.HTACCESS_CORRUPT](world)
    async with treated(settings, world, a_site(world, dry_run=True), "PB11") as attempt:
        tree = attempt.tree()
        found = await attempt.fix()
        assert (found.outcome, attempt.tree(), world.calls()) == (Outcome.APPLIED, tree, [])
        assert found.output["plan"][0].startswith("Rewrite .htaccess")
        assert (await attempt.undo()).outcome is Outcome.UNDONE


async def test_without_a_verified_backup_nothing_is_changed(world: World, settings: Settings):
    BREAKS[SymptomId.MAINTENANCE_STUCK](world)
    async with treated(settings, world, a_site(world), "PB01") as attempt:
        (attempt.case.files.folder / "backup").rename(attempt.case.files.folder / "gone")
        await refused(attempt, "There is no backup that was verified.")


async def test_the_database_is_not_changed_without_a_dump_of_it(world: World, settings: Settings):
    BREAKS[SymptomId.DB_TABLES](world)
    world.change(lambda state: state["commands"].update(fail=["db export"]))
    async with treated(settings, world, a_site(world), "PB03") as attempt:
        await refused(attempt, "It changes the database, which was not backed up")
    assert ["db", "repair"] not in world.calls()


async def test_a_playbook_that_the_owner_does_not_allow_is_not_used(world: World, settings: Settings):
    BREAKS[SymptomId.MAINTENANCE_STUCK](world)
    async with treated(settings, world, a_site(world, playbooks=("PB04",)), "PB01") as attempt:
        await refused(attempt, "No playbook is left to try.")


async def test_an_update_that_is_under_way_is_left_alone(world: World, settings: Settings):
    (world.root / ".maintenance").write_text("<?php $upgrading = time(); ?>")
    async with treated(settings, world, a_site(world), "PB01") as attempt:
        await refused(attempt, "an update may be under way")


@pytest.mark.parametrize("misbehaviour", ["hang", "fail", "flood"])
async def test_a_command_that_hangs_fails_or_floods_is_replaced_by_renaming_the_folder(
    misbehaviour: str, world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("arqlight_jobs.healer.reach.COMMAND_S", 2.0)
    world.change(lambda state: state["commands"].update({misbehaviour: ["plugin deactivate"]}))
    async with treated(settings, world, a_site(world), "PB04", "akismet") as attempt:
        tree, options = attempt.tree(), attempt.options()
        found = await attempt.fix()
        assert (found.outcome, found.output["changes"]) == (Outcome.APPLIED, 1), found.reason
        assert not (world.root / "wp-content/plugins/akismet").exists()
        assert (await attempt.undo()).outcome is Outcome.UNDONE
        assert (attempt.tree(), attempt.options()) == (tree, options)


@pytest.mark.parametrize(
    ("argv", "why"),
    [
        (("sleep", "600"), "timed out"),
        ((sys.executable, "-c", "while True: print('x' * 65536)"), "flooded"),
        (("false",), "exit code 1"),
        (("no-such-program-anywhere",), "not found"),
    ],
)
async def test_a_hook_that_hangs_prints_without_end_or_fails_breaks_the_plan_off(
    argv: tuple[str, ...], why: str, world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("arqlight_jobs.healer.reach.HOOK_S", 1.0 if argv[0] == "sleep" else 20.0)
    site = replace(a_site(world), hooks={"renew_tls": argv})
    async with treated(settings, world, site, "PB13") as attempt:
        await refused(attempt, why)


async def test_a_run_that_has_lost_the_incident_changes_nothing_more(world: World, settings: Settings):
    BREAKS[SymptomId.MAINTENANCE_STUCK](world)
    async with treated(settings, world, a_site(world), "PB01") as attempt:
        incident = attempt.case.incident
        await Incidents(attempt.case.engine).take(incident.id, incident.phase, incident.version, incident.fence + 1)
        tree = attempt.tree()
        with pytest.raises(LeaseLost):
            await attempt.fix()
        assert attempt.tree() == tree


async def test_two_runs_never_work_on_one_site_at_once(world: World, settings: Settings):
    async with treated(settings, world, a_site(world), "PB01") as attempt, hands_of(attempt.case):
        with pytest.raises(Snooze, match="an older run"):
            await attempt.fix()


# ------------------------------------------------------------------ somebody else at work


async def test_a_file_that_somebody_changes_before_it_is_rewritten_is_left_alone(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    BREAKS[SymptomId.MEMORY](world)
    config = world.root / "wp-config.php"
    async with treated(settings, world, a_site(world, level=1), "PB10") as attempt:
        _meanwhile(monkeypatch, lambda: config.write_text("<?php // mine"))
        found = await attempt.fix()
        assert (found.outcome, config.read_text()) == (Outcome.BROKE_OFF, "<?php // mine")
        assert "changed by somebody else" in found.reason


async def test_what_somebody_puts_in_the_way_of_an_undo_is_kept_in_quarantine(world: World, settings: Settings):
    BREAKS[SymptomId.MEMORY](world)
    config = world.root / "wp-config.php"
    async with treated(settings, world, a_site(world, level=1), "PB10") as attempt:
        tree = attempt.tree()
        await attempt.fix()
        config.write_text("<?php // mine")
        undone = await attempt.undo()
        assert (undone.outcome, undone.output["aside"], attempt.tree()) == (Outcome.UNDONE, 1, tree)
        kept = list((attempt.case.files.folder / "quarantine").rglob("wp-config.php"))
        assert [path.read_text() for path in kept] == ["<?php // mine"]


async def test_a_quarantined_folder_that_was_tampered_with_is_given_back_out_of_the_backup(
    world: World, settings: Settings
):
    async with treated(settings, world, a_site(world, level=1), "PB04", "akismet") as attempt:
        tree = attempt.tree()
        await attempt.fix()
        next((world.root / "wp-content/plugins").glob("akismet.autoheal-*")).rename(world.root.parent / "stolen")
        attempt.run.attempt = 2
        undone = await attempt.undo()
        assert (undone.outcome, attempt.tree()) == (Outcome.UNDONE, tree), undone.reason


async def test_what_can_no_longer_be_unpacked_is_not_said_to_be_undone(world: World, settings: Settings):
    BREAKS[SymptomId.DISK_FULL](world)
    async with treated(settings, world, a_site(world, level=1), "PB14") as attempt:
        assert (await attempt.fix()).outcome is Outcome.APPLIED
        packed = next((attempt.case.files.folder / "quarantine").rglob("*.tar.gz*"))
        packed.write_bytes(packed.read_bytes()[:-40])
        attempt.run.attempt = 2
        undone = await attempt.undo()
        assert undone.outcome is Outcome.NOT_UNDONE
        assert "wp-content/cache/pages is not as it was found" in undone.reason


async def test_an_undo_that_a_command_refuses_is_tried_again_and_then_not_said_to_be_done(
    world: World, settings: Settings
):
    async with treated(settings, world, a_site(world), "PB04", "akismet") as attempt:
        options = attempt.options()
        await attempt.fix()
        world.change(lambda state: state["commands"].update(fail=["option update", "db import"]))
        with pytest.raises(Retry):
            await attempt.undo()
        attempt.run.attempt = 2
        assert (await attempt.undo()).outcome is Outcome.NOT_UNDONE
        world.change(lambda state: state["commands"].update(fail=["option update"]))
        assert (await attempt.undo()).outcome is Outcome.UNDONE
        assert attempt.options() == options


# ------------------------------------------------------------------ killed


@pytest.mark.parametrize("before", [True, False], ids=["before the change", "after the change"])
async def test_a_fix_that_is_killed_is_finished_by_the_next_run_with_the_same_plan(
    before: bool,  # noqa: FBT001 - a case of the test
    world: World,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
):
    BREAKS[SymptomId.MEMORY](world)
    async with treated(settings, world, a_site(world, level=1), "PB10") as attempt:
        tree = attempt.tree()
        with monkeypatch.context() as patch:
            patch.setattr(applying.file_changes, "made", _dying(file_changes.made, before=before))
            with pytest.raises(Died):
                await attempt.fix()
        again = await attempt.fix()
        assert (again.outcome, again.output["changes"]) == (Outcome.APPLIED, 1)
        assert "'WP_MEMORY_LIMIT', '128M'" in (world.root / "wp-config.php").read_text()
        assert ((await attempt.undo()).outcome, attempt.tree()) == (Outcome.UNDONE, tree)
        assert ((await attempt.undo()).outcome, attempt.tree()) == (Outcome.UNDONE, tree)


async def test_a_full_disk_breaks_off_the_fix_and_the_undo_leaves_the_site_as_it_was(world: World, tmp_path: Path):
    (world.root / "wp-content/themes/acme/photo.jpg").write_bytes(os.urandom(100_000))
    tree = snapshot(world.root)
    ran = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "tests.unit.healer.full_disk", str(world.root), str(tmp_path / "own"), "50000"],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert (ran.stdout, ran.returncode) == ("File too large\n", 0), ran.stderr
    assert snapshot(world.root) == tree


def _meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Between the plan and its first change somebody does something."""
    real = applying.applied

    async def applied(hands: applying.Hands, plan: applying.Plan) -> int:
        act()
        return await real(hands, plan)

    monkeypatch.setattr("arqlight_jobs.healer.phases.fix_attempt.applied", applied)


def _dying(real: Callable[..., None], *, before: bool) -> Callable[..., None]:
    def made(*args: object) -> None:
        if not before:
            real(*args)
        raise Died

    return made
