import asyncio
import os
import stat
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import inspect, text

from arqlight_core.errors import ArqlightError, UsageError
from arqlight_core.settings import Settings
from arqlight_jobs.billing.phi import Vault
from arqlight_jobs.billing.records import records
from arqlight_jobs.billing.tables import metadata
from arqlight_jobs.outbound.database import database_url

OPEN_AT_ONCE = """
import asyncio, sys
from pathlib import Path
from arqlight_core.settings import Settings
from arqlight_jobs.billing.records import records

async def main():
    settings = Settings(data_dir=Path(sys.argv[1]), database_url=sys.argv[2] or None)
    async with records(settings) as opened:
        print(opened.vault.token("x"))

asyncio.run(main())
"""


def tokens_of_processes(folder: Path, url: str = "", count: int = 4) -> set[str]:
    """What processes that open the same records at once make of one identity."""
    started = [
        subprocess.Popen([sys.executable, "-c", OPEN_AT_ONCE, str(folder), url], stdout=subprocess.PIPE, text=True)
        for _ in range(count)
    ]
    answers = {process.communicate()[0].strip() for process in started}
    assert [process.returncode for process in started] == [0] * count
    return answers


def test_processes_that_open_at_once_agree_on_tables_and_keys(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    (token,) = tokens_of_processes(folder)
    assert len(token) == 64
    keys = sorted((folder / "keys").iterdir())
    assert [key.name for key in keys] == ["payload_enc_keys", "phi_hmac_key"]
    assert all(stat.S_IMODE(key.stat().st_mode) == 0o600 for key in keys)
    assert stat.S_IMODE((folder / "records.sqlite").stat().st_mode) == 0o600


async def test_all_tables_are_made_and_sqlite_writes_ahead(settings: Settings) -> None:
    for _ in range(2):
        async with records(settings) as opened, opened.engine.connect() as connection:
            names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
            assert set(names) == set(metadata.tables)
            assert (await connection.execute(text("PRAGMA journal_mode"))).scalar_one() == "wal"
            assert (await connection.execute(text("PRAGMA busy_timeout"))).scalar_one() == 30_000


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("postgresql://u@h/n", "postgresql+asyncpg://u@h/n"),
        ("postgres://u@h/n", "postgresql+asyncpg://u@h/n"),
        ("postgresql://u@h/n?sslmode=require", "postgresql+asyncpg://u@h/n?ssl=require"),
        ("postgresql+asyncpg://u@h/n", "postgresql+asyncpg://u@h/n"),
        ("sqlite:////tmp/x.db", "sqlite+aiosqlite:////tmp/x.db"),
    ],
)
def test_database_urls(settings: Settings, given: str, made: str) -> None:
    assert str(database_url(msgspec.structs.replace(settings, database_url=given))) == made


@pytest.mark.parametrize("given", ["mysql://u@h/n", "not a url"])
def test_other_databases_are_refused(settings: Settings, given: str) -> None:
    with pytest.raises(UsageError, match="DATABASE_URL"):
        database_url(msgspec.structs.replace(settings, database_url=given))


def test_the_vault_seals_with_the_first_key_and_opens_with_any(settings: Settings) -> None:
    old = Vault(settings)
    sealed = old.seal("Échantillon".encode())
    assert b"chantillon" not in sealed
    other = Vault(Settings(data_dir=settings.data_dir))
    with pytest.raises(ArqlightError, match="PAYLOAD_ENC_KEYS"):
        other.open(sealed)
    kept_key = (settings.data_dir / "keys" / "payload_enc_keys").read_text()
    both = Vault(msgspec.structs.replace(settings, payload_enc_keys=f"{kept_key}, {settings.payload_enc_keys}"))
    assert both.open(sealed).decode() == "Échantillon"
    assert both.token("x") == old.token("x") != other.token("x")


def test_a_key_that_is_none_is_refused(settings: Settings) -> None:
    with pytest.raises(UsageError, match="PAYLOAD_ENC_KEYS"):
        Vault(msgspec.structs.replace(settings, payload_enc_keys="secret"))


async def test_the_data_folder_is_the_owners(tmp_path: Path) -> None:
    folder = tmp_path / "fresh"
    async with records(Settings(data_dir=folder)):
        mode = await asyncio.to_thread(lambda: stat.S_IMODE(os.stat(folder).st_mode))  # noqa: PTH116
    assert mode == 0o700
