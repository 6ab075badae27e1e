"""Campaigns and incidents over HTTP: as the records have them, by the page, with what is reckoned of them."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from arqlight_core.store.gateway import Store
from arqlight_jobs.crm.campaigns import CampaignState, RecipientState
from arqlight_jobs.healer.records import records
from arqlight_jobs.healer.sites import Sites
from arqlight_jobs.healer.words import Site
from tests.unit.crm.drive import Drive, a_drive
from tests.unit.crm.post import TENANT
from tests.unit.http.house import House, housed, settings_in


@pytest.fixture
async def drive(folder: Path) -> AsyncGenerator[Drive]:
    async with a_drive(settings_in(folder)) as made:
        yield made


async def test_a_database_that_is_away_is_named_as_such_and_nothing_is_taken_in(store: Store, folder: Path) -> None:
    settings = settings_in(folder, database_url="postgresql://me:a-secret@127.0.0.1:1/records")
    async with housed(store, settings) as house:
        asked = [house.viewer.get(f"/api/v1/{path}") for path in ("campaigns", "incidents/x")]
        asked.append(house.operator.post("/api/validations", content=b"a;b\n1;2\n"))
        for answer in await asyncio.gather(*asked):
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
            assert answer.json()["detail"] == "The database is away; try again in a moment."
        ready = (await house.stranger.get("/ready")).json()
        assert (ready["redis"], ready["database"]) == ("ok", "away")
    assert not await asyncio.to_thread(lambda: list(folder.rglob("*.csv")))


async def items(house: House, path: str) -> list[Any]:
    told = await house.viewer.get(f"/api/v1/{path}")
    assert told.status_code == 200, told.text
    return told.json()["items"]


async def test_campaigns_are_told_with_how_far_they_are(house: House, drive: Drive) -> None:
    await drive.running()
    await drive.recipients("spring", RecipientState.SENT, 3)
    await drive.recipients("spring", RecipientState.QUEUED, 1)
    await drive.draft("old")
    assert await drive.told.move("old", (CampaignState.DRAFT,), CampaignState.CANCELLED)
    assert [one["id"] for one in await items(house, "campaigns")] == ["spring", "old"]
    [row] = await items(house, f"campaigns?open=true&tenant={TENANT}")
    assert (row["id"], row["share"], row["left"], row["is_over"]) == ("spring", 0.75, 1, False)
    assert row["recipients"]["sent"] == 3
    assert await items(house, "campaigns?tenant=nobody") == []
    whole = (await house.viewer.get("/api/v1/campaigns/spring")).json()
    assert (whole["share"], whole["moves"][-1]["target"], len(whole["past_hour"])) == (0.75, "running", 60)


async def test_incidents_are_told_with_how_they_came_where_they_are(house: House) -> None:
    async with records(house.settings) as opened:
        await Sites(opened.engine).add(Site("shop", "shop", "https://shop.example"))
    told = await house.operator.post("/jobs/incidents", json={"site": "shop"})
    [row] = await items(house, "incidents?open=true&site=shop")
    assert (row["id"], row["phase"], row["is_over"]) == (told.json()["incidentId"], "NEW", False)
    assert await items(house, "incidents?site=other") == []
    whole = (await house.viewer.get(f"/api/v1/incidents/{row['id']}")).json()
    assert (whole["site"], whole["moves"], whole["treated"]) == ("shop", [], [])
