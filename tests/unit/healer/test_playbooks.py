"""Each playbook on a stand-in site: what it heals is healed, and its undo leaves the tree byte for byte as it was."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from arqlight.demo.world.breaking import BREAKS
from arqlight.demo.world.state import World
from arqlight.demo.world.web_server import answer
from arqlight.demo.world.wordpress import wordpress
from arqlight_core.clock import now
from arqlight_core.settings import Settings
from arqlight_jobs.healer import baseline, command_changes
from arqlight_jobs.healer.case import Outcome
from arqlight_jobs.healer.evidence import BigLog, Commands, Disk
from arqlight_jobs.healer.manifest import manifest_of
from arqlight_jobs.healer.playbooks import PLAYBOOKS, playbook
from arqlight_jobs.healer.words import SymptomId
from tests.unit.healer.treating import a_site, treated

Sees = Callable[[World], object]


@dataclass(frozen=True)
class Cure:
    """A playbook, what it is tried on, and how one sees that it did its work."""

    id: str
    breaks: SymptomId
    healed: Sees
    component: str = ""
    level: int = 1
    evidence: dict[str, Any] = field(default_factory=dict[str, Any])
    case: str = ""

    @property
    def name(self) -> str:
        return f"{self.id}{self.case} at L{self.level}"


def option(name: str) -> Callable[[World], Any]:
    return lambda world: world.read()["db"]["options"][name]


def text(world: World, path: str) -> str:
    place = world.root / path
    return place.read_text() if place.exists() else ""


def renamed(world: World) -> bool:
    plugins = world.root / "wp-content/plugins"
    return not (plugins / "akismet").exists() and len(list(plugins.glob("akismet.autoheal-*/akismet.php"))) == 1


def plugin_is_whole(world: World) -> bool:
    return (world.root / "wp-content/plugins/akismet/includes/class-akismet.php").exists()


HOME = "http://127.0.0.1:9"
KNOWN = {"commands": Commands(wordpress="6.1.9")}
CURES = (
    Cure("PB01", SymptomId.MAINTENANCE_STUCK, lambda world: not (world.root / ".maintenance").exists()),
    Cure(
        "PB03",
        SymptomId.DB_TABLES,
        lambda world: set(world.read()["db"]["tables"].values()) == {"ok"},
        level=2,
    ),
    Cure("PB04", SymptomId.CRON_STALLED, renamed, "akismet"),
    Cure(
        "PB04",
        SymptomId.PLUGIN_FATAL,
        lambda world: "akismet/akismet.php" not in option("active_plugins")(world) and not renamed(world),
        "akismet",
        level=2,
    ),
    Cure("PB05", SymptomId.PLUGIN_CORRUPT, plugin_is_whole, "akismet", level=2),
    Cure("PB06", SymptomId.THEME_FATAL, lambda world: option("stylesheet")(world) == "twentytwentythree", "acme", 2),
    Cure(
        "PB07",
        SymptomId.DROPIN_FATAL,
        lambda world: not (world.root / "wp-content/object-cache.php").exists(),
        "wp-content/object-cache.php",
    ),
    Cure(
        "PB07",
        SymptomId.MUPLUGIN_FATAL,
        lambda world: not (world.root / "wp-content/mu-plugins/house.php").exists(),
        "wp-content/mu-plugins/house.php",
        case=" (must-use)",
    ),
    Cure(
        "PB08",
        SymptomId.CORE_CORRUPT,
        lambda world: text(world, "wp-includes/query.php").count("{") == 1,
        level=2,
        evidence=KNOWN,
    ),
    Cure("PB10", SymptomId.MEMORY, lambda world: "'WP_MEMORY_LIMIT', '128M'" in text(world, "wp-config.php")),
    Cure("PB11", SymptomId.HTACCESS_CORRUPT, lambda world: "RewriteBase /\n" in text(world, ".htaccess")),
    Cure(
        "PB11", SymptomId.PERMALINKS_404, lambda world: "RewriteRule . /index.php" in text(world, ".htaccess"), level=2
    ),
    Cure("PB12", SymptomId.REDIRECT_LOOP, lambda world: option("home")(world) == HOME, level=2),
    Cure("PB12", SymptomId.REDIRECT_LOOP, lambda world: f"'WP_HOME', '{HOME}'" in text(world, "wp-config.php")),
    Cure(
        "PB14",
        SymptomId.DISK_FULL,
        lambda world: not (world.root / "wp-content/cache/pages").exists() and not _big_log(world).exists(),
        evidence={"disk": Disk(0, 1, big_logs=(BigLog("wp-content/debug.log", 60 * 1024 * 1024),))},
    ),
    Cure("PB15", SymptomId.PERMS, lambda world: (world.root / "index.php").stat().st_mode & 0o777 == 0o644),
    Cure("PB17", SymptomId.INSTALL_SCREEN, lambda world: "DB_NAME" in text(world, "wp-config.php")),
    Cure("PB18", SymptomId.CRON_STALLED, lambda world: ["cron", "event", "run"] in _calls(world), level=2),
    Cure("PB19", SymptomId.CONTENT_REGRESSION, lambda world: not world.read()["db"]["cached_home"], level=2),
)


def _big_log(world: World) -> Path:
    return world.root / "wp-content/debug.log"


def _calls(world: World) -> list[list[str]]:
    return [words[:3] for words in world.calls()]


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "site")
    made.create()
    return made


@pytest.mark.parametrize("cure", CURES, ids=lambda cure: cure.name)
async def test_what_is_broken_is_mended_and_the_undo_leaves_no_trace(cure: Cure, world: World, settings: Settings):
    if cure.id == "PB14":
        _big_log(world).write_text("a line\n" * 1000)
    if cure.id == "PB17":
        files = baseline.healthy_files(settings, "s")
        files.write("copies/wp-config.php", (world.root / "wp-config.php").read_bytes())
    BREAKS[cure.breaks](world)
    site = a_site(world, level=cure.level)
    async with treated(settings, world, site, cure.id, cure.component, **cure.evidence) as attempt:
        tree, options = attempt.tree(), attempt.options()
        fixed = await attempt.fix()
        assert (fixed.outcome, cure.healed(world)) == (Outcome.APPLIED, True), fixed.reason
        undone = await attempt.undo()
        assert undone.outcome is Outcome.UNDONE, undone.reason
        assert attempt.tree() == tree
        assert attempt.options() == options


async def test_a_lost_config_comes_back_with_its_permissions_as_a_file_of_the_folder_s_owner(
    world: World, settings: Settings
):
    config, owner = world.root / "wp-config.php", os.geteuid() or 12_345
    config.chmod(0o604)
    os.chown(world.root, owner, -1)
    files = baseline.healthy_files(settings, "s")
    files.write("copies/wp-config.php", config.read_bytes())
    baseline.store(files, baseline.Baseline(at=now(), files=tuple(manifest_of(world.root, ["wp-config.php"]).values())))
    config.unlink()
    async with treated(settings, world, a_site(world, level=1), "PB17") as attempt:
        assert (await attempt.fix()).outcome is Outcome.APPLIED
    assert (config.stat().st_mode & 0o777, config.stat().st_uid) == (0o604, owner)


async def test_pb02_waits_and_then_has_the_database_restarted(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    waits: list[float] = []
    monkeypatch.setattr("arqlight_jobs.healer.reach.pause", _noted(waits))
    BREAKS[SymptomId.DB_DOWN](world)
    site = a_site(world, hooks=("restart_db",))
    async with treated(settings, world, site, "PB02") as attempt:
        fixed = await attempt.fix()
    assert fixed.outcome is Outcome.APPLIED
    assert waits == [3, 6, 12, 3]
    assert ["restart_db"] in world.calls()


async def test_pb02_restarts_nothing_that_has_come_back(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    waits: list[float] = []
    monkeypatch.setattr("arqlight_jobs.healer.reach.pause", _noted(waits))
    async with (
        wordpress(world) as base_url,
        treated(settings, world, a_site(world, base_url, hooks=("restart_db",)), "PB02") as attempt,
    ):
        assert (await attempt.fix()).output["changes"] == 1
    assert waits == [3]
    assert ["restart_db"] not in world.calls()


async def test_pb13_has_the_certificate_renewed(world: World, settings: Settings):
    world.root.with_name(world.root.name + ".good.pem").write_text("good")
    async with treated(settings, world, a_site(world, hooks=("renew_tls",)), "PB13") as attempt:
        assert (await attempt.fix()).outcome is Outcome.APPLIED
        assert (await attempt.undo()).outcome is Outcome.UNDONE
    assert world.certificate_file.read_text() == "good"


async def test_pb16_restarts_the_web_server_only_when_restarting_php_did_not_help(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("arqlight_jobs.healer.reach.pause", _noted([]))
    BREAKS[SymptomId.UPSTREAM_DOWN](world)
    async with (
        wordpress(world) as base_url,
        treated(settings, world, a_site(world, base_url, hooks=("restart_php", "restart_web")), "PB16") as attempt,
    ):
        assert (await attempt.fix()).outcome is Outcome.APPLIED
    assert [call for call in world.calls() if call[0].startswith("restart")] == [["restart_php"]]


async def test_pb09_finds_out_what_makes_a_page_white_and_leaves_nothing_behind(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    waits: list[float] = []
    monkeypatch.setattr("arqlight_jobs.healer.reach.pause", _noted(waits))
    BREAKS[SymptomId.WSOD](world)
    async with (
        wordpress(world) as base_url,
        treated(settings, world, a_site(world, base_url, level=1), "PB09") as attempt,
    ):
        tree = attempt.tree()
        found = await attempt.fix()
        assert found.outcome is Outcome.BROKE_OFF
        assert {"id": "PB04", "component": "acme-shop"} in found.output["playbooks"]
        assert waits == [3.0]  # PHP may go on for so long with the settings that it had
        undone = await attempt.undo()
        assert waits == [3.0, 3.0]
        assert (undone.outcome, attempt.tree()) == (Outcome.UNDONE, tree), undone.reason


async def test_pb09_leaves_no_log_of_visitors_who_came_while_errors_were_logged(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    async def visited(_seconds: float) -> None:
        assert answer(world, "/", base_url).status == HTTPStatus.INTERNAL_SERVER_ERROR
        assert (world.root / "wp-content/debug.log").exists()

    put_back = command_changes.undone

    async def with_a_visitor(*told: Any) -> bool:
        done = await put_back(*told)
        answer(world, "/", base_url)
        return done

    monkeypatch.setattr("arqlight_jobs.healer.reach.pause", visited)
    monkeypatch.setattr(command_changes, "undone", with_a_visitor)
    BREAKS[SymptomId.WSOD](world)
    async with (
        wordpress(world) as base_url,
        treated(settings, world, a_site(world, base_url, level=1), "PB09") as attempt,
    ):
        tree = attempt.tree()
        await attempt.fix()
        undone = await attempt.undo()
        assert (undone.outcome, attempt.tree()) == (Outcome.UNDONE, tree), undone.reason


def test_there_are_nineteen_playbooks_and_each_one_treats_something():
    assert sorted(one.id for one in PLAYBOOKS) == [f"PB{number:02}" for number in range(1, 20)]
    assert all(one.treats and playbook(one.id) is one for one in PLAYBOOKS)


def _noted(waits: list[float]) -> Callable[[float], Any]:
    async def pause(seconds: float) -> None:
        waits.append(seconds)

    return pause
