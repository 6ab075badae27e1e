"""DISCOVERY and OBSERVABILITY: what a look at a site comes to, and what is kept of it."""

import socket
from pathlib import Path
from typing import Any

import msgspec
import pytest

from arqlight.demo.world import breaking
from arqlight.demo.world.breaking import BREAKS
from arqlight.demo.world.state import World
from arqlight_core.clock import now
from arqlight_core.errors import Unavailable
from arqlight_core.settings import Settings
from arqlight_jobs.healer import probe
from arqlight_jobs.healer.case import Case, Outcome, Phase
from arqlight_jobs.healer.evidence import Evidence, Name, Tree, decoded
from arqlight_jobs.healer.incident import Finding
from arqlight_jobs.healer.phases import discovery, observability
from arqlight_jobs.healer.phases.discovery import verdict
from arqlight_jobs.healer.words import Level, Site, Symptom, SymptomId
from arqlight_jobs.outbound.guard import Guard
from tests.healing import a_case
from tests.running import FakeRun
from tests.unit.healer.sick_sites import a_world, served
from tests.unit.outbound.standin import Answer, stand_in


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "PAUSE_S", 0.0)


async def discovered(settings: Settings, site: Site, run: FakeRun | None = None) -> Finding:
    async with a_case(settings, site, run=run) as case:
        finding = await discovery.carry_out(case)
        if finding.output.get("evidence"):
            kept = decoded(case.files.read(finding.output["evidence"]))
            assert kept.base_url == site.base_url
        return finding


async def observed(settings: Settings, world: World, before: dict[Phase, dict[str, Any]] | None = None) -> Finding:
    async with served(world) as site, a_case(settings, site, Phase.OBSERVABILITY, before) as case:
        finding = await observability.carry_out(case)
        assert decoded(case.files.read(finding.output["evidence"])).commands is not None
        return finding


async def test_discovery_says_what_is_wrong_and_how_far_it_came(settings: Settings, tmp_path: Path):
    world, run = a_world(tmp_path), FakeRun(settings)
    BREAKS[SymptomId.THEME_FATAL](world)
    async with served(world, command=False) as site:
        finding = await discovered(settings, site, run)
    assert (finding.outcome, finding.output["fingerprint"]) == (Outcome.IS_WORDPRESS, "theme_fatal:acme")
    assert finding.output["level"] == Level.FOLDER
    assert finding.output["symptoms"][0]["confidence"] > 0.9
    assert run.percents == [10, 40, 70, 100]


async def test_a_site_that_is_well_three_times_has_nothing_to_heal(settings: Settings, tmp_path: Path):
    run = FakeRun(settings)
    async with served(a_world(tmp_path), command=False) as site:
        finding = await discovered(settings, site, run)
    assert (finding.outcome, finding.output["symptoms"]) == (Outcome.NOT_REPRODUCED, [])
    assert run.percents == [10, 40, 70, 100]


async def test_what_breaks_between_two_looks_is_known_by_its_logs(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    world, looked = a_world(tmp_path), discovery.looked

    async def looked_and_broken(case: Case, *told: Any) -> Evidence:
        evidence = await looked(case, *told)
        if "undefined_cart" not in (shop := world.root / breaking.SHOP / "acme-shop.php").read_text():
            shop.write_text(shop.read_text() + "undefined_cart();\n")
        return evidence

    monkeypatch.setattr(discovery, "looked", looked_and_broken)
    async with served(world, command=False) as site:
        finding = await discovered(settings, site)
    assert finding.output["fingerprint"] == "plugin_fatal:acme-shop"


async def test_late_events_show_on_no_page_and_are_found_all_the_same(settings: Settings, tmp_path: Path):
    world = a_world(tmp_path)
    BREAKS[SymptomId.CRON_STALLED](world)
    async with served(world) as site:
        finding = await discovered(settings, site)
    assert (finding.outcome, finding.output["fingerprint"]) == (Outcome.IS_WORDPRESS, "cron_stalled")


async def test_a_site_that_is_well_is_well_even_when_wp_cli_hangs(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(discovery, "SEARCHING_S", 0.5)
    world = a_world(tmp_path)
    world.change(lambda state: state["commands"].update(hang=["cron"]))
    async with served(world) as site:
        finding = await discovered(settings, site)
    assert finding.outcome is Outcome.NOT_REPRODUCED


async def test_what_is_well_only_at_first_is_found(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    world = a_world(tmp_path)

    async def worsening(_: float) -> None:
        world.fault(upstream=502)

    async with served(world, command=False) as site:
        monkeypatch.setattr(discovery.asyncio, "sleep", worsening)
        finding = await discovered(settings, site)
    assert (finding.outcome, finding.output["fingerprint"]) == (Outcome.IS_WORDPRESS, "upstream_down")


async def test_a_sick_site_without_access_is_out_of_reach(settings: Settings, tmp_path: Path):
    world = a_world(tmp_path)
    BREAKS[SymptomId.DB_DOWN](world)
    async with served(world) as site:
        finding = await discovered(settings, Site("far", "far", site.base_url))
    assert finding.outcome is Outcome.OUT_OF_REACH
    assert "db_down: The page home says that there is no database. Without access" in finding.reason


async def test_what_is_not_wordpress_is_out_of_reach(settings: Settings):
    async with stand_in(*(Answer(body=b"<html>A shop of another kind.</html>" * 9) for _ in range(99))) as server:
        finding = await discovered(settings, Site("s", "s", server.url()))
    assert finding.outcome is Outcome.OUT_OF_REACH
    assert "WordPress" in finding.reason


async def test_a_name_that_is_gone_is_a_result_and_our_resolver_s_failure_a_fault(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    async def failing(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(error, "no")

    def guard_of(_: Settings) -> Guard:
        return Guard(https_only=False, resolve=failing)

    monkeypatch.setattr("arqlight_jobs.healer.gathering.guard_of", guard_of)
    error = socket.EAI_NONAME
    finding = await discovered(settings, Site("s", "s", "http://gone.example"))
    assert (finding.outcome, finding.reason) == (
        Outcome.OUT_OF_REACH,
        f"The site cannot be looked at: {probe.NO_NAME}",
    )
    error = socket.EAI_AGAIN
    with pytest.raises(Unavailable, match="Our resolver"):
        await discovered(settings, Site("t", "t", "http://gone.example"))


def test_a_folder_that_is_known_needs_no_page_to_be_wordpress():
    unseen = Evidence("http://s", now(), name=Name(1))
    sick = (Symptom(SymptomId.UPSTREAM_DOWN, because=("Nobody answers.",)),)
    assert verdict(unseen, sick, Level.FOLDER)[0] is Outcome.OUT_OF_REACH
    known = msgspec.structs.replace(unseen, tree=Tree())
    assert verdict(known, sick, Level.FOLDER) == (Outcome.IS_WORDPRESS, "upstream_down: Nobody answers.")


async def test_observability_ranks_the_playbooks_for_what_is_wrong(settings: Settings, tmp_path: Path):
    world = a_world(tmp_path)
    BREAKS[SymptomId.PLUGIN_FATAL](world)
    finding = await observed(settings, world)
    assert finding.outcome is Outcome.PLAYBOOK_FOUND
    assert finding.output["fingerprint"] == "plugin_fatal:acme-shop"
    assert {"id": "PB04", "component": "acme-shop"} in finding.output["playbooks"]


async def test_traces_of_an_intruder_stop_everything(settings: Settings, tmp_path: Path):
    world = a_world(tmp_path)
    BREAKS[SymptomId.PLUGIN_FATAL](world)
    BREAKS[SymptomId.MALWARE](world)
    finding = await observed(settings, world)
    assert (finding.outcome, finding.output["playbooks"]) == (Outcome.SECURITY, [])
    assert "malware" in finding.reason


async def test_what_no_playbook_treats_goes_to_a_person(settings: Settings, tmp_path: Path):
    world = a_world(tmp_path)
    BREAKS[SymptomId.PHP_VERSION](world)
    finding = await observed(settings, world)
    assert (finding.outcome, finding.output["fingerprint"]) == (Outcome.NO_PLAYBOOK, "php_version")


async def test_where_all_is_well_by_now_nothing_is_fixed_for_what_discovery_saw(settings: Settings, tmp_path: Path):
    seen = {"id": "db_down", "component": "", "confidence": 0.97, "because": ["It was down."]}
    finding = await observed(settings, a_world(tmp_path), {Phase.DISCOVERY: {"symptoms": [seen]}})
    assert (finding.outcome, finding.output["playbooks"]) == (Outcome.NOT_REPRODUCED, [])


async def test_what_comes_and_goes_is_not_taken_for_gone(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    world = a_world(tmp_path)

    async def worsening(_: float) -> None:
        world.fault(db="down")

    monkeypatch.setattr(discovery.asyncio, "sleep", worsening)
    finding = await observed(settings, world)
    assert (finding.outcome, finding.output["fingerprint"]) == (Outcome.PLAYBOOK_FOUND, "db_down")


async def test_commands_that_hang_or_flood_leave_less_evidence_and_no_failure(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("arqlight_jobs.healer.gathering.TIMEOUT_S", 1.5)
    world = a_world(tmp_path)
    breaking.theme_fatal(world)
    world.change(lambda state: state["commands"].update(hang=["doctor", "core verify"], flood=["plugin list"]))
    finding = await observed(settings, world)
    assert (finding.outcome, finding.output["fingerprint"]) == (Outcome.PLAYBOOK_FOUND, "theme_fatal:acme")


async def test_no_secret_of_the_site_is_in_what_is_kept(settings: Settings, tmp_path: Path):
    world = a_world(tmp_path)
    (world.root / "wp-config.php").chmod(0o644)
    world.log(world.php_log, "PHP Warning: with wordpress_logged_in_00aa11bb22cc=s3cretsession;")
    world.log(world.php_log, "PHP Warning: no mail to jane@example.com")
    async with served(world) as site, a_case(settings, site, Phase.OBSERVABILITY) as case:
        finding = await observability.carry_out(case)
        kept = case.files.read(finding.output["evidence"]).decode()
    assert "j•••@example.com" in kept
    for hidden in ("s3cretsession", "jane@", "correct horse battery", "x|7Qm", str(world.root)):
        assert hidden not in kept
