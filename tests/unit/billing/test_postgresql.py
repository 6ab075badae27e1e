"""The same promises on a real PostgreSQL server, where its programs are installed."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from pathlib import Path

import msgspec
import pytest

from arqlight_core.errors import LeaseLost
from arqlight_core.settings import Settings
from arqlight_jobs.billing.intake import report
from arqlight_jobs.billing.ledger import Ledger
from arqlight_jobs.billing.records import records
from arqlight_jobs.billing.samples import VIOLATIONS, write_sample
from tests.billing_files import attempt_stopped_at, carry_out, kept, submit
from tests.unit.billing.test_records import tokens_of_processes

PROGRAMS = ("initdb", "pg_ctl", "postgres")

pytestmark = pytest.mark.skipif(not all(map(shutil.which, PROGRAMS)), reason="PostgreSQL is not installed")


def server_user() -> str | None:
    """The server refuses to run as root."""
    return "postgres" if os.geteuid() == 0 else None


def call(folder: Path, program: str, *arguments: str) -> None:
    found = shutil.which(program)
    assert found
    subprocess.run(
        [found, "-D", str(folder / "data"), *arguments],
        user=server_user(),
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
    )


@pytest.fixture(scope="module")
def server() -> Generator[str]:
    with tempfile.TemporaryDirectory(prefix="pg") as made:
        folder = Path(made)
        if user := server_user():
            shutil.chown(folder, user)
        call(folder, "initdb", "--auth=trust", "--username=arqlight", "--no-sync")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        call(folder, "pg_ctl", "--wait", "--silent", "-l", str(folder / "log"), "-o", options, "start")
        yield f"postgresql://arqlight@/postgres?host={folder}"
        call(folder, "pg_ctl", "--wait", "--silent", "--mode=immediate", "stop")


@pytest.fixture
def on_server(settings: Settings, server: str) -> Settings:
    return msgspec.structs.replace(settings, database_url=server)


def test_processes_that_open_at_once_all_succeed(tmp_path: Path, server: str) -> None:
    assert len(tokens_of_processes(tmp_path / "new", server)) == 1


async def test_every_rule_finds_exactly_what_was_planted(on_server: Settings) -> None:
    planted = dict.fromkeys(VIOLATIONS, 2)
    path = on_server.data_dir / "sample.csv"
    await asyncio.to_thread(write_sample, path, 1200, planted)
    request = await submit(on_server, path)
    async with attempt_stopped_at(on_server, request, 60) as run:
        assert run.task
        assert run.task.cancelled()
    totals = await carry_out(on_server, request, fence=2)
    assert totals["rules"] == planted
    assert await kept(on_server, request) == (totals["rows"], totals["findings"])
    told = await report(request.validation_id, on_server)
    assert (told["run"]["status"], told["run"]["attempt"]) == ("completed", 2)
    assert len(told["findings"]) == totals["findings"]


async def test_an_older_owner_writes_nothing_any_more(on_server: Settings) -> None:
    path = on_server.data_dir / "sample.csv"
    await asyncio.to_thread(write_sample, path, 5)
    request = await submit(on_server, path)
    async with records(on_server) as opened:
        first = Ledger(opened.engine, request.validation_id, fence=1)
        await first.begin("job", request.file_id)
        await Ledger(opened.engine, request.validation_id, fence=2).begin("job", request.file_id)
        with pytest.raises(LeaseLost):
            await first.save_progress(70)
