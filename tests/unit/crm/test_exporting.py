"""Exports: a file that is there whole or not at all, harmless to open, and open to who has its token for a while."""

import asyncio
import csv
import gzip
import hashlib
import io
import logging
import os
import threading
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from arqlight_core.clock import now
from arqlight_core.errors import Discard, LeaseLost, UsageError
from arqlight_jobs.crm import exporting
from arqlight_jobs.crm.custody import Custody, Status
from arqlight_jobs.crm.exporting import export_data
from arqlight_jobs.crm.exporting_sources import Source
from arqlight_jobs.crm.exports import Export, Exports, Query, folder
from arqlight_jobs.crm.requests import ExportAsked
from arqlight_jobs.crm.tables.data import exports
from arqlight_jobs.crm.tables.messaging import messages
from arqlight_jobs.crm.tables.people import contacts, tenants
from tests.unit.crm.desk import EMAIL, NAME, PHONE, TENANT, Desk, contact_row, leaked, names, tenant_row
from tests.unit.crm.importing import accept, carry_out


async def asked(desk: Desk, what: str = "contacts", **how: bool) -> tuple[Export, str]:
    return await Exports((await desk.records()).engine, desk.settings).accept(TENANT, Query(what, **how))


async def written(desk: Desk, made: Export, **how: int) -> Any:
    return await export_data.handler(desk.run(**how), ExportAsked(made.id))


async def find(desk: Desk, made: Export) -> Export:
    return await Exports((await desk.records()).engine, desk.settings).find(made.id)


async def content(desk: Desk, made: Export) -> bytes:
    found = await find(desk, made)
    return await asyncio.to_thread((folder(desk.settings) / found.file_name).read_bytes)


async def rows(desk: Desk, made: Export) -> list[list[str]]:
    return list(csv.reader(io.StringIO((await content(desk, made)).decode(), newline="")))


def lying(desk: Desk) -> list[str]:
    return names(folder(desk.settings))


async def test_contacts_as_they_stand_in_the_file(desk: Desk) -> None:
    await desk.put(contacts, contact_row("bob", phone=None, email="bob@x.org", name="Bob", tags=["a", "b"]))
    made, _ = await asked(desk)
    told = await written(desk, made)
    header, ann, bob = await rows(desk, made)
    assert header == ["id", "phone", "email", "name", "consent", "tags", "created_at", "updated_at"]
    assert ann[:6] == ["ann", f"'{PHONE}", EMAIL, NAME, "yes", ""]
    assert bob[:6] == ["bob", "", "bob@x.org", "Bob", "yes", "a, b"]
    assert bob[6].endswith("+00:00")
    whole = await content(desk, made)
    done = await find(desk, made)
    assert told == {"rows": 2, "bytes": len(whole), "digest": hashlib.sha256(whole).hexdigest()}
    assert (done.status, done.rows, done.digest) == (Status.DONE, 2, told["digest"])
    assert lying(desk) == [done.file_name]
    assert (folder(desk.settings) / done.file_name).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"])
async def test_no_cell_is_carried_out_by_a_spreadsheet(desk: Desk, sign: str) -> None:
    evil = f"{sign}cmd|' /C calc'!A0"
    await desk.put(contacts, contact_row("eve", phone=None, email="eve@x.org", name=evil, tags=[evil]))
    made, _ = await asked(desk)
    await written(desk, made)
    eve = (await rows(desk, made))[2]
    assert (eve[3], eve[5]) == (f"'{evil}", f"'{evil}")


async def test_other_things_that_can_be_exported(desk: Desk) -> None:
    at = now()
    ids = {"tenant": TENANT, "sender": "s", "contact": "ann", "content": "c", "campaign": ""}
    message = {"key": "message:acme:1", "job_id": "j", "status": "sent", "reason": "", "created_at": at, "sent_at": at}
    await desk.put(messages, {**ids, **message})
    made, _ = await asked(desk, "messages")
    assert (await written(desk, made))["rows"] == 1
    assert (await rows(desk, made))[1][:6] == ["message:acme:1", "s", "ann", "c", "", "sent"]
    empty, _ = await asked(desk, "campaigns")
    assert (await written(desk, empty))["rows"] == 0
    assert (await rows(desk, empty))[0][:3] == ["id", "name", "channel"]


async def test_packed_and_marked(desk: Desk) -> None:
    made, _ = await asked(desk, compressed=True, marked=True)
    await written(desk, made)
    packed = await content(desk, made)
    assert gzip.decompress(packed).startswith(b"\xef\xbb\xbfid,phone,")
    assert hashlib.sha256(packed).hexdigest() == (await find(desk, made)).digest
    assert (await find(desk, made)).file_name.endswith(".csv.gz")


@pytest.fixture
async def crowd(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A tenant with 25 contacts, and another with one, read by tens."""
    monkeypatch.setattr(exporting, "PAGE", 10)
    one = {"phone": None, "name": "x"}
    await desk.put(contacts, *(contact_row(f"c{n:02}", email=f"c{n}@x.org", **one) for n in range(24)))
    await desk.put(tenants, tenant_row("other"))
    await desk.put(contacts, contact_row("stranger", tenant="other", email="s@x.org", **one))
    return desk


async def test_each_row_of_the_tenant_is_in_it_once(crowd: Desk) -> None:
    made, _ = await asked(crowd)
    run = crowd.run()
    await export_data.handler(run, ExportAsked(made.id))
    ids = [row[0] for row in (await rows(crowd, made))[1:]]
    assert ids == sorted(set(ids))
    assert (len(ids), "stranger" in ids) == (25, False)
    assert run.percents[-1] == 100
    assert all(before <= after for before, after in pairwise(run.percents))


async def test_an_attempt_that_fails_leaves_nothing_and_the_next_begins_anew(
    crowd: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, token = await asked(crowd)
    page, calls = Source.page, iter((False, True))

    def failing(self: Source, *told: Any) -> Any:
        if next(calls):
            raise OperationalError("planted", {}, Exception("planted"))
        return page(self, *told)

    with monkeypatch.context() as patched:
        patched.setattr(Source, "page", failing)
        with pytest.raises(OperationalError):
            await written(crowd, made)
    assert lying(crowd) == []
    with pytest.raises(UsageError):
        await Exports((await crowd.records()).engine, crowd.settings).redeemed(made.id, token)
    assert (await written(crowd, made, fence=2))["rows"] == 25
    assert len(lying(crowd)) == 1


async def test_an_older_run_cannot_put_its_file_in_the_place_of_a_newer_ones(
    crowd: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, token = await asked(crowd)
    ended = Custody.ended

    async def overtaken(self: Custody, *told: Any, **how: Any) -> None:
        monkeypatch.setattr(Custody, "ended", ended)
        await written(crowd, made, fence=2)
        await ended(self, *told, **how)

    monkeypatch.setattr(Custody, "ended", overtaken)
    with pytest.raises(LeaseLost):
        await written(crowd, made)
    path = await Exports((await crowd.records()).engine, crowd.settings).redeemed(made.id, token)
    assert hashlib.sha256(await asyncio.to_thread(path.read_bytes)).hexdigest() == (await find(crowd, made)).digest
    assert ".2." in path.name


async def test_an_older_run_that_was_overtaken_before_it_wrote_leaves_the_newer_ones_file_alone(
    crowd: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, token = await asked(crowd)
    taken = Custody.taken

    async def overtaken(self: Custody) -> Any:
        row = await taken(self)
        monkeypatch.setattr(Custody, "taken", taken)
        await written(crowd, made, fence=2)
        return row

    monkeypatch.setattr(Custody, "taken", overtaken)
    with pytest.raises(LeaseLost):
        await written(crowd, made)
    path = await Exports((await crowd.records()).engine, crowd.settings).redeemed(made.id, token)
    assert path.name in lying(crowd)
    assert [name.split(".")[1] for name in lying(crowd)] == ["1", "2"]  # each wrote its own


async def test_the_event_loop_does_not_wait_for_the_disk(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    made, _ = await asked(desk, compressed=True)
    synced: list[tuple[bool, int]] = []
    fsync = os.fsync

    def told(file: int) -> None:
        synced.append((threading.current_thread() is threading.main_thread(), os.fstat(file).st_size))
        fsync(file)

    monkeypatch.setattr(os, "fsync", told)
    await written(desk, made)
    on_loop, size = synced[0]
    assert (on_loop, size) == (False, len(await content(desk, made)))  # all of it, the packing's end as well


async def test_a_last_attempt_says_what_it_met(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "WORK_LIMIT", 0 * exporting.TIMEOUT)
    made, _ = await asked(desk)
    with pytest.raises(TimeoutError):
        await written(desk, made, attempt=2)
    assert (await find(desk, made)).error == "Gave up after 2 attempts; the last one ended with TimeoutError."
    with pytest.raises(Discard, match="Gave up"):
        await written(desk, made, fence=2)


async def test_an_export_that_is_delivered_again_is_left_as_it_is(desk: Desk) -> None:
    made, _ = await asked(desk)
    assert await written(desk, made) == await written(desk, made, fence=2)
    assert len(lying(desk)) == 1


# ------------------------------------------------------------------ the token


async def test_a_token_opens_its_own_file_for_a_while(desk: Desk) -> None:
    kept = Exports((await desk.records()).engine, desk.settings)
    made, token = await asked(desk)
    with pytest.raises(UsageError, match="opens no export"):
        await kept.redeemed(made.id, token)
    await written(desk, made)
    found = await find(desk, made)
    assert found.expires_at
    assert found.finished_at
    assert found.expires_at - found.finished_at <= timedelta(days=desk.settings.default_retention_days)
    assert isinstance(await kept.redeemed(made.id, token), Path)
    for wrong in (token[:-1], "", f"{token}x", made.id):
        with pytest.raises(UsageError, match="opens no export"):
            await kept.redeemed(made.id, wrong)
    other, _ = await asked(desk, marked=True)
    with pytest.raises(UsageError, match="opens no export"):
        await kept.redeemed(other.id, token)
    async with kept.engine.begin() as connection:
        await connection.execute(update(exports).values(expires_at=now()))
    with pytest.raises(UsageError, match="opens no export"):
        await kept.redeemed(made.id, token)


async def test_a_token_and_a_person_are_nowhere_else(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    made, token = await asked(desk)
    run = desk.run()
    told = await export_data.handler(run, ExportAsked(made.id))
    [row] = await desk.all(exports)
    shown = (told, run.lines, caplog.text, msgspec.json.encode(ExportAsked(made.id)), row, made)
    assert not leaked([token, PHONE, EMAIL, NAME], *shown)


@pytest.mark.parametrize(("tenant", "what"), [("nobody", "contacts"), (TENANT, "passwords"), (TENANT, "")])
async def test_what_cannot_be_exported_is_a_wrong_call(desk: Desk, tenant: str, what: str) -> None:
    with pytest.raises(UsageError):
        await Exports((await desk.records()).engine, desk.settings).accept(tenant, Query(what))


async def test_an_export_of_what_nobody_knows_is_dead(desk: Desk) -> None:
    made, _ = await asked(desk)
    async with (await desk.records()).engine.begin() as connection:
        await connection.execute(update(exports).values(what="passwords"))
    with pytest.raises(Discard, match="cannot be exported"):
        await written(desk, made)
    with pytest.raises(Discard, match="not on record"):
        await export_data.handler(desk.run(), ExportAsked("none"))


async def test_each_asking_is_an_export_of_its_own(desk: Desk) -> None:
    at = now()
    kept = Exports((await desk.records()).engine, desk.settings)
    made, _ = await kept.accept(TENANT, Query("contacts"), at)
    with pytest.raises(UsageError, match="same moment"):
        await kept.accept(TENANT, Query("contacts"), at)
    later, _ = await kept.accept(TENANT, Query("contacts"), at + timedelta(milliseconds=1))
    assert [one.id for one in await kept.listed(TENANT)] == [later.id, made.id]
    assert export_data.id_of
    assert export_data.id_of(ExportAsked(made.id)) == f"export:{made.id.replace('-', ':')}"


async def test_what_went_out_comes_in_again_without_a_change(desk: Desk) -> None:
    made, _ = await asked(desk, marked=True)
    await written(desk, made)
    taken = await accept(desk, await content(desk, made))
    assert await carry_out(desk, taken) == {"created": 0, "updated": 0, "skipped": 1, "rejected": 0}
