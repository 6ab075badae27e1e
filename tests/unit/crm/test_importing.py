"""Imports from the file to the contacts: each row once, named when it is left out, whatever the file is like."""

import logging
import tracemalloc
from itertools import pairwise

import msgspec
import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from arqlight_core.errors import LeaseLost
from arqlight_jobs.crm import importing, importing_attempt
from arqlight_jobs.crm.custody import Custody, Status
from arqlight_jobs.crm.importing import import_contacts
from arqlight_jobs.crm.imports import Imports
from arqlight_jobs.crm.requests import ImportAsked
from arqlight_jobs.crm.tables.data import imports
from arqlight_jobs.crm.tables.people import contacts
from tests.unit.crm.desk import EMAIL, NAME, PHONE, TENANT, Desk, leaked
from tests.unit.crm.importing import (
    HEADER,
    accept,
    brought_in,
    carry_out,
    csv_of,
    find,
    known,
    lying,
    people,
    rejects,
)


async def test_people_come_in_and_the_file_goes(desk: Desk) -> None:
    made = await accept(desk, csv_of(people(3)))
    assert (made.status, made.tenant) == (Status.QUEUED, TENANT)
    assert lying(desk.settings) == [".csv"]
    run = desk.run()
    told = await import_contacts.handler(run, ImportAsked(made.id))
    assert told == {"created": 3, "updated": 0, "skipped": 0, "rejected": 0}
    assert (await known(desk))["Person 1"] == {
        "phone": "+15145550001",
        "email": "p1@example.com",
        "name": "Person 1",
        "consent": True,
        "tags": [],
        "fields": {},
    }
    done = await find(desk, made)
    assert (done.status, done.position, done.created) == (Status.DONE, 3, 3)
    assert done.finished_at
    assert lying(desk.settings) == [".rejects"]
    assert (run.percents[0], run.percents[-1]) == (5, 100)
    assert all(before <= after for before, after in pairwise(run.percents))


async def test_what_is_known_is_found_by_number_then_by_address(desk: Desk) -> None:
    rows = [
        ("Ann Q.", PHONE, "", ""),  # by number: another name
        ("", "", EMAIL, ""),  # by address: nothing new
        ("Bob", "+15145550200", "", "no"),
        ("Bob", "+1 (514) 555-0200", "BOB@example.com", "no"),  # the same, with an address
        ("Bobby", "", "bob@example.com", ""),
        ("Eve", "+15145550123", "bob@example.com", ""),  # number of one, address of another
        ("Mallory", "+15145550999", "bob@example.com", ""),  # another number for a known address
    ]
    made = await accept(desk, csv_of(rows))
    assert await carry_out(desk, made) == {"created": 1, "updated": 3, "skipped": 1, "rejected": 2}
    assert await rejects(desk, made) == [
        ["row", "reason"],
        ["6", "email_of_another"],
        ["7", "email_of_another"],
    ]
    people_known = await known(desk)
    assert people_known.keys() == {"Ann Q.", "Bobby"}
    assert people_known["Bobby"] == {
        "phone": "+15145550200",
        "email": "bob@example.com",
        "name": "Bobby",
        "consent": False,
        "tags": [],
        "fields": {},
    }
    assert people_known["Ann Q."]["consent"] is True  # blank says nothing


async def test_an_address_that_is_given_up_can_be_taken_in_the_same_file(desk: Desk) -> None:
    rows = [("", PHONE, "new@example.com", ""), ("Bob", "+15145550200", EMAIL, "yes")]
    assert await brought_in(desk, csv_of(rows)) == {"created": 1, "updated": 1, "skipped": 0, "rejected": 0}
    assert {row["email"] for row in await desk.all(contacts)} == {"new@example.com", EMAIL}


async def test_tags_are_added_and_own_fields_laid_over(desk: Desk) -> None:
    mapping = {"Ville": "fields.city", "Groupe": "tags"}
    for city, tags in (("Laval", "a;b"), ("Québec", "b;c")):
        await brought_in(desk, csv_of([(PHONE, city, tags)], ("phone", "ville", "groupe")), mapping)
    assert (await known(desk))[NAME]["fields"] == {"city": "Québec"}
    assert (await known(desk))[NAME]["tags"] == ["a", "b", "c"]


async def test_rows_that_cannot_be_are_named_without_what_they_hold(desk: Desk) -> None:
    rows = [("=cmd()", "", "", ""), ("A", "nope", "", ""), ("B", "", "@SUM(1)", ""), ("C", "", "c@example.com", "eh")]
    made = await accept(desk, csv_of([*rows, ("D", "", "d@example.com", "yes", "more")]))
    assert (await carry_out(desk, made))["rejected"] == 5
    assert [reason for _, reason in (await rejects(desk, made))[1:]] == [
        "no_address",
        "phone_unreadable",
        "email_unreadable",
        "consent_unreadable",
        "too_many_cells",
    ]


async def test_the_same_file_and_mapping_is_the_same_import(desk: Desk) -> None:
    content = csv_of(people(2))
    first = await accept(desk, content)
    again = await accept(desk, content)
    other = await accept(desk, content, {"Name": "-"})
    assert first.id == again.id != other.id
    assert import_contacts.id_of
    assert import_contacts.id_of(ImportAsked(first.id)) == f"import:{first.id.replace('-', ':')}"
    told = await carry_out(desk, first)
    assert await carry_out(desk, first, fence=2) == told
    done = await accept(desk, content)
    assert (done.status, done.created) == (Status.DONE, 2)
    assert lying(desk.settings) == [".csv", ".rejects"]  # the other one waits


# ------------------------------------------------------------------ faults on the way


async def test_an_attempt_that_is_cut_off_goes_on_behind_its_last_chunk(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing_attempt, "CHUNK", 10)
    made = await accept(desk, csv_of([*people(35), ("bad", "", "", "")]))
    taken, count = importing_attempt.upsert, 0

    async def failing(*told: object) -> object:
        nonlocal count
        count += 1
        if count == 3:
            raise OperationalError("", {}, Exception("gone"))
        return await taken(*told)  # pyright: ignore[reportArgumentType] - as it was called

    monkeypatch.setattr(importing_attempt, "upsert", failing)
    with pytest.raises(OperationalError):
        await carry_out(desk, made)
    half = await find(desk, made)
    assert (half.status, half.position, half.created) == (Status.WORKING, 20, 20)
    run = desk.run(fence=2, attempt=2)
    told = await import_contacts.handler(run, ImportAsked(made.id))
    assert told == {"created": 35, "updated": 0, "skipped": 0, "rejected": 1}
    assert "36 rows from 21 on" in run.lines[0]
    assert await rejects(desk, made) == [["row", "reason"], ["36", "no_address"]]


async def test_a_last_attempt_says_what_it_met_and_begins_again_when_asked(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = csv_of(people(3))
    made = await accept(desk, content)

    async def failing(*_: object) -> object:
        raise OperationalError("planted-secret", {}, Exception("planted-secret"))

    with monkeypatch.context() as patched:
        patched.setattr(importing_attempt, "upsert", failing)
        with pytest.raises(OperationalError):
            await carry_out(desk, made, attempt=2)
    failed = await find(desk, made)
    assert (failed.status, failed.error) == (
        Status.FAILED,
        "Gave up after 2 attempts; the last one ended with OperationalError.",
    )
    assert (await accept(desk, content)).status is Status.QUEUED
    assert (await carry_out(desk, made, fence=2))["created"] == 3


async def test_an_older_run_writes_nothing_any_more(desk: Desk) -> None:
    made = await accept(desk, csv_of(people(3)))
    engine = (await desk.records()).engine
    await Custody(engine, imports, made.id, fence=5).taken()
    with pytest.raises(LeaseLost):
        await carry_out(desk, made, fence=4)
    old = Custody(engine, imports, made.id, fence=3)
    with pytest.raises(LeaseLost):
        await old.ended(Status.DONE)
    assert (await carry_out(desk, made, fence=6))["created"] == 3
    with pytest.raises(LeaseLost):
        await Custody(engine, imports, made.id, fence=6).ended(Status.FAILED, "too late")
    assert (await find(desk, made)).status is Status.DONE


async def test_somebody_who_takes_the_same_address_in_meanwhile_is_found(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await accept(desk, csv_of(people(3)))
    taken, count = importing_attempt.upsert, 0

    async def rivalled(*told: object) -> object:
        nonlocal count
        count += 1
        if count == 1:
            raise IntegrityError("", {}, Exception("somebody has it"))
        return await taken(*told)  # pyright: ignore[reportArgumentType] - as it was called

    monkeypatch.setattr(importing_attempt, "upsert", rivalled)
    assert (await carry_out(desk, made))["created"] == 3


async def test_an_attempt_gives_up_before_its_time_is_over(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "WORK_LIMIT", 0 * importing.TIMEOUT)
    made = await accept(desk, csv_of(people(3)))
    with pytest.raises(TimeoutError):
        await carry_out(desk, made, attempt=2)
    assert "TimeoutError" in (await find(desk, made)).error


async def test_memory_does_not_grow_with_the_file(desk: Desk) -> None:
    peaks: list[int] = []
    for count in (1500, 6000):
        made = await accept(desk, csv_of([(*one[:1], "", one[2], "") for one in people(count)]))
        tracemalloc.start()
        await carry_out(desk, made)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.5


async def test_nothing_of_a_person_leaves_the_records(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    rows = [*people(2), ("Secret Sue", "0000", "", ""), ("Ann", PHONE, EMAIL, "yes")]
    made = await accept(desk, csv_of(rows))
    run = desk.run()
    told = await import_contacts.handler(run, ImportAsked(made.id))
    planted = [PHONE, EMAIL, "Secret Sue", "Person 1", "p1@example", "5145550001"]
    shown = (told, run.lines, caplog.text, msgspec.json.encode(ImportAsked(made.id)), await find(desk, made))
    assert not leaked(planted, *shown, await rejects(desk, made))


async def test_listing_names_the_newest_first(desk: Desk) -> None:
    made = [await accept(desk, csv_of(people(count))) for count in (1, 2)]
    listed = await Imports((await desk.records()).engine, desk.settings).listed(TENANT)
    assert [one.id for one in listed] == [one.id for one in reversed(made)]
    assert await Imports((await desk.records()).engine, desk.settings).listed("other") == []
    assert HEADER[1] == "Phone"
