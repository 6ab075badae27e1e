"""Language models: the exact call, what each of their errors means, and a transcript that proves the file arrived."""

import io
import json
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from arqlight.demo.world.openai import KEY, form_of, openai, refusing, saying
from arqlight.demo.world.stand_in import Fault, StandIn, standing
from arqlight_core.errors import Discard, Misconfigured, RateLimited, Signal, Unavailable, UnknownOutcome
from arqlight_core.settings import Settings
from arqlight_jobs.providers.openai import (
    FORMATS,
    ContentRefused,
    ContextTooLong,
    Line,
    Reply,
    Transcript,
    Usage,
    chat,
    tokens_of,
    transcribe,
)
from tests.unit.crm.desk import sound


@pytest.fixture
async def there() -> AsyncGenerator[StandIn]:
    async with standing(openai()) as made:
        yield made


@pytest.fixture
def settings(there: StandIn, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, openai_base_url=f"{there.url}/v1/", openai_api_key=KEY)


async def ask(settings: Settings, *lines: Line) -> Reply:
    said = lines or (Line("system", "Be brief."), Line("user", "hello"))
    async with httpx.AsyncClient() as client:
        return await chat(client, settings, said, user="a-hash", most_tokens=50, correlation_id="c-1")


async def listen(settings: Settings, content: bytes, name: str = "a.wav", language: str = "") -> Transcript:
    async with httpx.AsyncClient() as client:
        return await transcribe(client, settings, io.BytesIO(content), name, language=language)


async def test_a_question_as_it_goes_over_the_wire_and_its_answer(settings: Settings, there: StandIn) -> None:
    reply = await ask(settings)
    [call] = there.calls
    assert (call.method, call.path) == ("POST", "/v1/chat/completions")
    assert call.headers["authorization"] == f"Bearer {KEY}"
    assert call.headers["x-correlation-id"] == "c-1"
    assert call.json == {
        "model": "gpt-4o-mini",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hello"}],
        "temperature": 0.3,
        "max_tokens": 50,
        "user": "a-hash",
    }
    assert (reply.text, reply.cut, reply.usage) == ("You wrote 5 signs.", False, Usage(3, 6))


async def test_a_recording_as_it_goes_over_the_wire_and_its_words(settings: Settings, there: StandIn) -> None:
    content = sound(2.5)
    told: list[str] = []
    async with httpx.AsyncClient() as client:
        heard = await transcribe(
            client, settings, io.BytesIO(content), "a.wav", language="fr", uploaded=lambda: told.append("uploaded")
        )
    [call] = there.calls
    form = form_of(call)
    assert call.path == "/v1/audio/transcriptions"
    assert form["file"] == ("a.wav", content)
    assert {name: form[name][1].decode() for name in ("model", "language", "response_format")} == {
        "model": "whisper-1",
        "language": "fr",
        "response_format": "json",
    }
    assert heard.text == "2.5 seconds of sound"
    assert heard.usage.seconds == 2
    assert told == ["uploaded"]


async def test_without_a_language_the_model_finds_it_out(settings: Settings, there: StandIn) -> None:
    await listen(settings, sound(0.1))
    assert "language" not in form_of(there.calls[0])


@pytest.mark.parametrize("kind", FORMATS)
async def test_every_format_of_the_table_is_taken(settings: Settings, kind: str) -> None:
    assert (await listen(settings, b"x" * 16_000, f"a.{kind}")).text == "1.0 seconds of sound"


BUDGETS = (
    "credit_balance_exhausted",
    "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded",
    "organization_usage_limit_exceeded",
    "insufficient_quota",
    "billing_hard_limit_reached",
)
ERRORS: list[tuple[Fault, type[Signal]]] = [
    (refusing(401), Misconfigured),
    (refusing(401, code="invalid_api_key"), Misconfigured),
    (refusing(403), Misconfigured),
    (refusing(403, code="account_deactivated"), Misconfigured),
    (refusing(404, code="model_not_found"), Misconfigured),
    *((refusing(429, code=code), Misconfigured) for code in BUDGETS),
    (refusing(429, code="strange", kind="insufficient_quota"), Misconfigured),
    (refusing(429, kind="insufficient_quota"), Misconfigured),
    (refusing(429, code="rate_limit_exceeded", kind="tokens"), RateLimited),
    (refusing(429, code="slow_down"), RateLimited),
    (refusing(503, code="slow_down"), RateLimited),
    (refusing(429), RateLimited),
    (Fault(status=429, body=msgspec.Raw(b"busy")), RateLimited),
    (refusing(400, code="context_length_exceeded"), ContextTooLong),
    (refusing(400, code="content_filter"), ContentRefused),
    (refusing(400, code="content_policy_violation"), ContentRefused),
    (saying("no", "content_filter"), ContentRefused),
    (refusing(400), Discard),
    (refusing(404), Discard),
    (refusing(413), Discard),
    (refusing(500), Unavailable),
    (refusing(502), Unavailable),
    (refusing(503), Unavailable),
    (refusing(504), Unavailable),
    (Fault(status=200, body=msgspec.Raw(b"<html>")), Unavailable),
    (Fault(status=200, body=msgspec.Raw(b'{"choices": []}')), Unavailable),
    (Fault(status=200, body=msgspec.Raw(b"[" * 90_000)), Unavailable),
    (Fault(status=500, body=msgspec.Raw(b"[" * 90_000)), Unavailable),
    (Fault(status=500, body=msgspec.Raw(b'{"error": "\xff"}')), Unavailable),
    (Fault(status=429, body=msgspec.Raw(b'{"error": "plain"}')), RateLimited),
    (saying(""), Unavailable),
    (Fault(drop="before"), UnknownOutcome),
    (Fault(drop="after"), UnknownOutcome),
]


@pytest.mark.parametrize(("fault", "signal"), ERRORS)
async def test_what_each_error_comes_to(settings: Settings, there: StandIn, fault: Fault, signal: type[Signal]) -> None:
    there.script(fault)
    with pytest.raises(Signal) as raised:
        await ask(settings, Line("user", "a secret of lemons"))
    assert type(raised.value) is signal
    assert not {"lemons", KEY, "told by the test", there.url} & set(str(raised.value).split())
    assert raised.value.__cause__ is None
    assert getattr(raised.value, "dependency", "openai") == "openai"


@pytest.mark.parametrize(("fault", "signal"), [one for one in ERRORS if b"choices" not in bytes(one[0].body)])
async def test_transcriptions_know_the_same_errors(
    settings: Settings, there: StandIn, fault: Fault, signal: type[Signal]
) -> None:
    there.script(fault)
    with pytest.raises(Signal) as raised:
        await listen(settings, sound(0.1))
    assert type(raised.value) is signal


WAITS: list[tuple[dict[str, str], float]] = [
    ({"Retry-After": "7"}, 7),
    ({"x-ratelimit-reset-requests": "6m0s", "x-ratelimit-remaining-requests": "0"}, 360),
    ({"x-ratelimit-reset-tokens": "20ms", "x-ratelimit-reset-requests": "9s"}, 9),
    ({"Retry-After": "soon"}, 30),
    ({"Retry-After": "999999"}, 3600),
]


@pytest.mark.parametrize(("headers", "seconds"), WAITS)
async def test_a_rate_limit_says_for_how_long(
    settings: Settings, there: StandIn, headers: dict[str, str], seconds: float
) -> None:
    there.script(refusing(429, code="rate_limit_exceeded", headers=headers))
    with pytest.raises(RateLimited) as raised:
        await ask(settings)
    wait = raised.value.after
    assert timedelta(seconds=seconds) <= wait <= timedelta(seconds=seconds * 1.1)


async def test_an_answer_that_was_cut_says_so(settings: Settings, there: StandIn) -> None:
    there.script(saying("There once was", "length"))
    assert (await ask(settings)).cut is True


@pytest.mark.parametrize("key", ["", "sk-ключ", "sk-\n"])
async def test_without_a_key_nothing_is_sent_anywhere(settings: Settings, there: StandIn, key: str) -> None:
    with pytest.raises(Misconfigured, match="OPENAI_API_KEY"):
        await ask(msgspec.structs.replace(settings, openai_api_key=key))
    assert not there.calls


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (None, Usage()),
        ({"type": "tokens", "input_tokens": 7, "output_tokens": 3}, Usage(7, 3)),
        ({"seconds": "many"}, Usage()),
        ([], Usage()),
    ],
)
async def test_what_a_transcription_cost_may_be_told_in_any_way(
    settings: Settings, there: StandIn, usage: Any, expected: Usage
) -> None:
    there.script(Fault(status=200, body=msgspec.Raw(json.dumps({"text": "hi", "usage": usage}).encode())))
    assert await listen(settings, sound(0.1)) == Transcript("hi", expected)


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("a", 1), ("abcd", 2), ("é", 1), ("\u4f60\u597d", 3), ("\ud800", 1)]
)
def test_two_bytes_are_a_token(text: str, tokens: int) -> None:
    assert tokens_of(text) == tokens
