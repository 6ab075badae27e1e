"""Incidents of real records, in SQLite and on a real server, through the composition root's own fleet."""

from pathlib import Path

import pytest

from arqlight.store_fleet import StoreFleet
from arqlight_core.incidents import INCIDENTS
from arqlight_core.observe import fleet as fleet_of
from arqlight_core.settings import Settings, load
from arqlight_core.store.gateway import Store
from arqlight_jobs.healer.case import Finding, Outcome
from arqlight_jobs.healer.incident import Incident, limits_of
from arqlight_jobs.healer.incidents import Incidents, Opening
from arqlight_jobs.healer.machine import Phase
from arqlight_jobs.healer.records import records
from arqlight_jobs.healer.sites import Sites
from arqlight_jobs.healer.words import Site
from tests.screens.conftest import visit

SEEN = {
    "fingerprint": "wsod",
    "symptoms": [{"id": "wsod", "component": "", "confidence": 0.8, "because": ["The home page is empty."]}],
}


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("ARQLIGHT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return load()


async def begun(settings: Settings) -> Incident:
    """An incident on a registered site, which discovery has looked at."""
    async with records(settings) as told:
        store = Incidents(told.engine)
        await Sites(told.engine).add(Site("shop.example", "shop.example", "http://shop.example"))
        incident, _ = await store.open(Opening("shop.example", correlation_id="flow-1"), limits_of(settings))
        for outcome, output in ((Outcome.TAKEN_UP, {}), (Outcome.IS_WORDPRESS, SEEN)):
            incident = await store.move(incident, Finding(outcome, "It looks so.", output), "{healer:x}:job")
        return incident


async def test_an_incident_is_shown_from_its_records_and_given_up(store: Store, settings: Settings) -> None:
    incident = await begun(settings)
    async with visit(StoreFleet(lambda: store.url, "otto"), (120, 40)) as guest:
        await guest.press("colon", *"incidents", "enter")
        await guest.until_shown("shop.example")
        await guest.press("enter")
        await guest.until_shown("is WordPress: It looks so.")
        assert "[● BASELINE]" in guest.text
        await guest.press("right")
        await guest.until_shown("The home page is empty.")
        await guest.until_shown("none is at hand here")
        await guest.press("right", "right")
        await guest.until_shown("the site was not looked at yet")
        await guest.press("K", *"mine now", "enter")
        await guest.until_shown("otto gave it up: mine now.")
    queues = {queue.name: queue for queue in (await fleet_of(store)).queues}
    assert sum(queues["healer:incident-processing"].counts.values()) == 1
    async with records(settings) as told:
        assert (await Incidents(told.engine).find(incident.id)).given_up == "otto gave it up: mine now."


async def test_an_incident_is_opened_on_a_site_by_its_name_and_only_once(store: Store, settings: Settings) -> None:
    async with records(settings) as told:
        await Sites(told.engine).add(Site("blog", "blog", "http://blog.example"))
    async with visit(StoreFleet(lambda: store.url, "otto"), (120, 40)) as guest:
        await guest.press("colon", *"incidents", "enter")
        await guest.until_shown("No incident is on record")
        await guest.press("n", *"blag", "enter")
        await guest.until_shown("There is no site blag")
        await guest.press("backspace", "backspace", *"og", "enter")
        await guest.until_shown("○ NEW")
        await guest.press("n", *"blog", "enter")
        await guest.until_shown("is open on blog already")
    async with records(settings) as told:
        [incident] = await Incidents(told.engine).listed()
        assert (incident.phase, incident.opened_by, incident.forced) == (Phase.NEW, "otto", True)


async def test_nothing_is_changed_where_nothing_may_be(store: Store, settings: Settings) -> None:
    incident = await begun(settings)
    async with visit(StoreFleet(lambda: store.url, "otto", read_only=True), (120, 40)) as guest:
        await guest.press("colon", *"incidents", "enter")
        await guest.until_shown("shop.example")
        await guest.press("K", *"mine", "enter")
        await guest.until_shown("Nothing is changed here")
    async with records(settings) as told:
        assert (await Incidents(told.engine).find(incident.id)).given_up == ""


async def test_records_that_cannot_be_read_are_one_sentence(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.data_dir.mkdir()
    (settings.data_dir / "records.sqlite").write_text("no database at all, but long enough to be looked at as one" * 99)
    monkeypatch.setenv("ARQLIGHT_DATA_DIR", str(settings.data_dir))
    fleet = StoreFleet(lambda: store.url, "otto")
    async with visit(fleet) as guest:
        await guest.press("colon", *"incidents", "enter")
        await guest.until_shown("! The records cannot be read (file is not a database)")
        (settings.data_dir / "records.sqlite").unlink()
        assert await fleet.told(INCIDENTS) == ()
