"""Telegram: the exact request on the wire, what each refusal means, and that nothing ever tells the token."""

import logging
import traceback
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from arqlight.demo.world.stand_in import Fault, StandIn, standing
from arqlight.demo.world.telegram import NAME, TOKEN, Telegram, refusal
from arqlight_core.errors import Discard, Misconfigured, RateLimited, Signal, Unavailable, UnknownOutcome
from arqlight_core.settings import Settings
from arqlight_jobs.outbound.client import provider_client
from arqlight_jobs.providers.telegram import ChatGone, Note, Sent, name_of_bot, send, updates
from arqlight_jobs.providers.telegram_refusals import GONE, PHRASES, VERDICTS, Meaning

CHAT, GROUP = "515233", "-4417"
NOTE = Note(chat=CHAT, text="Hällo <you>")


class Desk:
    """A bot, and a client of it."""

    def __init__(self, bot: Telegram, there: StandIn, settings: Settings, client: httpx.AsyncClient) -> None:
        self.bot, self.there, self.settings, self.client = bot, there, settings, client

    async def send(self, note: Note = NOTE, **settings: Any) -> Sent:
        return await send(self.client, msgspec.structs.replace(self.settings, **settings), note, "a-correlation-id")

    async def refused(self, status: int, description: str, **parameters: int) -> Signal:
        """What the error of such an answer is."""
        body = msgspec.Raw(msgspec.json.encode(refusal(status, description, **parameters).body))
        self.there.script(Fault(status=status, body=body))
        with pytest.raises(Signal) as problem:
            await self.send()
        return problem.value


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    bot = Telegram(strictness=0)
    async with standing(bot.stand_in()) as there:
        settings = Settings(data_dir=tmp_path, telegram_base_url=f"{there.url}/", telegram_bot_token=TOKEN)
        async with provider_client(settings) as client:
            yield Desk(bot, there, settings, client)


async def test_a_message_is_posted_as_json_and_answered_with_its_id(desk: Desk) -> None:
    sent = await desk.send()
    [call], [message] = desk.there.calls, desk.bot.messages
    assert (call.method, call.path) == ("POST", f"/bot{TOKEN}/sendMessage")
    assert call.headers["x-correlation-id"] == "a-correlation-id"
    assert call.json == {"chat_id": CHAT, "text": NOTE.text, "link_preview_options": {"is_disabled": True}}
    assert sent == Sent(str(message.message_id), CHAT)


async def test_marks_and_silence_are_asked_for_where_they_are_wanted(desk: Desk) -> None:
    await desk.send(Note(chat=GROUP, text="<b>now</b>", parse_mode="HTML", silent=True))
    [call] = desk.there.calls
    assert (call.json["parse_mode"], call.json["disable_notification"]) == ("HTML", True)


async def test_half_a_surrogate_pair_does_not_keep_the_rest_from_being_sent(desk: Desk) -> None:
    await desk.send(Note(chat=CHAT, text="a\ud800b"))
    assert desk.bot.told(CHAT) == ["a?b"]


@pytest.mark.parametrize(("phrase", "meaning"), PHRASES.items())
async def test_each_refusal_comes_to_what_its_words_mean(desk: Desk, phrase: str, meaning: Meaning) -> None:
    problem = await desk.refused(400, f"Bad Request: {phrase.title()} {CHAT}: planted words")
    expected = Misconfigured if VERDICTS[meaning] == "config" else ChatGone if meaning in GONE else Discard
    assert type(problem) is expected
    assert str(meaning) in str(problem)
    assert CHAT not in str(problem)
    assert "planted" not in str(problem)
    assert len(desk.there.calls) == 1


@pytest.mark.parametrize(
    ("status", "description", "signal"),
    [
        (400, "Bad Request: something new", Discard),
        (401, "Unauthorized", Misconfigured),
        (403, "Forbidden: something new", Discard),
        (404, "Not Found", Misconfigured),
        (409, "Conflict: something new", Misconfigured),
        (420, "FLOOD_WAIT_7", Discard),
        (429, "Too Many Requests", RateLimited),
        (500, "Internal Server Error", Unavailable),
        (502, "Bad Gateway", Unavailable),
        (504, "Gateway Timeout", Unavailable),
    ],
)
async def test_words_that_nobody_knows_count_by_the_status(
    desk: Desk, status: int, description: str, signal: type[Signal]
) -> None:
    problem = await desk.refused(status, description)
    assert type(problem) is signal
    assert getattr(problem, "dependency", "telegram") == "telegram"


async def test_a_429_says_for_how_long(desk: Desk) -> None:
    problem = await desk.refused(429, "Too Many Requests: retry after 35", retry_after=35)
    assert isinstance(problem, RateLimited)
    assert 35 <= problem.after.total_seconds() <= 38.5


async def test_marks_that_are_refused_are_left_out_once(desk: Desk) -> None:
    for mode, text in (("MarkdownV2", "a.b"), ("MarkdownV2", "*a"), ("HTML", "<b>a"), ("HTML", "a</i>")):
        await desk.send(Note(chat=CHAT, text=text, parse_mode=mode))
    assert [(one.text, one.parse_mode) for one in desk.bot.messages] == [
        (t, "") for t in ("a.b", "*a", "<b>a", "a</i>")
    ]
    assert len(desk.there.calls) == 8
    desk.there.script(*[Fault(status=400, body=msgspec.Raw(b'{"description": "can\'t parse entities"}'))] * 2)
    with pytest.raises(Discard):
        await desk.send(Note(chat=CHAT, text="<b>a", parse_mode="HTML"))


async def test_a_group_that_has_moved_is_followed_also_with_marks_that_are_refused(desk: Desk) -> None:
    desk.bot.moved[GROUP] = "-1004417"
    sent = await desk.send(Note(chat=GROUP, text="<b>a", parse_mode="HTML"))
    assert (sent.chat, desk.bot.told("-1004417"), desk.bot.told(GROUP)) == ("-1004417", ["<b>a"], [])


async def test_groups_that_lead_in_a_circle_end_the_message(desk: Desk) -> None:
    desk.bot.moved = {GROUP: "-2", "-2": GROUP}
    with pytest.raises(Discard, match="supergroup"):
        await desk.send(Note(chat=GROUP, text="a"))
    assert len(desk.there.calls) < 6


@pytest.mark.parametrize("token", ["", "no-token", "1:a/../b", "1:a\n", "1:ä", "1:a b"])
async def test_what_is_no_token_is_never_sent(desk: Desk, token: str) -> None:
    with pytest.raises(Misconfigured, match="TELEGRAM_BOT_TOKEN") as problem:
        await desk.send(telegram_bot_token=token)
    assert not desk.there.calls
    assert not token or token not in str(problem.value)


async def test_another_token_is_refused_as_telegram_does(desk: Desk) -> None:
    with pytest.raises(Misconfigured):
        await desk.send(telegram_bot_token="7:another")  # noqa: S106 - of nobody
    assert not desk.there.effects


@pytest.mark.parametrize("fault", [Fault(drop="before"), Fault(drop="after"), Fault(status=502)])
async def test_nothing_tells_the_token_whatever_goes_wrong(
    desk: Desk, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    desk.there.script(fault)
    with pytest.raises((UnknownOutcome, Unavailable)) as lost:
        await desk.send()
    with pytest.raises(Unavailable) as away:
        await desk.send(telegram_base_url="http://127.0.0.1:9")
    for problem in (lost.value, away.value):
        shown = "".join(traceback.format_exception(problem)) + f"{problem.__context__!r} {problem.__cause__!r}"
        assert TOKEN not in shown
        assert problem.__context__ is None
    assert TOKEN not in "\n".join(one.getMessage() for one in caplog.records if not one.name.startswith("asyncio"))


async def test_updates_are_asked_for_from_a_number_on_and_waited_for(desk: Desk) -> None:
    first = desk.bot.write(CHAT, "one")
    second = desk.bot.write(CHAT, "two")
    assert await updates(desk.client, desk.settings, None, 0) == [first, second]
    assert await updates(desk.client, desk.settings, second["update_id"], 0) == [second]
    assert await updates(desk.client, desk.settings, None, 0) == [second]
    [*_, call] = desk.there.calls
    assert call.json == {"timeout": 0, "limit": 100, "allowed_updates": ["message"]}
    assert await updates(desk.client, desk.settings, second["update_id"] + 1, 0) == []


@pytest.mark.parametrize("body", [b"[]", b'{"ok": true}', b'{"result": {}}', b"<html>", b"\xff"])
async def test_an_answer_that_cannot_be_read_is_asked_for_again(desk: Desk, body: bytes) -> None:
    fault = Fault(status=200, body=msgspec.Raw(body))
    desk.there.script(fault, fault, fault)
    with pytest.raises(Unavailable):
        await updates(desk.client, desk.settings, None, 0)
    with pytest.raises(Unavailable):
        await name_of_bot(desk.client, desk.settings)
    assert (await desk.send()).message_id == ""


async def test_a_bot_with_a_webhook_cannot_be_polled_for(desk: Desk) -> None:
    desk.bot.webhook = {"url": "https://hub.example/telegram"}
    with pytest.raises(Misconfigured, match="webhook"):
        await updates(desk.client, desk.settings, None, 0)


async def test_a_bot_knows_its_name(desk: Desk) -> None:
    assert await name_of_bot(desk.client, desk.settings) == NAME


async def test_the_stand_in_keeps_a_bot_to_its_rates_and_has_it_rest_in_every_chat(desk: Desk) -> None:
    desk.bot.strictness = 1.0
    await desk.send()
    for chat in (CHAT, GROUP):
        with pytest.raises(RateLimited):
            await desk.send(Note(chat=chat, text="again"))
    assert len(desk.there.effects) == 1
