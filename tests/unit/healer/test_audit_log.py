"""The audit log of retention: a chain that still verifies when its beginning is gone, and shows who was at it."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from arqlight_core.clock import now
from arqlight_core.policy import DAY, HOUR
from arqlight_core.settings import Settings
from arqlight_jobs.healer.records import records
from arqlight_jobs.healer.retention.trail import TOMBSTONE, Trail
from arqlight_jobs.healer.tables import audit_head, audit_log


@pytest.fixture
async def trail(settings: Settings) -> AsyncGenerator[Trail]:
    async with records(settings) as opened:
        yield Trail(opened.engine)


async def written(trail: Trail, count: int, age: timedelta = timedelta(0)) -> None:
    """So many entries more, as old as that."""
    for number in range(count):
        await trail.append({"what": "purge", "number": number})
    if age:
        newest = [entry.number for entry in await trail.entries(count)]
        await change(trail, update(audit_log).where(audit_log.c.number.in_(newest)).values(at=now() - age))


async def change(trail: Trail, statement: Any) -> None:
    async with trail.engine.begin() as connection:
        await connection.execute(statement)


async def test_an_empty_log_and_a_whole_one_verify(trail: Trail) -> None:
    assert (await trail.verify()).broken == ""
    await written(trail, 3)
    told = await trail.verify()
    assert (told.entries, told.purged, told.broken) == (3, 0, "")
    assert told.last == (await trail.entries(1))[0].hash


async def test_what_is_purged_leaves_a_tombstone_from_which_the_rest_verifies(trail: Trail) -> None:
    await written(trail, 5, 8 * DAY)
    await written(trail, 2, HOUR)
    assert await trail.purge(now() - 7 * DAY, {"what": "audit purge"}) == 5
    told = await trail.verify()
    assert (told.entries, told.purged, told.broken) == (3, 5, "")
    stone, *rest = await trail.entries()
    assert stone.told[TOMBSTONE]["through"] == 5
    assert (stone.told["deleted"], [entry.number for entry in rest]) == (5, [7, 6])


async def test_tombstones_are_purged_in_their_turn_and_add_up(trail: Trail) -> None:
    await written(trail, 2, 8 * DAY)
    await trail.purge(now() - 7 * DAY, {})
    await change(trail, update(audit_log).values(at=now() - 8 * DAY))
    assert await trail.purge(now() - 7 * DAY, {}) == 1
    told = await trail.verify()
    assert (told.entries, told.purged, told.broken) == (1, 3, "")


async def test_nothing_old_is_nothing_purged(trail: Trail) -> None:
    await written(trail, 2)
    assert await trail.purge(now() - 7 * DAY, {}) == 0
    assert len(await trail.entries()) == 2


async def test_only_the_beginning_goes_whatever_the_clock_said_in_between(trail: Trail) -> None:
    await written(trail, 1, 8 * DAY)
    await written(trail, 1)
    await written(trail, 1, 8 * DAY)
    assert await trail.purge(now() - 7 * DAY, {}) == 1
    assert (await trail.verify()).broken == ""


@pytest.mark.parametrize("purged", [False, True])
@pytest.mark.parametrize(
    ("forgery", "broken"),
    [
        (update(audit_log).where(audit_log.c.number == 6).values(body='{"what":"nothing"}'), "entry 6"),
        (delete(audit_log).where(audit_log.c.number == 6), "entry 7"),
        (delete(audit_log).where(audit_log.c.number <= 5), "entry 6"),
        (update(audit_log).where(audit_log.c.number == 7).values(hash="0" * 64), "entry 7"),
        (delete(audit_log).where(audit_log.c.number >= 7), "the end"),
        (delete(audit_log), "the end"),
    ],
    ids=["changed", "taken out", "cut at the beginning", "hash", "cut at the end", "emptied"],
)
async def test_whoever_was_at_it_is_seen(trail: Trail, forgery: Any, broken: str, *, purged: bool) -> None:
    await written(trail, 4, 8 * DAY)
    await written(trail, 4)
    if purged:
        await trail.purge(now() - 7 * DAY, {})
        assert (await trail.verify()).broken == ""
    await change(trail, forgery)
    found = (await trail.verify()).broken
    assert found if purged else found == broken


async def test_a_head_that_was_put_back_is_seen(trail: Trail) -> None:
    await written(trail, 3)
    await change(trail, update(audit_head).values(number=2))
    assert (await trail.verify()).broken == "the end"


async def test_writers_at_once_all_get_in(trail: Trail) -> None:
    await asyncio.gather(*(trail.append({"writer": number}) for number in range(8)))
    told = await trail.verify()
    assert (told.entries, told.broken) == (8, "")
