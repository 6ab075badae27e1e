"""Recordings put into words: fetched, sent, kept, and heard once; what was fetched does not stay on the disk."""

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import update

from arqlight.demo.world.openai import refusing
from arqlight.demo.world.stand_in import Answer, Call, Fault, StandIn, standing
from arqlight_core.errors import Discard, Misconfigured, RateLimited, Unavailable, UsageError
from arqlight_core.settings import Settings
from arqlight_jobs.crm import recordings
from arqlight_jobs.crm.ai import transcribe
from arqlight_jobs.crm.recordings import Recording
from arqlight_jobs.crm.requests import TranscribeAsked
from arqlight_jobs.crm.tables import conversations as tables
from arqlight_jobs.providers import whatsapp_media
from tests.unit.crm.desk import TENANT, Desk, names, open_desk, sound, tenant_row, written

SOUND = sound(1.5)
TOKEN = "EAAG-planted"  # noqa: S105 - a stand-in's


async def taken(desk: Desk, tmp_path: Path, content: bytes = SOUND, name: str = "a.wav") -> TranscribeAsked:
    opened = await desk.records()
    source = await written(tmp_path / name, content)
    found = await recordings.take_in(opened.engine, desk.settings, TENANT, source)
    return TranscribeAsked(TENANT, found.id)


def lying(desk: Desk) -> list[str]:
    return names(recordings.folder(desk.settings))


async def test_a_file_is_heard_once_and_goes(desk: Desk, tmp_path: Path) -> None:
    asked = await taken(desk, tmp_path)
    run = desk.run()
    told = await transcribe.handler(run, asked)
    digest = hashlib.sha256(SOUND).hexdigest()
    assert told == {"transcript": digest, "model": "whisper-1", "language": "", "new": True}
    assert [row["text"] for row in await desk.all(tables.transcripts)] == ["1.5 seconds of sound"]
    assert run.percents == [10, 30, 90, 100]
    assert lying(desk) == []
    assert (await transcribe.handler(desk.run(2), asked))["new"] is False
    assert len(desk.there.calls) == 1
    [usage] = await desk.all(tables.ai_usage)
    assert (usage["kind"], usage["seconds"]) == ("transcription", 2.0)


async def test_the_same_recording_is_not_heard_again_for_another_tenant(desk: Desk, tmp_path: Path) -> None:
    await transcribe.handler(desk.run(), await taken(desk, tmp_path))
    opened = await desk.records()
    await desk.put(tables.conversations.metadata.tables["crm_tenants"], tenant_row("other"))
    source = await written(tmp_path / "again.wav", SOUND)
    found = await recordings.take_in(opened.engine, desk.settings, "other", source)
    assert (await transcribe.handler(desk.run(2), TranscribeAsked("other", found.id)))["new"] is False
    assert len(desk.there.calls) == 1
    assert lying(desk) == []


async def test_a_file_stays_for_the_next_attempt_and_no_longer(desk: Desk, tmp_path: Path) -> None:
    desk.there.script(refusing(500))
    asked = await taken(desk, tmp_path)
    with pytest.raises(Unavailable):
        await transcribe.handler(desk.run(), asked)
    assert len(lying(desk)) == 1
    await transcribe.handler(desk.run(2), asked)
    assert lying(desk) == []


async def test_a_file_that_is_gone_is_for_good(desk: Desk, tmp_path: Path) -> None:
    asked = await taken(desk, tmp_path)
    for one in recordings.folder(desk.settings).iterdir():
        one.unlink()
    with pytest.raises(Discard, match="no longer there"):
        await transcribe.handler(desk.run(), asked)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.aac", b"x", "not taken"),
        ("a", b"x", "not taken"),
        ("a.mp3", b"", "empty or larger"),
        ("a.mp3", b"x" * (25 * 1024**2 + 1), "empty or larger"),
    ],
)
async def test_what_no_model_takes_is_not_taken_in(
    desk: Desk, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        await taken(desk, tmp_path, content, name)
    assert lying(desk) == []


async def test_a_recording_of_nobody_is_not_heard(desk: Desk) -> None:
    with pytest.raises(Discard, match="no recording"):
        await transcribe.handler(desk.run(), TranscribeAsked(TENANT, "none"))


# ------------------------------------------------------------------ what WhatsApp has


class Media:
    """A stand-in of WhatsApp's media: an id, a URL, and bytes, each for the token alone."""

    def __init__(self) -> None:
        self.there = StandIn(self._answer)
        self.kind, self.content, self.size = "audio/wav; codecs=pcm", SOUND, 0

    def _answer(self, call: Call) -> Answer:
        if call.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer(401, {"error": {"code": 190, "message": "Invalid OAuth access token"}})
        if call.path == "/v21.0/m-1":
            told: dict[str, Any] = {"url": f"{self.there.url}/short/1", "mime_type": self.kind}
            return Answer(body={**told, "file_size": self.size or len(self.content), "id": "m-1"})
        return Answer(body=self.content) if call.path == "/short/1" else Answer(404)


@pytest.fixture
async def media() -> Any:
    made = Media()
    async with standing(made.there):
        yield made


@pytest.fixture
async def phone(tmp_path: Path, media: Media) -> Any:
    """A desk whose WhatsApp has a recording."""
    settings = Settings(data_dir=tmp_path / "data", whatsapp_base_url=media.there.url, whatsapp_token=TOKEN)
    async with open_desk(settings) as opened:
        yield opened


async def spoken(desk: Desk, media: str = "m-1") -> TranscribeAsked:
    found = await recordings.take_in_media((await desk.records()).engine, TENANT, media)
    return TranscribeAsked(TENANT, found.id)


async def test_media_is_fetched_heard_and_leaves_nothing_behind(phone: Desk, media: Media) -> None:
    asked = await spoken(phone)
    assert (await transcribe.handler(phone.run(), asked))["new"] is True
    assert [row["text"] for row in await phone.all(tables.transcripts)] == ["1.5 seconds of sound"]
    assert lying(phone) == []
    assert (await transcribe.handler(phone.run(2), asked))["new"] is False
    assert [call.path for call in media.there.calls] == ["/v21.0/m-1", "/short/1"]


async def test_what_was_fetched_goes_though_the_model_is_not_well(phone: Desk) -> None:
    phone.there.script(refusing(503))
    with pytest.raises(Unavailable):
        await transcribe.handler(phone.run(), await spoken(phone))
    assert lying(phone) == []


async def test_what_was_heard_before_is_fetched_and_not_sent(phone: Desk, tmp_path: Path) -> None:
    await transcribe.handler(phone.run(), await taken(phone, tmp_path))
    assert (await transcribe.handler(phone.run(2), await spoken(phone)))["new"] is False
    assert len(phone.there.calls) == 1


@pytest.mark.parametrize(
    ("faults", "signal", "dependency"),
    [
        ([Fault(status=401, path="/v21.0")], Misconfigured, "whatsapp"),
        ([Fault(status=404, path="/v21.0")], Discard, None),
        ([Fault(status=429, path="/v21.0")], RateLimited, "whatsapp"),
        ([Fault(status=500, path="/v21.0")], Unavailable, "whatsapp"),
        ([Fault(status=200, body=msgspec.Raw(b"[]"), path="/v21.0")], Unavailable, "whatsapp"),
        (
            [Fault(status=200, body=msgspec.Raw(b'{"url":"file:///etc/passwd","mime_type":"audio/ogg"}'))],
            Unavailable,
            "whatsapp",
        ),
        ([Fault(drop="before", path="/v21.0")], Unavailable, "whatsapp"),
        ([Fault(status=404, path="/short")], Unavailable, "whatsapp"),
        ([Fault(status=500, path="/short")], Unavailable, "whatsapp"),
        ([Fault(drop="before", path="/short")], Unavailable, "whatsapp"),
    ],
)
async def test_what_whatsapp_answers_decides(
    phone: Desk, media: Media, faults: list[Fault], signal: type[Exception], dependency: str | None
) -> None:
    media.there.script(*faults)
    with pytest.raises(signal) as raised:
        await transcribe.handler(phone.run(), await spoken(phone))
    assert getattr(raised.value, "dependency", None) == dependency
    assert TOKEN not in str(raised.value)
    assert media.there.url not in str(raised.value)
    assert lying(phone) == []


@pytest.mark.parametrize("kind", ["audio/amr", "image/png", "", "audio/aac"])
async def test_media_of_another_type_is_for_good(phone: Desk, media: Media, kind: str) -> None:
    media.kind = kind
    with pytest.raises(Discard, match="of a type"):
        await transcribe.handler(phone.run(), await spoken(phone))
    assert [call.path for call in media.there.calls] == ["/v21.0/m-1"]


async def test_media_that_is_too_large_or_empty_is_for_good(
    phone: Desk, media: Media, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whatsapp_media, "LARGEST_AUDIO", 1000)
    with pytest.raises(Discard, match="larger"):
        await transcribe.handler(phone.run(), await spoken(phone))
    media.size = 10  # what it says of itself
    with pytest.raises(Discard, match="larger"):
        await transcribe.handler(phone.run(), await spoken(phone))
    media.content = b""
    with pytest.raises(Discard, match="empty"):
        await transcribe.handler(phone.run(), await spoken(phone))
    assert lying(phone) == []


@pytest.mark.parametrize("media_id", ["a/b", "..", "x" * 65, "a?b"])
async def test_an_id_leads_nowhere_else(phone: Desk, media: Media, media_id: str) -> None:
    opened = await phone.records()
    row = Recording(TENANT, "wa-x", "m-1", "", "")
    await recordings.take_in_media(opened.engine, TENANT, "x")
    async with opened.engine.begin() as connection:
        await connection.execute(update(tables.recordings).values(media=media_id))
    with pytest.raises(Discard, match="no id"):
        await transcribe.handler(phone.run(), TranscribeAsked(TENANT, row.id))
    assert not media.there.calls


def test_every_ending_that_media_gets_is_one_that_is_taken() -> None:
    assert set(whatsapp_media.KINDS.values()) <= set(recordings.FORMATS)
