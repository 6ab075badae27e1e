"""Each symptom on a stand-in site: broken as sites break, it is found, and nothing else is believed more."""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from arqlight.demo.world import breaking
from arqlight.demo.world.breaking import BREAKS, authority_file
from arqlight.demo.world.state import World
from arqlight_jobs.healer.evidence import Evidence, PageName, Usual
from arqlight_jobs.healer.fingerprint import IS_WORDPRESS, score
from arqlight_jobs.healer.symptoms import TABLE, symptoms_of
from arqlight_jobs.healer.words import SymptomId
from tests.unit.healer.sick_sites import a_world, known_of, seen_from_outside, served

OVER_TLS = frozenset({SymptomId.TLS_EXPIRED, SymptomId.TLS_INVALID})
BY_COMMANDS = frozenset({SymptomId.CRON_STALLED, SymptomId.DB_TABLES, SymptomId.PLUGIN_CORRUPT, SymptomId.PLUGIN_FATAL})
SHOP, HOUSE, CACHE = "acme-shop", "wp-content/mu-plugins/house.php", "wp-content/object-cache.php"
COMPONENTS = {
    SymptomId.PLUGIN_FATAL: SHOP,
    SymptomId.PLUGIN_CORRUPT: "akismet",
    SymptomId.THEME_FATAL: "acme",
    SymptomId.DROPIN_FATAL: CACHE,
    SymptomId.MUPLUGIN_FATAL: HOUSE,
    SymptomId.INSTALL_SCREEN: "wp-config.php",
    SymptomId.MALWARE: "wp-content/uploads/2026/11/x.php",
}
USUAL = Usual(datetime(2026, 11, 1, tzinfo=UTC), sizes={"home": 1515}, ttfb_ms={"home": 20.0})


async def test_a_healthy_site_has_no_symptom(tmp_path: Path):
    async with served(a_world(tmp_path)) as site:
        evidence = await known_of(site, thorough=True, usual=USUAL)
    assert symptoms_of(evidence) == ()
    assert score(evidence.pages) >= IS_WORDPRESS
    assert all(page.good for page in evidence.pages if page.name is not PageName.MISSING)


@pytest.mark.parametrize("symptom_id", list(SymptomId))
async def test_what_breaks_is_found_and_believed_most(
    tmp_path: Path, symptom_id: SymptomId, monkeypatch: pytest.MonkeyPatch
):
    evidence = await broken(tmp_path, symptom_id, monkeypatch)
    first = symptoms_of(evidence)[0]
    assert (first.id, first.component) == (symptom_id, COMPONENTS.get(symptom_id, "")), told(evidence)
    assert first.confidence >= 0.7
    assert first.because


async def broken(tmp_path: Path, symptom_id: SymptomId, monkeypatch: pytest.MonkeyPatch) -> Evidence:
    world = a_world(tmp_path)
    tls = symptom_id in OVER_TLS
    if tls:
        BREAKS[symptom_id](world)
        monkeypatch.setenv(ssl.get_default_verify_paths().openssl_cafile_env, str(authority_file(world)))
    async with served(world, tls=tls, command=symptom_id in BY_COMMANDS) as site:
        if not tls:
            BREAKS[symptom_id](world)
        return await known_of(site, thorough=True, usual=USUAL)


def told(evidence: Evidence) -> str:
    pages = [(page.name, page.status, page.fault, page.size, page.title) for page in evidence.pages]
    return f"{symptoms_of(evidence)}\n{pages}\n{evidence.logs}"


def test_every_symptom_has_a_detector_and_a_way_to_break():
    assert set(TABLE) == set(SymptomId) == set(BREAKS)


VARIANTS: list[tuple[Callable[[World], object], str]] = [
    (breaking.empty_database, "install_screen"),
    (breaking.redirect_loop_by_server, "redirect_loop"),
    (lambda world: world.fault(db="denied"), "db_down"),
    (lambda world: world.fault(upstream=504), "upstream_down"),
]


@pytest.mark.parametrize(("breaks", "fingerprint"), VARIANTS)
async def test_other_ways_to_break_are_found_too(tmp_path: Path, breaks: Callable[[World], object], fingerprint: str):
    world = a_world(tmp_path)
    async with served(world, command=False) as site:
        breaks(world)
        found = symptoms_of(await known_of(site))
    assert [one.fingerprint for one in found[:1]] == [fingerprint]


@pytest.mark.parametrize(
    "symptom_id", [SymptomId.MAINTENANCE_STUCK, SymptomId.DB_DOWN, SymptomId.UPSTREAM_DOWN, SymptomId.INSTALL_SCREEN]
)
async def test_some_symptoms_show_from_outside_alone(tmp_path: Path, symptom_id: SymptomId):
    world = a_world(tmp_path)
    async with served(world) as site:
        BREAKS[symptom_id](world)
        assert symptoms_of(await seen_from_outside(site))[0].id is symptom_id


async def test_an_error_that_is_shown_on_the_page_needs_no_log(tmp_path: Path):
    world = a_world(tmp_path)
    config = world.root / "wp-config.php"
    config.write_text(config.read_text().replace("'WP_DEBUG', false", "'WP_DEBUG', true"))
    world.fault(php_log=False)
    breaking.theme_fatal(world)
    async with served(world) as site:
        found = symptoms_of(await seen_from_outside(site))
    assert (found[0].fingerprint, found[0].confidence) == ("theme_fatal:acme", 0.95)
