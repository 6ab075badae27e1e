"""What the hub says: to each chat, in parts and in order, at least once, and what becomes of chats that refuse."""

import re

import msgspec
import pytest

from arqlight.demo.world.stand_in import Fault
from arqlight.demo.world.telegram import refusal
from arqlight_core.clock import now
from arqlight_core.errors import Discard, LeaseLost, Misconfigured, RateLimited, Signal, Unavailable
from arqlight_core.policy import DAY, SECOND
from arqlight_fleet.blame import LIMITED, blame_of
from arqlight_jobs.flrts.requests import Said
from arqlight_jobs.flrts.tables.people import chats
from arqlight_jobs.flrts.telegram_outbound import SEND, key_of, outbound, say
from arqlight_jobs.outbound.effects import Holder, State, outbox
from tests.unit.flrts.hub import ANN, CHAT, Hub
from tests.unit.flrts.telling import GROUP, TEXT, Telling

LONG = "\n".join(f"{number:04} {'x' * 90}" for number in range(100))
THIS = Said("m1", CHAT)
BEFORE = now() - DAY


@pytest.fixture
async def telling(hub: Hub) -> Telling:
    return Telling(hub)


def fault(status: int, description: str, **parameters: int) -> Fault:
    body = refusal(status, description, **parameters).body
    return Fault(status=status, body=msgspec.Raw(msgspec.json.encode(body)))


# ------------------------------------------------------------------ to whom


async def test_a_message_goes_to_each_active_chat_of_its_user(both: Hub) -> None:
    telling = Telling(both)
    await both.meet("ben", "778")
    async with both.records.engine.begin() as connection:
        for chat, active in ((GROUP, True), ("999", False)):
            row = {"id": chat, "user": ANN, "active": active, "inactive_because": "", "linked_at": BEFORE}
            await connection.execute(chats.insert().values(**row))
    await telling.put()
    told, run = await telling.say(Said("m1"))
    assert told == {"status": "queued", "chats": 2, "parts": 1}
    assert run.queued == [(SEND, Said("m1", GROUP)), (SEND, Said("m1", CHAT))]
    await telling.say_all(Said("m1"))
    assert {one.chat: one.text for one in telling.bot.messages} == {CHAT: TEXT, GROUP: TEXT}
    assert await telling.message() == ("sent", "")


async def test_a_message_to_a_chat_goes_there_whoever_that_is(telling: Telling) -> None:
    await telling.put(user="", chat="31337", parse_mode="HTML", silent=True)
    await telling.say_all(Said("m1"))
    [sent] = telling.bot.messages
    assert (sent.chat, sent.parse_mode, sent.silent) == ("31337", "HTML", True)


async def test_who_has_no_chat_is_not_told_and_nothing_has_failed(telling: Telling) -> None:
    await telling.put(user="nobody")
    told, run = await telling.say(Said("m1"))
    assert (told["status"], run.queued) == ("skipped", [])
    assert await telling.message() == ("failed", "there is no active chat")


async def test_what_is_not_on_record_is_not_said(telling: Telling) -> None:
    with pytest.raises(Discard, match="no message m1"):
        await telling.say(Said("m1"))
    await telling.put(text="  ")
    with pytest.raises(Discard, match="0 parts"):
        await telling.say(THIS)
    assert not telling.there.calls


# ------------------------------------------------------------------ in parts


async def test_a_long_text_arrives_whole_and_in_its_order(telling: Telling) -> None:
    await telling.put(text=LONG)
    _, run = await telling.say(THIS)
    assert run.queued == [(SEND, Said("m1", CHAT, 1))]
    assert await telling.message() == ("queued", "")
    await telling.say_all(Said("m1", CHAT, 1))
    assert len(telling.bot.messages) == 3
    assert "\n".join(telling.bot.told(CHAT)) == LONG
    assert await telling.message() == ("sent", "")


async def test_what_was_sent_before_is_not_sent_again_but_the_next_part_is_queued(telling: Telling) -> None:
    await telling.put(text=LONG)
    for _ in range(2):
        _, run = await telling.say(THIS)
        assert run.queued == [(SEND, Said("m1", CHAT, 1))]
    assert len(telling.bot.messages) == 1


async def test_no_part_is_sent_behind_one_that_was_refused(telling: Telling) -> None:
    await telling.put(text=LONG)
    telling.bot.block(CHAT)
    with pytest.raises(Discard):
        await telling.say(THIS)
    assert not telling.bot.messages


# ------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("answer", "signal", "active"),
    [
        (fault(400, "Bad Request: chat not found"), Discard, False),
        (fault(403, "Forbidden: bot was blocked by the user"), Discard, False),
        (fault(403, "Forbidden: bot was kicked from the group chat"), Discard, False),
        (fault(403, "Forbidden: user is deactivated"), Discard, False),
        (fault(400, "Bad Request: message text is empty"), Discard, True),
        (fault(401, "Unauthorized"), Misconfigured, True),
        (fault(404, "Not Found"), Misconfigured, True),
        (fault(429, "Too Many Requests: retry after 7", retry_after=7), RateLimited, True),
        (fault(502, "Bad Gateway"), Unavailable, True),
        (Fault(drop="after"), Unavailable, True),
    ],
)
async def test_a_refusal_says_what_becomes_of_job_message_and_chat(
    telling: Telling,
    answer: Fault,
    signal: type[Signal],
    active: bool,  # noqa: FBT001
) -> None:
    await telling.put()
    telling.there.script(answer)
    with pytest.raises(signal) as problem:
        await telling.say(THIS)
    assert (await telling.chats())[CHAT] is active
    assert (await telling.message())[0] == ("failed" if signal is Discard else "queued")
    assert telling.hub.settings.telegram_bot_token not in f"{problem.value!r}{problem.value.__cause__!r}"


async def test_a_message_has_failed_with_its_last_attempt_and_is_sent_if_a_later_run_sends_it(telling: Telling) -> None:
    await telling.put()
    for attempt, state in ((2, "queued"), (3, "failed")):
        telling.there.script(Fault(status=502))
        with pytest.raises(Unavailable):
            await telling.say(THIS, attempt=attempt)
        assert (await telling.message())[0] == state
    await telling.say(THIS)
    assert await telling.message() == ("sent", "")


async def test_nothing_more_is_tried_in_a_chat_that_has_refused(telling: Telling) -> None:
    for one in ("m1", "m2"):
        await telling.put(one)
    telling.bot.block(CHAT)
    with pytest.raises(Discard, match="blocked"):
        await telling.say(THIS)
    told, _ = await telling.say(Said("m2", CHAT))
    assert told == {"status": "skipped", "reason": "the chat is not active"}
    assert len(telling.there.calls) == 1
    [chat] = await telling.hub.rows(chats)
    assert "blocked" in chat["inactive_because"]
    assert await telling.message("m2") == ("failed", "the chat is not active")


async def test_a_message_that_one_chat_has_is_sent_whatever_another_says(telling: Telling) -> None:
    await telling.put()
    await telling.say(THIS)
    telling.bot.refusing[GROUP] = "bot was kicked from the group chat"
    with pytest.raises(Discard):
        await telling.say(Said("m1", GROUP))
    assert await telling.message() == ("sent", "")


async def test_a_429_has_every_job_that_needs_the_bot_wait(telling: Telling) -> None:
    await telling.put()
    telling.there.script(fault(429, "Too Many Requests: retry after 7", retry_after=7))
    with pytest.raises(RateLimited) as limited:
        await telling.say(THIS)
    blame = blame_of(limited.value, say)
    assert (blame.of("telegram"), blame.wait >= 7 * SECOND) == (LIMITED, True)
    [need] = say.needs
    assert need.concerns
    assert (need.concerns(THIS), need.concerns(Said("m1"))) == (True, False)


async def test_a_group_that_has_moved_is_known_by_its_new_id(both: Hub) -> None:
    telling = Telling(both)
    await both.meet("team", GROUP)
    telling.bot.moved[GROUP] = "-1004417"
    await telling.put(user="team", text=LONG)
    await telling.say_all(Said("m1"))
    assert await telling.chats() == {CHAT: True, "-1004417": True}
    assert "\n".join(telling.bot.told("-1004417")) == LONG
    await both.meet("team2", GROUP)
    await telling.put("m2", user="team2")
    await telling.say_all(Said("m2"))
    assert await telling.chats() == {CHAT: True, "-1004417": True}


async def test_marks_that_are_refused_do_not_keep_the_text_back(telling: Telling) -> None:
    await telling.put(text="<b>planted", parse_mode="HTML")
    await telling.say_all(Said("m1"))
    assert [(one.text, one.parse_mode) for one in telling.bot.messages] == [("<b>planted", "")]


# ------------------------------------------------------------------ once, at least


async def test_a_run_that_died_between_the_call_and_its_record_is_made_good(telling: Telling) -> None:
    await telling.put()
    box = await telling.hub.first.open(outbox)
    assert await box.begin(f"flrts:telegram:{key_of(THIS)}", Holder(key_of(THIS), 0))
    await telling.say(THIS, fence=1)
    assert telling.bot.told(CHAT) == [TEXT]
    assert await telling.message() == ("sent", "")


async def test_a_stale_run_writes_nothing_over_a_later_one(telling: Telling) -> None:
    await telling.put()
    box = await telling.hub.first.open(outbox)
    assert await box.begin(f"flrts:telegram:{key_of(THIS)}", Holder(key_of(THIS), 9))
    with pytest.raises(LeaseLost):
        await telling.say(THIS, fence=3)
    assert await telling.message() == ("queued", "")
    assert not telling.there.calls


async def test_what_an_operator_says_was_sent_is_not_sent_again(telling: Telling) -> None:
    await telling.put()
    telling.there.script(Fault(drop="after"))
    with pytest.raises(Unavailable):
        await telling.say(THIS)
    box = await telling.hub.first.open(outbox)
    key = f"flrts:telegram:{key_of(THIS)}"
    found = await box.find(key)
    assert found
    assert found.state is State.UNKNOWN
    await box.settle(key, "17")
    await telling.say(THIS)
    assert len(telling.bot.messages) == 1
    assert await telling.message() == ("sent", "")


# ------------------------------------------------------------------ what is declared


def test_no_key_names_a_chat_and_the_longest_fits_into_the_outbox() -> None:
    longest = Said("m" * 160, f"-{'9' * 20}", 9_999_999)
    assert len(f"flrts:telegram:{key_of(longest)}") <= 200
    assert "999999999" not in key_of(longest).replace("9999999", "", 1)
    assert not re.search(r"[\s]", key_of(longest))
    assert key_of(Said("m1")) == "m1"
    assert len({key_of(one) for one in (Said("m1"), THIS, Said("m1", CHAT, 1), Said("m1", GROUP))}) == 4


def test_a_group_is_counted_for_a_limit_more_and_a_job_without_a_chat_for_none_of_telegrams() -> None:
    def counted(asked: Said) -> dict[str, str]:
        keys = {limit.name: limit.key_of(asked) for limit in outbound.limits}
        return {name: str(rate.rates[0]) for rate in outbound.limits for name in [rate.name] if keys[name] is not None}

    own = {"flrts:telegram:outbound": "100 per min"}
    private = {**own, "flrts-telegram-chat": "1 per s", "flrts-telegram-bot": "30 per s"}
    assert counted(Said("m1")) == own
    assert counted(THIS) == private
    assert counted(Said("m1", GROUP)) == {**private, "flrts-telegram-group": "20 per min"}
    assert all(limit.exact for limit in outbound.limits)
    assert set(say.sensitive) == {"chat"}
