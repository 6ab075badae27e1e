"""A dump of a database between the command that prints it and the archive: readable by nobody where there are keys."""

import os
from pathlib import Path
from typing import Any

import pytest

from arqlight.demo.world.state import World
from arqlight_core.secrecy import Sealer, new_private
from arqlight_core.settings import Settings
from arqlight_jobs.healer.case import Phase
from arqlight_jobs.healer.dump import RESTORED, dumped, restore_database
from arqlight_jobs.healer.dump_file import DumpFile, DumpWriter
from arqlight_jobs.healer.phases import backup
from tests.healing import a_case
from tests.unit.healer.stand_in_site import site_of

MEGABYTE = 1024 * 1024
HEAD = b"CREATE TABLE wp_users;\n"


@pytest.fixture(params=["sealed", "plain"])
def sealer(request: pytest.FixtureRequest, settings: Settings) -> Sealer | None:
    return Sealer.of(settings) if request.param == "sealed" else None


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "www/site")
    made.create()
    return made


def written(path: Path, content: bytes, sealer: Sealer | None, chunk: int = 70_001) -> DumpFile:
    with new_private(path) as file:
        writer = DumpWriter(file, sealer)
        for at in range(0, len(content), chunk):
            writer.write(content[at : at + chunk])
        writer.finish()
    return DumpFile(path, writer.size, sealer)


@pytest.mark.parametrize("size", [0, 1, MEGABYTE, MEGABYTE + 1, 3 * MEGABYTE])
def test_it_reads_as_it_was_printed(tmp_path: Path, sealer: Sealer | None, size: int) -> None:
    content = HEAD + os.urandom(size)
    dump = written(tmp_path / "dump", content, sealer)
    with dump.opened() as file:
        assert file.read(10) + file.read(len(content)) == content
    assert dump.size == len(content)
    assert (HEAD in dump.path.read_bytes()) == (sealer is None)


def test_two_of_the_same_content_are_alike_whenever_they_were_made(tmp_path: Path, sealer: Sealer | None) -> None:
    one = written(tmp_path / "one", HEAD * 90_000 + b"-- Dump completed on 2026-01-01\n", sealer)
    two = written(tmp_path / "two", HEAD * 90_000 + b"-- Dump completed on 2026-02-02\n", None)
    other = written(tmp_path / "other", HEAD * 90_001 + b"-- Dump completed on 2026-01-01\n", sealer)
    assert one.content == two.content != other.content


def test_one_that_was_cut_off_cannot_be_read(tmp_path: Path, settings: Settings) -> None:
    dump = written(tmp_path / "dump", HEAD * 90_000, Sealer.of(settings))
    os.truncate(dump.path, dump.path.stat().st_size - 1)
    with pytest.raises(EOFError), dump.opened() as file:
        file.read()


async def test_with_keys_no_dump_is_ever_readable_on_the_disk(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []

    async def looked_at(*told: Any) -> DumpFile | str:
        found = await dumped(*told)
        assert isinstance(found, DumpFile)
        seen.append(found.path.read_bytes())
        return found

    monkeypatch.setattr(backup, "dumped", looked_at)
    async with a_case(settings, site_of(world), Phase.BACKUP) as case:
        assert (await backup.carry_out(case)).output["database"]
    assert len(seen) == 1
    assert b"wp_" not in seen[0]


async def test_a_disk_that_is_full_while_dumping_means_no_dump(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(DumpWriter, "write", full)
    async with a_case(settings, site_of(world), Phase.BACKUP) as case:
        finding = await backup.carry_out(case)
        assert not list(case.files.folder.glob("dump/*"))
    assert "There was no room for its dump." in finding.reason


async def test_what_a_killed_run_was_about_to_put_back_does_not_stay(world: World, settings: Settings) -> None:
    async with a_case(settings, site_of(world), Phase.BACKUP) as case:
        await backup.carry_out(case)
        case.files.place(RESTORED).write_bytes(HEAD)
        assert await restore_database(case.files, case.site, world.root) == ""
        assert [path.name for path in case.files.folder.rglob("*.sql")] == []
