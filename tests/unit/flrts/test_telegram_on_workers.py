"""From a word in a chat to the answer in it on real workers: at Telegram's rates, and nothing personal left behind."""

import logging
from collections.abc import AsyncGenerator, Sequence
from functools import partial

import msgspec
import pytest

from arqlight.demo.world.stand_in import Fault
from arqlight.orders.telegram import received
from arqlight_core import observe
from arqlight_core.catalogue import Catalogue
from arqlight_core.enqueue import enqueue, enqueue_many
from arqlight_core.jobs import State
from arqlight_core.secrecy import Sealer
from arqlight_core.store.declarations import publish
from arqlight_core.store.gateway import Store
from arqlight_jobs.flrts.linking import make_code
from arqlight_jobs.flrts.requests import Said
from arqlight_jobs.flrts.telegram_command import commands
from arqlight_jobs.flrts.telegram_outbound import outbound, say
from arqlight_jobs.flrts.updates import SECRET
from tests.faults.fleet import eventually, until
from tests.faults.shop import serving
from tests.planted import everything_in
from tests.unit.flrts.hub import ANN, CHAT, Hub
from tests.unit.flrts.telling import GROUP, TEXT, Telling

QUEUES = [commands, outbound]
Catalogue.discover("arqlight_jobs")

STRANGER = "3133731337"
WEBHOOK = "planted-webhook-secret"


@pytest.fixture
async def telling(hub: Hub) -> Telling:
    hub.set(telegram_webhook_secret=WEBHOOK)
    return Telling(hub)


@pytest.fixture
async def sealing(store: Store, hub: Hub) -> AsyncGenerator[Store]:
    """A store that seals what is sensitive, as producers have it."""
    await publish(store, QUEUES)
    opened = Store(store.url, sealer=Sealer.of(hub.settings))
    yield opened
    await opened.close()


async def write(store: Store, telling: Telling, text: str, chat: str) -> None:
    """Somebody writes, and Telegram posts that."""
    update = telling.bot.write(chat, text)
    await received(store, telling.hub.records, msgspec.json.encode(update), {SECRET: WEBHOOK})


async def counts(store: Store, queue: str) -> dict[State, int]:
    [found] = [one for one in (await observe.fleet(store)).queues if one.name == queue]
    return {state: many for state, many in found.counts.items() if many}


async def test_a_chat_is_linked_and_answered_and_nothing_on_the_server_or_in_a_log_tells_who_or_what(
    sealing: Store, telling: Telling, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    code = await make_code(telling.hub.records.engine, ANN)
    async with serving(sealing, *QUEUES, settings=telling.hub.settings):
        await write(sealing, telling, f"/start {code}", STRANGER)
        await until(lambda: telling.bot.told(STRANGER))
        await write(sealing, telling, "/new Planted title", STRANGER)
        await until(lambda: len(telling.bot.told(STRANGER)) == 2)
        telling.bot.block(STRANGER)
        await write(sealing, telling, "/help", STRANGER)
        await eventually(partial(_died, sealing))
    first, second = telling.bot.told(STRANGER)
    assert first.startswith("This chat is linked now.")
    assert "Planted title" in second
    assert await telling.chats() == {CHAT: True, STRANGER: False}
    there = await everything_in(sealing)
    ours = "\n".join(one.getMessage() for one in caplog.records).encode()
    assert b"flrts.tasks.create" in there
    planted = (STRANGER, code, "Planted title", "Making the task", telling.bot.token, WEBHOOK)
    for where in (there, ours):
        assert not [word for word in planted if word.encode() in where]


async def _died(store: Store) -> bool:
    return (await counts(store, outbound.name)).get(State.DEAD) == 1


async def test_a_chat_gets_one_message_in_a_second_and_the_bot_sends_thirty(sealing: Store, telling: Telling) -> None:
    chats = [str(5000 + number) for number in range(36)] + [GROUP] * 3
    for number in range(39):
        await telling.put(f"m{number}")
    asked = [Said(f"m{number}", chat) for number, chat in enumerate(chats)]
    await enqueue_many(sealing, say, asked)
    async with serving(sealing, *QUEUES, settings=telling.hub.settings):
        await eventually(partial(_have_ended, sealing, len(asked)))
    group = [one.at for one in telling.bot.messages if one.chat == GROUP]
    every = sorted(one.at for one in telling.bot.messages)
    assert (len(every), len(telling.there.calls)) == (39, 39)
    assert group[2] - group[0] > 1.5
    assert every[30] - every[0] > 0.6


async def _have_ended(store: Store, many: int) -> bool:
    return await counts(store, outbound.name) == {State.COMPLETED: many}


async def test_a_429_has_the_whole_bot_rest_and_burns_no_attempt(sealing: Store, telling: Telling) -> None:
    limited = {"ok": False, "error_code": 429, "description": "Too Many Requests", "parameters": {"retry_after": 1}}
    telling.there.script(Fault(status=429, body=msgspec.Raw(msgspec.json.encode(limited))))
    for number, chat in enumerate((CHAT, GROUP)):
        await telling.put(f"m{number}", user="", chat=chat)
    async with serving(sealing, *QUEUES, settings=telling.hub.settings):
        first = await enqueue(sealing, say, Said("m0", CHAT))
        await eventually(partial(_is_held, sealing, first.job_id))
        second = await enqueue(sealing, say, Said("m1", GROUP))
        await until(lambda: len(telling.bot.messages) == 2)
        views = await eventually(partial(_completed, sealing, [first.job_id, second.job_id]))
    refused, *sent = telling.there.calls
    assert all(one.at - refused.at >= 1.0 for one in sent)
    assert [view.failures for view in views] == [(), ()]
    assert [one.text for one in telling.bot.messages] == [TEXT, TEXT]


async def _is_held(store: Store, job_id: str) -> bool:
    return (await observe.job(store, job_id)).state is State.HELD


async def _completed(store: Store, jobs: Sequence[str]) -> list[observe.JobView]:
    views = [await observe.job(store, job) for job in jobs]
    return views if all(view.state is State.COMPLETED for view in views) else []
