"""Recordings put into words: each once for a model and a language, whoever asks and however often."""

import hashlib
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from arqlight_core.clock import now
from arqlight_core.errors import Discard
from arqlight_core.run import Run
from arqlight_jobs.crm import recordings
from arqlight_jobs.crm.conversations import note_usage
from arqlight_jobs.crm.recordings import Recording
from arqlight_jobs.crm.records import Records
from arqlight_jobs.crm.tables.conversations import transcripts
from arqlight_jobs.offload import in_thread
from arqlight_jobs.outbound.client import provider_client
from arqlight_jobs.providers import openai, whatsapp_media
from arqlight_jobs.tabular.drafts import DRAFT


@dataclass(frozen=True, slots=True)
class Key:
    """What makes two transcripts the same."""

    digest: str
    model: str
    language: str

    def __str__(self) -> str:
        return f"ai:stt:{self.digest}:{self.model}:{self.language}"


@dataclass(frozen=True, slots=True)
class Transcripts:
    """The transcripts of a database, for one run."""

    opened: Records
    run: Run

    async def find(self, tenant: str, recording_id: str) -> Recording:
        """The recording of that id, if it is the tenant's. Raises Discard."""
        return await recordings.find(self.opened.engine, tenant, recording_id)

    async def text_of(self, key: Key) -> str | None:
        """What was heard; None when nobody has listened yet."""
        columns = transcripts.c
        own = (columns.digest == key.digest, columns.model == key.model, columns.language == key.language)
        async with self.opened.engine.connect() as connection:
            return (await connection.execute(select(columns.text).where(*own))).scalar()

    async def transcribed(self, recording: Recording, language: str) -> tuple[Key, bool]:
        """The key of its transcript, and whether it was made now. Raises Discard for what no model takes."""
        if recording.digest and await self.text_of(self._key(recording, language)) is not None:
            await self._forget(recording)
            return self._key(recording, language), False
        async with self._file(recording) as (path, known):
            key = self._key(known, language)
            self.run.progress(10, 100, "fetched")
            if await self.text_of(key) is not None:
                return key, False
            heard = await self._heard(path, known.kind, language)
        self.run.progress(90, 100, "heard")
        is_new = await self._kept(key, recording.tenant, heard)
        await self._forget(known)
        return key, is_new

    def _key(self, recording: Recording, language: str) -> Key:
        return Key(recording.digest, self.opened.settings.openai_transcription_model, language)

    @asynccontextmanager
    async def _file(self, recording: Recording) -> AsyncGenerator[tuple[Path, Recording]]:
        """The recording's file, and what is known of it then; one that was fetched is gone afterwards in any case."""
        if not recording.media:
            path = recordings.path_of(self.opened.settings, recording)
            if path.is_symlink() or not path.is_file():
                raise Discard("the recording is no longer there; submit it again")
            yield path, recording
            return
        path = recordings.folder(self.opened.settings) / f"{uuid.uuid4()}{DRAFT}"
        try:
            yield path, await self._fetched(recording, path)
        finally:
            path.unlink(missing_ok=True)

    async def _fetched(self, recording: Recording, path: Path) -> Recording:
        client, settings = await self.run.open(provider_client), self.opened.settings
        kind = await whatsapp_media.fetch(client, settings, recording.media, path, self.run.correlation_id)
        known = replace(recording, kind=kind, digest=await in_thread(lambda: recordings.digest_of(path)))
        await recordings.known_now(self.opened.engine, known)
        return known

    async def _heard(self, path: Path, kind: str, language: str) -> openai.Transcript:
        client = await self.run.open(provider_client)
        with path.open("rb") as file:
            return await openai.transcribe(
                client,
                self.opened.settings,
                file,
                f"recording.{kind}",
                language=language,
                correlation_id=self.run.correlation_id,
                uploaded=lambda: self.run.progress(30, 100, "uploaded"),
            )

    async def _kept(self, key: Key, tenant: str, heard: openai.Transcript) -> bool:
        told = {"digest": key.digest, "model": key.model, "language": key.language}
        usage_id = hashlib.sha256(str(key).encode()).hexdigest()
        try:
            async with self.opened.engine.begin() as connection:
                await connection.execute(insert(transcripts), {**told, "text": heard.text, "created_at": now()})
                await note_usage(connection, usage_id, tenant, "transcription", key.model, heard.usage)
        except IntegrityError:
            if await self.text_of(key) is None:
                raise
            return False
        return True

    async def _forget(self, recording: Recording) -> None:
        """A file that was taken in is of no use once its words are kept."""
        if not recording.media:
            await in_thread(lambda: recordings.path_of(self.opened.settings, recording).unlink(missing_ok=True))
