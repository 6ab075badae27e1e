"""What is written to the bot is taken in once; what is forged, malformed or of nobody leads to nothing."""

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from arqlight.demo.world.stand_in import Fault
from arqlight.orders.telegram import poll, received
from arqlight_core import observe
from arqlight_core.clock import now
from arqlight_core.errors import ArqlightError
from arqlight_core.policy import DAY, MINUTE
from arqlight_core.store.gateway import Store
from arqlight_jobs.flrts import updates
from arqlight_jobs.flrts.tables import speech
from arqlight_jobs.flrts.tables.speech import uses
from arqlight_jobs.flrts.updates import SECRET, PostRefused, State, Taken, told_by
from arqlight_jobs.flrts.updates_uses import Allowance, may
from arqlight_jobs.outbound.client import provider_client
from tests.unit.flrts.hub import CHAT, Hub
from tests.unit.flrts.telling import GROUP, Telling

WEBHOOK = "planted-webhook-secret"
HEADERS = {SECRET.lower(): WEBHOOK}
STRANGER = "31337"


@pytest.fixture
async def telling(hub: Hub) -> Telling:
    hub.set(telegram_webhook_secret=WEBHOOK)
    return Telling(hub)


def posted(update: Any) -> bytes:
    return msgspec.json.encode(update)


async def states(hub: Hub) -> list[str]:
    return [row["state"] for row in await hub.rows(speech.updates, "update_id")]


async def jobs(store: Store) -> int:
    return sum(sum(queue.counts.values()) for queue in (await observe.fleet(store)).queues)


# ------------------------------------------------------------------ the webhook


async def test_a_post_is_kept_and_its_job_queued_once(telling: Telling, store: Store) -> None:
    raw = posted(telling.bot.write(CHAT, "/list"))
    told = [await received(store, telling.hub.records, raw, HEADERS) for _ in range(3)]
    assert "queued" in told[0]
    assert "known" in told[1]
    assert (await jobs(store), await states(telling.hub)) == (1, ["received"])


async def test_a_post_whose_receiver_died_before_its_job_was_queued_is_made_good(
    telling: Telling, store: Store
) -> None:
    update = telling.bot.write(CHAT, "/list")
    assert (await updates.take(telling.hub.records, update)).is_due
    assert await jobs(store) == 0
    await received(store, telling.hub.records, posted(update), HEADERS)
    assert await jobs(store) == 1


@pytest.mark.parametrize("headers", [{}, {SECRET: ""}, {SECRET: "wrong"}, {SECRET: WEBHOOK + "x"}, {SECRET: "ä\ud800"}])
async def test_a_forged_post_leaves_no_trace(telling: Telling, store: Store, headers: dict[str, str]) -> None:
    with pytest.raises(PostRefused) as refused:
        await received(store, telling.hub.records, posted(telling.bot.write(CHAT, "/list")), headers)
    assert WEBHOOK not in str(refused.value)
    assert (await jobs(store), await states(telling.hub)) == (0, [])


async def test_without_a_secret_nobody_can_post(telling: Telling) -> None:
    telling.hub.set(telegram_webhook_secret="")
    for headers in ({}, {SECRET: ""}):
        with pytest.raises(PostRefused, match="TELEGRAM_WEBHOOK_SECRET"):
            told_by(telling.hub.settings, b"{}", headers)


async def test_a_post_that_is_too_large_is_not_read(telling: Telling) -> None:
    with pytest.raises(PostRefused, match="larger"):
        told_by(telling.hub.settings, b" " * (updates.LARGEST + 1), HEADERS)


@pytest.mark.parametrize(
    "raw",
    [b"", b"[]", b"{}", b"\xff", b"null", b"[" * 100_000, b'{"update_id": -1}', b'{"update_id": "7"}', b"9" * 5000],
)
async def test_what_is_no_update_is_ignored_with_a_reason(telling: Telling, store: Store, raw: bytes) -> None:
    told = await received(store, telling.hub.records, raw, HEADERS)
    assert told == "The update is ignored: it is no update of Telegram's."
    assert (await jobs(store), await states(telling.hub)) == (0, [])


MESSAGE = {"chat": {"id": int(CHAT)}, "text": "/list"}


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"edited_message": MESSAGE}, "it is no text"),
        ({"message": {"chat": {"id": 7}, "photo": []}}, "it is no text"),
        ({"message": {**MESSAGE, "text": " \n"}}, "it is no text"),
        ({"message": {**MESSAGE, "text": 7}}, "its message is not as Telegram writes them"),
        ({"message": {"text": "/list"}}, "its message is not as Telegram writes them"),
        ({"message": {**MESSAGE, "chat": {"id": "7"}}}, "its message is not as Telegram writes them"),
        ({"message": {**MESSAGE, "chat": {"id": 2**63}}}, "its message is not as Telegram writes them"),
        ({"message": {**MESSAGE, "from": {"id": 1, "is_bot": True}}}, "a bot wrote it"),
        ({"message": {"chat": {"id": int(GROUP)}, "text": "just talk"}}, "it is no command"),
    ],
)
async def test_what_is_nothing_to_be_heeded_is_kept_by_its_number_alone(
    both: Hub, told: dict[str, Any], reason: str
) -> None:
    update = Telling(both).bot.plant(told)
    assert await updates.take(both.records, update) == Taken(update["update_id"], reason=reason)
    [row] = await both.rows(speech.updates)
    assert (row["state"], row["body"]) == ("ignored", {})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(max_size=10), some, max_size=3),
    max_leaves=8,
)


@given(JSON, st.sampled_from(["update_id", "message", "text", "chat", ""]), JSON)
@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_nothing_that_comes_is_a_crash(telling: Telling, value: Any, name: str, other: Any) -> None:
    strange = {"update_id": 5_000_000 + hash(str(other)) % 1000, "message": {**MESSAGE, name: value}, name: other}
    for told in (value, strange, {"update_id": other, "message": value}):
        taken = await updates.take(telling.hub.records, told)
        assert taken.is_due or taken.reason


async def test_text_with_a_nul_and_any_sign_is_kept(both: Hub) -> None:
    update = Telling(both).bot.write(CHAT, "/new a\0b 🙂 \u202e")
    assert (await updates.take(both.records, msgspec.json.decode(posted(update)))).is_due
    async with both.records.engine.connect() as connection:
        found = await updates.heard(connection, update["update_id"])
    assert found
    assert (found.chat, found.text, found.state) == (CHAT, "/new a\0b 🙂 \u202e", State.RECEIVED)


# ------------------------------------------------------------------ strangers


async def test_a_strange_chat_is_heard_once_in_an_hour(both: Hub) -> None:
    telling = Telling(both)
    taken = [await updates.take(both.records, telling.bot.write(STRANGER, "/list")) for _ in range(5)]
    assert [one.is_due for one in taken] == [True, False, False, False, False]
    assert taken[1].reason == "the chat is nobody's"
    again = await updates.take(both.records, telling.bot.updates[0])
    assert again.is_due
    async with both.records.engine.begin() as connection:
        await connection.execute(uses.update().values(at=now() - timedelta(minutes=61)))
    assert (await updates.take(both.records, telling.bot.write(STRANGER, "hello"))).is_due


async def test_a_strange_chat_may_try_codes_but_not_many(both: Hub) -> None:
    telling = Telling(both)
    taken = [await updates.take(both.records, telling.bot.write(STRANGER, f"/start {n}")) for n in range(14)]
    assert sum(one.is_due for one in taken) == 10
    assert (await updates.take(both.records, telling.bot.write("4711", "/start x"))).is_due


async def test_no_span_holds_more_uses_than_are_allowed_also_of_many_at_once(both: Hub) -> None:
    async def one(ref: str) -> bool:
        async with both.records.engine.begin() as connection:
            return await may(connection, Allowance(3, MINUTE), "user:ann", "new", ref)

    assert sum(await asyncio.gather(*(one(str(number)) for number in range(8)))) == 3
    allowed = [row["ref"] for row in await both.rows(uses, "slot")]
    assert [await one(ref) for ref in allowed] == [True] * 3
    async with both.records.engine.begin() as connection:
        await connection.execute(uses.update().where(uses.c.slot == 1).values(at=now() - timedelta(seconds=61)))
    assert [await one(ref) for ref in ("a", "b")] == [True, False]


# ------------------------------------------------------------------ the poll


async def test_a_poll_takes_each_update_once_and_moves_on(telling: Telling, store: Store) -> None:
    for text in ("/list", "/help", "/status"):
        telling.bot.write(CHAT, text)
    telling.bot.plant({"edited_message": MESSAGE})
    async with provider_client(telling.hub.settings) as client:
        told = [await poll(store, telling.hub.records, client, wait_s=0) for _ in range(2)]
    assert (told, await jobs(store)) == ([3, 0], 3)
    assert await states(telling.hub) == ["received"] * 3 + ["ignored"]
    first, second = (call.json for call in telling.there.calls)
    assert "offset" not in first
    assert second["offset"] == (await telling.hub.rows(speech.updates, "update_id"))[-1]["update_id"] + 1
    assert telling.bot.updates == []


async def test_a_poll_waits_for_somebody_to_write(telling: Telling, store: Store) -> None:
    async with provider_client(telling.hub.settings) as client:
        asking = asyncio.create_task(poll(store, telling.hub.records, client, wait_s=20))
        await telling.there.called.wait()
        telling.bot.write(CHAT, "/list")
        assert await asyncio.wait_for(asking, 5) == 1


async def test_after_a_silent_week_the_numbers_may_begin_anywhere(hub: Hub) -> None:
    await updates.take(hub.records, Telling(hub).bot.write(CHAT, "/list"))
    assert await updates.next_number(hub.records.engine)
    async with hub.records.engine.begin() as connection:
        await connection.execute(speech.updates.update().values(received_at=now() - 7 * DAY))
    assert await updates.next_number(hub.records.engine) is None


@pytest.mark.parametrize("fault", [Fault(status=401), Fault(status=502), Fault(drop="before"), Fault(status=409)])
async def test_a_poll_that_fails_says_why_and_not_with_which_token(
    telling: Telling, store: Store, fault: Fault
) -> None:
    telling.there.script(fault)
    async with provider_client(telling.hub.settings) as client:
        with pytest.raises(ArqlightError, match="Telegram cannot be asked") as problem:
            await poll(store, telling.hub.records, client, wait_s=0)
    assert telling.hub.settings.telegram_bot_token not in f"{problem.value!r}{problem.value.__context__!r}"
