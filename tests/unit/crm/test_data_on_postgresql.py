"""The same promises on a real PostgreSQL server, where its programs are installed."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from arqlight_core.clock import now
from arqlight_core.policy import HOUR
from arqlight_core.settings import Settings
from arqlight_jobs.crm import analytics, importing_attempt, importing_upserts, recordings
from arqlight_jobs.crm.ai import chat, transcribe
from arqlight_jobs.crm.analytics import snapshot
from arqlight_jobs.crm.contact_changes import change_contact, with_field
from arqlight_jobs.crm.requests import ChatAsked, SnapshotAsked, TranscribeAsked
from arqlight_jobs.crm.tables.conversations import ai_usage
from arqlight_jobs.crm.tables.data import snapshots
from arqlight_jobs.crm.tables.people import contacts
from tests.unit.billing.test_postgresql import pytestmark, server
from tests.unit.crm import test_exporting
from tests.unit.crm.desk import EMAIL, TENANT, Desk, open_desk, sound, written
from tests.unit.crm.importing import accept, carry_out, csv_of, known, people, rejects
from tests.unit.crm.test_killed_import import CONTENT

__all__ = ["pytestmark", "server"]


@pytest.fixture
async def house(tmp_path: Path, server: str) -> AsyncGenerator[Desk]:
    """A desk on that server, empty before."""
    settings = Settings(data_dir=tmp_path / "data", database_url=server)
    async with open_desk(settings, empty=True) as opened:
        yield opened


async def test_an_import_is_the_same_and_goes_on_where_it_was(house: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing_attempt, "CHUNK", 10)
    made = await accept(house, CONTENT)
    told = await carry_out(house, made)
    assert told == {"created": 26, "updated": 2, "skipped": 5, "rejected": 2}
    assert await rejects(house, made) == [["row", "reason"], ["26", "phone_unreadable"], ["35", "no_address"]]
    assert (await known(house))["Ann"]["email"] == "new@example.com"


async def test_two_imports_of_the_same_people_at_once_make_each_once(house: Desk) -> None:
    both = [await accept(house, csv_of(people(600))), await accept(house, csv_of([*reversed(people(600))]))]
    told = await asyncio.gather(*(carry_out(house, made, fence=place) for place, made in enumerate(both, 1)))
    assert sum(one["created"] for one in told) == 599  # one is known
    assert len(await known(house)) == 600


async def test_what_a_flow_notes_during_an_import_is_kept(house: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = (await house.records()).engine
    noted: list[asyncio.Task[None]] = []
    write = importing_upserts._write  # pyright: ignore[reportPrivateUsage] - the moment between reading and writing

    async def meanwhile(*told: Any) -> None:
        noted.append(asyncio.create_task(change_contact(engine, TENANT, "ann", with_field("visits", 3))))
        await asyncio.wait(noted, timeout=0.3)  # it is let through, or waits for the import
        await write(*told)

    monkeypatch.setattr(importing_upserts, "_write", meanwhile)
    made = await accept(house, csv_of([(EMAIL, "Rome")], ("email", "city")), {"city": "fields.city"})
    await carry_out(house, made)
    await asyncio.gather(*noted)
    [ann] = await house.all(contacts)
    assert ann["fields"] == {"city": "Rome", "visits": 3}


async def test_exports_answers_transcripts_and_figures(
    house: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, _ = await test_exporting.asked(house, compressed=True)
    assert (await test_exporting.written(house, made))["rows"] == 1
    talk = await house.talk("one", "two")
    for fence in (1, 2):
        await chat.handler(house.run(fence), ChatAsked(TENANT, talk.id, "in-2"))
    opened = await house.records()
    source = await written(tmp_path / "a.wav", sound(1))
    found = await recordings.take_in(opened.engine, house.settings, TENANT, source)
    for fence in (1, 2):
        await transcribe.handler(house.run(fence), TranscribeAsked(TENANT, found.id))
    assert len(house.there.calls) == await house.count(ai_usage) == 2
    later = now() + HOUR
    monkeypatch.setattr(analytics, "now", lambda: later)
    for fence in (1, 2):
        await snapshot.handler(house.run(fence), SnapshotAsked("hour"))
    told = {row["metric"]: row["value"] for row in await house.all(snapshots) if row["value"]}
    assert (told["ai.tokens_out"], told["ai.seconds_heard"]) == (6, 1)
    assert told["answers.mean_s"] == told["answers.p95_s"] > 0
