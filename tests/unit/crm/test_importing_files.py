"""Files as people have them: any usual encoding and delimiter, and a reason for each that is of no use."""

import asyncio
import os
from pathlib import Path

import pytest

from arqlight_core.errors import Discard, UsageError
from arqlight_jobs.crm.custody import Status
from arqlight_jobs.crm.importing import import_contacts
from arqlight_jobs.crm.imports import Imports, path_of
from arqlight_jobs.crm.requests import ImportAsked
from arqlight_jobs.crm.tables.data import imports
from arqlight_jobs.crm.tables.people import contacts
from arqlight_jobs.tabular import faults, reading
from tests.unit.crm.desk import EMAIL, PHONE, TENANT, Desk
from tests.unit.crm.importing import accept, brought_in, csv_of, find, known, lying, people, refused


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
async def test_encodings_and_delimiters(desk: Desk, encoding: str, delimiter: str) -> None:
    text = csv_of([("Zoé d'Été", "514 555-0200", "zoe@example.com", "oui")], delimiter=delimiter)
    assert (await brought_in(desk, text.encode(encoding)))["created"] == 1
    assert (await known(desk))["Zoé d'Été"]["phone"] == "+15145550200"


async def test_an_export_of_ours_comes_in_again(desk: Desk) -> None:
    rows = [("'=Ann", f"'{PHONE}", EMAIL, "yes")]
    assert (await brought_in(desk, csv_of(rows)))["updated"] == 1
    assert (await known(desk)).keys() == {"=Ann"}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"name,city\nAnn,Rome\n", "missing_column"),
        (b"phone\n", "no_data_rows"),
        (b"phone\n\r\n\r\n", "no_data_rows"),
        (b"phone\n" + b"5145550124\n" * 5, "over_limits"),
        (b'phone\n"' + b"x" * 300_000, "unreadable_csv"),
        (b'phone\n5145550124\n"' + b"5145550125\n" * 40_000, "unreadable_csv"),
        ((",".join(["phone", *map(str, range(10_000))]) + "\n1\n").encode(), "over_limits"),
        (b"\xff\xfe" + b"\x00\xdc" * 9, "not_text"),
        (b"\xff\xfephone\n1\n2", "not_text"),
        (b"phone\n" + bytes(range(1, 32)) * 9, "not_text"),
    ],
)
async def test_a_file_of_no_use_fails_for_good(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, content: bytes, fault: str
) -> None:
    monkeypatch.setattr(reading, "MAX_ROWS", 4)
    made = await accept(desk, content)
    assert fault in await refused(desk, made)
    assert (await find(desk, made)).status is Status.FAILED
    assert lying(desk.settings) == []
    assert fault in await refused(desk, made)  # delivered again
    assert await desk.count(contacts) == 1  # nobody came in, though the first rows could be read


@pytest.mark.parametrize("content", [b"", b"phone\n1\0\n", b"phone\n" + b"1\n" * 600])
async def test_what_is_no_file_of_rows_is_not_taken_in(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setattr(faults, "MAX_BYTES", 1000)
    with pytest.raises(UsageError):
        await accept(desk, content)
    assert lying(desk.settings) == []
    assert await desk.count(imports) == 0


async def test_sixty_megabytes_are_refused_before_they_are_read(desk: Desk) -> None:
    path = desk.settings.data_dir / "large.csv"

    def make() -> None:
        with path.open("wb") as file:
            file.write(b"\0")  # whoever read it would complain of that
            file.truncate(60 * 1024**2)

    await asyncio.to_thread(make)
    with pytest.raises(UsageError, match="larger than 50 MB"):
        await Imports((await desk.records()).engine, desk.settings).accept(TENANT, path)
    assert lying(desk.settings) == []


async def test_what_never_ends_is_not_read(desk: Desk) -> None:
    pipe = desk.settings.data_dir / "pipe"
    os.mkfifo(pipe)
    async with asyncio.timeout(5):
        for endless in (pipe, Path("/dev/zero")):
            with pytest.raises(UsageError, match="no plain file"):
                await Imports((await desk.records()).engine, desk.settings).accept(TENANT, endless)


async def test_a_file_that_grew_or_went_meanwhile_fails_for_good(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    grown = await accept(desk, csv_of(people(2)))
    gone = await accept(desk, csv_of(people(3)))
    path_of(desk.settings, gone.id).unlink()
    assert "missing_file" in await refused(desk, gone)
    monkeypatch.setattr(faults, "MAX_BYTES", 10)
    assert "over_limits" in await refused(desk, grown)


async def test_a_column_named_twice_counts_once(desk: Desk) -> None:
    header = ("Phone", "phone", "PHONE", "Name")
    assert (await brought_in(desk, csv_of([("514 555-0200", "x", "y", "Bob")], header)))["created"] == 1


@pytest.mark.parametrize(("tenant", "said"), [("nobody", "no tenant"), ("", "no tenant")])
async def test_an_unknown_tenant_is_a_wrong_call(desk: Desk, tenant: str, said: str) -> None:
    made = Imports((await desk.records()).engine, desk.settings)
    with pytest.raises(UsageError, match=said):
        await made.accept(tenant, desk.settings.data_dir)
    with pytest.raises(UsageError, match="no such file"):
        await made.accept(TENANT, desk.settings.data_dir / "none.csv")
    with pytest.raises(Discard, match="not on record"):
        await import_contacts.handler(desk.run(), ImportAsked("none"))
