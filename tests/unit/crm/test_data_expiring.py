"""What is forgotten of files, conversations and figures: what is over, and no file that a record refers to."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from arqlight_core.clock import now
from arqlight_jobs.crm import expiring, exports, imports, recordings
from arqlight_jobs.crm.custody import Status
from arqlight_jobs.crm.tables import data
from arqlight_jobs.crm.tables.conversations import conversations, turns
from arqlight_jobs.crm.tables.data import snapshots
from arqlight_jobs.crm.tables.messaging import campaigns, messages, pair_waits, recipients
from arqlight_jobs.expiry import ArtifactRoot, Category, discovered
from arqlight_jobs.healer.records import records as healer_records
from arqlight_jobs.healer.retention.artifacts import Cleaned, clean
from arqlight_jobs.healer.retention.purge import count, purge
from tests.unit.crm.desk import TENANT, Desk, names, sound, written
from tests.unit.crm.importing import accept, carry_out, csv_of, people
from tests.unit.crm.test_exporting import asked
from tests.unit.crm.test_exporting import written as exported

LATER = now() + timedelta(days=30)


def aged(folder: Path) -> None:
    """As if every file had been there for a month."""
    for one in folder.iterdir():
        os.utime(one, (0, 0))


async def cleaned(desk: Desk, root: ArtifactRoot) -> Cleaned:
    aged(root.folder(desk.settings))
    async with (await desk.records()).engine.connect() as connection:
        return clean(root, desk.settings, await root.living(connection), now(), dry_run=False)


async def purged(desk: Desk, category: Category) -> int:
    await desk.first.open(healer_records)  # has the table of holds
    engine = (await desk.records()).engine
    return (await purge(engine, category, LATER, await count(engine, category, LATER), lambda _: None)).deleted


async def test_files_that_records_refer_to_stay_and_others_go(desk: Desk, tmp_path: Path) -> None:
    await carry_out(desk, await accept(desk, csv_of([*people(1), ("bad", "", "", "")])))
    await accept(desk, csv_of(people(2)))  # waits
    made, _ = await asked(desk)
    await exported(desk, made)
    source = await written(tmp_path / "a.wav", sound(1))
    await recordings.take_in((await desk.records()).engine, desk.settings, TENANT, source)
    roots = (expiring.IMPORT_FILES, expiring.EXPORT_FILES, expiring.RECORDING_FILES)
    kept = {root.name: names(root.folder(desk.settings)) for root in roots}
    assert [len(found) for found in kept.values()] == [2, 1, 1]
    for root in roots:
        folder, draft = root.folder(desk.settings), "0" * 36 + ".part"
        left = {draft, *(name.replace(name[:5], "00000", 1) for name in kept[root.name])}
        for name in (*left, "notes.txt"):
            await written(folder / name, b"x")
        told = await cleaned(desk, root)
        assert (told.kept, told.deleted, told.missing) == (len(kept[root.name]), len(left), 0)
        assert names(folder) == [*kept[root.name], "notes.txt"]


async def test_what_is_over_is_forgotten_and_its_files_with_it(desk: Desk) -> None:
    await carry_out(desk, await accept(desk, csv_of([*people(1), ("bad", "", "", "")])))
    waiting = await accept(desk, csv_of(people(2)))
    made, _ = await asked(desk)
    await exported(desk, made)
    assert [await purged(desk, one) for one in (expiring.IMPORTS, expiring.EXPORTS)] == [1, 1]
    assert await desk.count(data.import_rejects) == 0
    assert (await cleaned(desk, expiring.IMPORT_FILES)).deleted == 1
    assert (await cleaned(desk, expiring.EXPORT_FILES)).deleted == 1
    assert names(imports.folder(desk.settings)) == [f"{waiting.id}.csv"]
    assert names(exports.folder(desk.settings)) == []


async def test_what_was_never_finished_is_forgotten_too(desk: Desk) -> None:
    await accept(desk, csv_of(people(2)))  # and its job was cancelled
    await asked(desk)
    assert [await purged(desk, one) for one in (expiring.UNFINISHED_IMPORTS, expiring.UNFINISHED_EXPORTS)] == [1, 1]
    assert (await cleaned(desk, expiring.IMPORT_FILES)).deleted == 1
    assert names(imports.folder(desk.settings)) == []


async def test_an_import_that_failed_keeps_no_file(desk: Desk) -> None:
    made = await accept(desk, csv_of(people(1)))
    async with (await desk.records()).engine.begin() as connection:
        await connection.execute(update(data.imports).values(status=Status.FAILED, finished_at=now()))
    assert (await cleaned(desk, expiring.IMPORT_FILES)).deleted == 1
    assert made.id not in str(names(imports.folder(desk.settings)))


async def test_hours_are_forgotten_and_days_stay(desk: Desk) -> None:
    told = {"tenant": TENANT, "metric": "m", "period_start": now(), "value": 1.0, "fence": 1, "computed_at": now()}
    await desk.put(snapshots, *({**told, "granularity": granularity} for granularity in ("hour", "day")))
    assert await purged(desk, expiring.HOURS) == 1
    assert [row["granularity"] for row in await desk.all(snapshots)] == ["day"]


async def test_what_was_said_is_forgotten(desk: Desk) -> None:
    await desk.talk("one", "two")
    assert await purged(desk, expiring.TURNS) == 2


async def test_a_conversation_without_a_word_is_forgotten_unless_it_has_instructions(desk: Desk) -> None:
    await desk.talk("one")
    assert await purged(desk, expiring.CONVERSATIONS) == 0
    async with (await desk.records()).engine.begin() as connection:
        await connection.execute(update(conversations).values(instructions=""))
    assert await purged(desk, expiring.CONVERSATIONS) == 1
    assert await desk.count(turns) == 0


async def test_who_writes_keeps_the_conversation(desk: Desk) -> None:
    talk = await desk.talk("one", instructions="")
    async with (await desk.records()).engine.begin() as connection:
        await connection.execute(update(conversations).values(updated_at=now() - timedelta(days=60)))
    await desk.talk("one", "two", instructions="")
    [row] = await desk.all(conversations)
    assert (row["id"], row["updated_at"] > now() - timedelta(minutes=1)) == (talk.id, True)


async def test_messages_and_campaigns_that_are_over_are_forgotten_and_no_other(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arqlight_jobs.healer.retention.purge.BATCH", 2)
    at = now()
    for state, ended in (("done", at), ("cancelled", at), ("running", None), ("paused", None)):
        await desk.put(campaigns, {**CAMPAIGN, "id": state, "state": state, "created_at": at, "ended_at": ended})
        people = [{"campaign": state, "contact": f"c{number}", "at": at} for number in range(5)]
        await desk.put(recipients, *({**one, "state": "sent", "reason": "", "round": 0} for one in people))
    sent = [{"key": f"{state or 'single'}:1", "campaign": state, "sent_at": at} for state in (*STATES, "")]
    failed = [{"key": f"{state or 'single'}:2", "campaign": state, "ended_at": at} for state in (*STATES, "")]
    waiting = [{"key": "single:3", "campaign": ""}]
    for one in (*sent, *failed, *waiting):
        await desk.put(messages, {**MESSAGE, "created_at": at, **one})
    await desk.put(pair_waits, {"sender": "s", "contact": "ann", "strikes": 1, "until": at})
    chosen = (expiring.MESSAGES, expiring.UNSENT, expiring.PAIR_WAITS, expiring.CAMPAIGNS)
    assert [await purged(desk, one) for one in chosen] == [3, 3, 1, 2]
    left = sorted(row["key"] for row in await desk.all(messages))
    assert left == ["paused:1", "paused:2", "running:1", "running:2", "single:3"]
    assert sorted(row["id"] for row in await desk.all(campaigns)) == ["paused", "running"]
    assert {row["campaign"] for row in await desk.all(recipients)} == {"paused", "running"}
    assert await desk.count(recipients) == 10


STATES = ("done", "cancelled", "running", "paused")
CAMPAIGN: dict[str, Any] = {
    "tenant": TENANT,
    "name": "C",
    "channel": "whatsapp",
    "sender": "s",
    "content": "c",
    "audience": {},
    "reason": "",
    "total": 5,
    "frozen_to": "",
    "is_frozen": True,
    "pardoned": 0,
    "pardoned_failed": 0,
    "correlation_id": "",
}
MESSAGE = {
    "tenant": TENANT,
    "sender": "s",
    "contact": "ann",
    "content": "c",
    "job_id": "j",
    "status": "sent",
    "reason": "",
}


def test_retention_finds_what_is_declared() -> None:
    found = discovered()
    assert expiring.IMPORTS in found.categories
    assert expiring.RECORDING_FILES in found.roots
    known = [one.name for one in (*found.categories, *found.roots)]
    assert len(known) == len(set(known))
