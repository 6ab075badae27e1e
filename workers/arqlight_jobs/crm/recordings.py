"""Recordings taken in: files under the data folder, and WhatsApp's own by their id."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from arqlight_core.clock import now
from arqlight_core.errors import Discard, UsageError
from arqlight_core.settings import Settings
from arqlight_jobs.crm.tables.conversations import recordings
from arqlight_jobs.offload import in_thread
from arqlight_jobs.outbound.rows import put_if_new
from arqlight_jobs.providers.openai import FORMATS, LARGEST_AUDIO, ending_of
from arqlight_jobs.tabular.drafts import drafted

CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Recording:
    """One of them."""

    tenant: str
    id: str
    media: str
    """WhatsApp's id; '' where a file was taken in."""
    kind: str
    """The ending of its name: one of FORMATS; '' until WhatsApp says."""
    digest: str
    """The SHA-256 of its bytes; '' until they were fetched."""


def folder(settings: Settings) -> Path:
    """Where recordings wait; made on first use, for the owner only."""
    place = settings.data_dir / "crm" / "recordings"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def name_of(recording: Recording) -> str:
    """The name of a recording's file, by tenant: two that take the same in have a file each."""
    return f"{hashlib.sha256(f'{recording.tenant}:{recording.id}'.encode()).hexdigest()}.{recording.kind}"


def path_of(settings: Settings, recording: Recording) -> Path:
    """Where the file of a recording is or would be."""
    return folder(settings) / name_of(recording)


async def take_in(engine: AsyncEngine, settings: Settings, tenant: str, source: Path) -> Recording:
    """Copy a recording in. Raises UsageError for what cannot be put into words: unknown format, empty, too large."""
    kind = ending_of(source.name)
    if kind not in FORMATS:
        raise UsageError(f"Recordings of this format are not taken; these are: {', '.join(FORMATS)}.")
    digest = await in_thread(lambda: _examined(source))
    recording = Recording(tenant, digest, "", kind, digest)
    await in_thread(lambda: _copy(source, path_of(settings, recording)))
    return await _noted(engine, recording)


async def take_in_media(engine: AsyncEngine, tenant: str, media: str) -> Recording:
    """Note a recording that WhatsApp has; it is fetched when it is put into words."""
    return await _noted(engine, Recording(tenant, f"wa-{media}", media, "", ""))


async def find(engine: AsyncEngine, tenant: str, recording_id: str) -> Recording:
    """The recording of that id, if it is the tenant's. Raises Discard."""
    columns = [recordings.c[name] for name in Recording.__slots__]
    own = (recordings.c.tenant == tenant, recordings.c.id == recording_id)
    async with engine.connect() as connection:
        row = (await connection.execute(select(*columns).where(*own))).mappings().one_or_none()
    if row is None:
        raise Discard(f"there is no recording {recording_id}")
    return Recording(**row)


async def known_now(engine: AsyncEngine, recording: Recording) -> None:
    """Write down what was learned of a recording's format and bytes."""
    own = (recordings.c.tenant == recording.tenant, recordings.c.id == recording.id)
    async with engine.begin() as connection:
        await connection.execute(update(recordings).where(*own).values(kind=recording.kind, digest=recording.digest))


async def _noted(engine: AsyncEngine, recording: Recording) -> Recording:
    told = {name: getattr(recording, name) for name in Recording.__slots__}
    async with engine.begin() as connection:
        is_new = await put_if_new(connection, recordings, {**told, "created_at": now()})
    return recording if is_new else await find(engine, recording.tenant, recording.id)


def _examined(source: Path) -> str:
    if not source.is_file():
        raise UsageError("There is no such file; give the path of a recording.")
    if not 0 < source.stat().st_size <= LARGEST_AUDIO:
        raise UsageError(f"The recording is empty or larger than {LARGEST_AUDIO // 1024**2} MB.")
    return digest_of(source)


def digest_of(path: Path) -> str:
    """The SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as reader, drafted(target) as writer:
        while chunk := reader.read(CHUNK_BYTES):
            writer.write(chunk)
