"""A code makes a chat somebody's: once, within a day, and nobody who reads the records knows it."""

import asyncio
from datetime import timedelta

import pytest

from arqlight_core.errors import UsageError
from arqlight_core.policy import DAY
from arqlight_jobs.flrts.linking import Linked, link, linked_to, make_code, wake
from arqlight_jobs.flrts.tables.people import chats, links
from tests.unit.flrts.hub import ANN, CHAT, Hub

OTHER = "31337"


async def linked(hub: Hub, code: str, chat: str = OTHER) -> str | None:
    async with hub.records.engine.begin() as connection:
        return await link(connection, code, chat)


async def whose(hub: Hub, chat: str = OTHER) -> Linked | None:
    async with hub.records.engine.connect() as connection:
        return await linked_to(connection, chat)


async def test_a_code_links_a_chat_once(both: Hub) -> None:
    code = await make_code(both.records.engine, ANN)
    assert await whose(both) is None
    assert await linked(both, code) == ANN
    assert await whose(both) == Linked(ANN, active=True)
    assert await linked(both, code, "31338") is None
    assert await whose(both, "31338") is None


async def test_of_many_who_send_a_code_at_once_one_is_linked(both: Hub) -> None:
    code = await make_code(both.records.engine, ANN)
    told = await asyncio.gather(*(linked(both, code, str(number)) for number in range(1, 7)))
    assert sorted(filter(None, told)) == [ANN]
    assert len(await both.rows(chats)) == 2


async def test_a_code_is_good_for_a_day_and_forgotten_with_the_next(both: Hub) -> None:
    old = await make_code(both.records.engine, ANN, lasts=timedelta(0))
    assert await linked(both, old) is None
    new = await make_code(both.records.engine, ANN)
    [row] = await both.rows(links)
    assert abs(row["until"] - (await both.rows(chats))[0]["linked_at"] - DAY) < timedelta(minutes=1)
    assert new not in str(row)


async def test_codes_are_long_fit_into_a_link_and_are_never_the_same(hub: Hub) -> None:
    codes = {await make_code(hub.records.engine, ANN) for _ in range(5)}
    assert len(codes) == 5
    assert all(22 <= len(code) <= 64 and code.replace("-", "a").replace("_", "a").isalnum() for code in codes)


async def test_nobody_gets_a_code_whom_the_hub_does_not_know(hub: Hub) -> None:
    with pytest.raises(UsageError, match="no user eve"):
        await make_code(hub.records.engine, "eve")


@pytest.mark.parametrize("code", ["", "x", "x" * 5000, "\ud800", "a\0b", "' OR 1=1 --"])
async def test_what_is_no_code_links_nothing(both: Hub, code: str) -> None:
    await make_code(both.records.engine, ANN)
    assert await linked(both, code) is None


async def test_a_chat_becomes_another_s_and_is_awake_again(both: Hub) -> None:
    await both.meet("ben")
    async with both.records.engine.begin() as connection:
        await connection.execute(chats.update().values(active=False, inactive_because="blocked"))
    assert await whose(both, CHAT) == Linked(ANN, active=False)
    async with both.records.engine.begin() as connection:
        await wake(connection, CHAT)
    assert await whose(both, CHAT) == Linked(ANN, active=True)
    assert await linked(both, await make_code(both.records.engine, "ben"), CHAT) == "ben"
    assert await whose(both, CHAT) == Linked("ben", active=True)
