"""The look at a site after a fix, on the stand-in site with real files, a real server and real commands."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from arqlight.demo.world.breaking import BREAKS
from arqlight.demo.world.state import World
from arqlight_core.settings import Settings
from arqlight_jobs.healer.baseline import healthy_of
from arqlight_jobs.healer.case import Outcome, Phase
from arqlight_jobs.healer.phases import baseline, verify
from arqlight_jobs.healer.taking_baselines import renew
from arqlight_jobs.healer.words import Site, SymptomId
from tests.healing import a_case
from tests.unit.healer.crashing import Died
from tests.unit.healer.stand_in_site import served

Outputs = Mapping[Phase, Mapping[str, Any]]


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "www/site")
    made.create()
    return made


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, verify_pause=0.0)


async def verified(world: World, settings: Settings, outputs: Outputs | None = None) -> tuple[Outcome, dict[str, Any]]:
    async with served(world) as site, a_case(settings, site, Phase.VERIFY, outputs) as case:
        finding = await verify.carry_out(case)
        return finding.outcome, dict(finding.output)


async def test_three_good_rounds_are_a_fix_and_renew_the_healthy_baseline(world: World, settings: Settings) -> None:
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    patient = msgspec.structs.replace(settings, verify_pause=5.0)
    async with served(world) as site, a_case(patient, site, Phase.VERIFY) as case:
        finding = await verify.carry_out(case, pause)
    assert (finding.outcome, finding.output["rounds"], pauses) == (Outcome.PASSED, 3, [5.0, 5.0])
    assert await healthy_of(settings, "s")


@pytest.mark.parametrize("symptom", [SymptomId.PLUGIN_FATAL, SymptomId.MAINTENANCE_STUCK, SymptomId.WSOD])
async def test_a_site_that_is_still_sick_is_not_fixed(world: World, settings: Settings, symptom: SymptomId) -> None:
    BREAKS[symptom](world)
    outcome, output = await verified(world, settings)
    assert outcome is Outcome.FAILED
    assert output["rounds"] == 3
    assert output["wrong"]
    assert await healthy_of(settings, "s") is None


async def test_a_site_that_was_better_before_is_worse(world: World, settings: Settings) -> None:
    async with served(world) as site, a_case(settings, site, Phase.VERIFY) as case:
        await baseline.carry_out(case)
        BREAKS[SymptomId.PLUGIN_FATAL](world)
        finding = await verify.carry_out(case)
    assert finding.output["verdict"] == "worse"
    assert finding.reason.startswith("It is worse than before")


async def test_a_page_that_has_lost_most_of_its_content_is_not_fixed(world: World, settings: Settings) -> None:
    async with served(world) as site, a_case(settings, site, Phase.VERIFY) as case:
        await renew(site, case.client, settings)
        world.change(lambda state: state["db"]["posts"].update({"hello-world": "short"}))
        finding = await verify.carry_out(case)
    assert finding.outcome is Outcome.FAILED
    assert "bytes, and had" in finding.reason


async def test_a_new_error_in_the_log_keeps_a_site_from_being_fixed(world: World, settings: Settings) -> None:
    async with served(world) as site, a_case(settings, site, Phase.VERIFY) as case:
        turns = 0

        async def pause(_: float) -> None:
            nonlocal turns
            turns += 1
            shop = world.root / "wp-content/plugins/acme-shop/cart.php"
            world.log(world.php_log, f"PHP Fatal error:  Uncaught Error: no in {shop}:{turns}")

        finding = await verify.carry_out(case, pause)
    assert finding.outcome is Outcome.FAILED
    assert "log" in finding.reason


async def test_an_error_that_was_logged_while_a_killed_run_looked_counts_for_the_next_one(
    world: World, settings: Settings
) -> None:
    async with served(world) as site, a_case(settings, site, Phase.VERIFY) as case:

        async def dies(_: float) -> None:
            world.log(world.php_log, f"PHP Fatal error:  Uncaught Error: no in {world.root}/wp-cron.php:7")
            raise Died

        with pytest.raises(Died):
            await verify.carry_out(case, dies)
        finding = await verify.carry_out(case)
    assert (finding.outcome, finding.output["rounds"]) == (Outcome.PASSED, 4)


async def test_a_dry_run_is_never_a_fix(world: World, settings: Settings) -> None:
    outcome, output = await verified(world, settings, {Phase.FIX_ATTEMPT: {"dry_run": True}})
    assert (outcome, output["dry_run"]) == (Outcome.FAILED, True)


async def test_a_site_without_a_name_is_not_fixed(settings: Settings) -> None:
    site = Site("s", "s", "http://no-such-name.invalid")
    async with a_case(settings, site, Phase.VERIFY) as case:
        finding = await verify.carry_out(case)
    assert finding.outcome is Outcome.FAILED


async def test_well_pages_are_not_enough_while_the_symptom_itself_is_there(world: World, settings: Settings) -> None:
    BREAKS[SymptomId.CRON_STALLED](world)
    async with served(world) as site, a_case(settings, site, Phase.VERIFY) as case:
        sick = replace(case, incident=replace(case.incident, fingerprint="cron_stalled"))
        finding = await verify.carry_out(sick)
    assert finding.outcome is Outcome.FAILED
    assert finding.reason == "Its pages are well, and it still has cron_stalled."


async def test_what_the_logs_told_before_the_fix_does_not_speak_against_it(world: World, settings: Settings) -> None:
    BREAKS[SymptomId.PLUGIN_FATAL](world)
    async with served(world) as site, a_case(settings, site, Phase.VERIFY) as case:
        await case.client.get(site.base_url)
        plugin = world.root / "wp-content/plugins/acme-shop"
        plugin.rename(plugin.with_name("acme-shop.off"))
        cured = replace(case, incident=replace(case.incident, fingerprint="plugin_fatal:acme-shop"))
        finding = await verify.carry_out(cured)
    assert "acme-shop" in world.php_log.read_text()
    assert finding.outcome is Outcome.PASSED


async def test_what_php_still_runs_of_before_the_fix_speaks_against_one_round_only(
    world: World, settings: Settings
) -> None:
    BREAKS[SymptomId.PLUGIN_FATAL](world)
    async with served(world) as site, a_case(settings, site, Phase.VERIFY) as case:

        async def pause(_: float) -> None:
            plugin = world.root / "wp-content/plugins/acme-shop"
            if plugin.exists():
                plugin.rename(plugin.with_name("acme-shop.off"))

        cured = replace(case, incident=replace(case.incident, fingerprint="plugin_fatal:acme-shop"))
        finding = await verify.carry_out(cured, pause)
    assert (finding.outcome, finding.output["rounds"]) == (Outcome.PASSED, 4), finding.reason


async def test_an_error_that_the_fix_has_brought_counts_each_time_that_it_is_logged(
    world: World, settings: Settings
) -> None:
    async with served(world) as site, a_case(settings, site, Phase.VERIFY) as case:

        async def pause(_: float) -> None:
            world.log(world.php_log, f"PHP Fatal error:  Uncaught Error: no in {world.root}/wp-cron.php:7")

        finding = await verify.carry_out(case, pause)
    assert (finding.outcome, finding.output["rounds"]) == (Outcome.FAILED, 4)
