"""A moment of somebody's own, and changes that are compared with what was seen."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from arqlight_core.clock import now
from arqlight_core.policy import DAY, HOUR, MINUTE
from arqlight_jobs.flrts import reminding
from arqlight_jobs.flrts.reminding import State, plan_own
from tests.unit.flrts.reminded import ADA_THERE, DUE, TASK, Reminded, reminded, settings_in


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncGenerator[Reminded]:
    async with reminded(settings_in(tmp_path)) as made:
        yield made


async def test_a_moment_that_is_asked_for_again_is_the_same_reminder(hub: Reminded) -> None:
    at = now() + HOUR

    async def asked() -> tuple[str, int]:
        async with hub.held.engine.begin() as connection:
            return await plan_own(connection, TASK, "ada", at)

    answers = await asyncio.gather(*(asked() for _ in range(5)))
    assert len(set(answers)) == 1
    [one] = (await hub.all()).values()
    assert (one.id, one.version, one.state, one.is_own, one.late) == (*answers[0], State.PLANNED, True, False)
    assert timedelta(0) <= at - one.due_at < timedelta(seconds=1)


async def test_one_that_is_over_is_planned_as_a_new_version(hub: Reminded) -> None:
    at = now() + HOUR
    async with hub.held.engine.begin() as connection:
        own, version = await plan_own(connection, TASK, "ada", at)
        one = await reminding.reminder_of(connection, own)
        assert one
        assert await reminding.end(connection, one, State.CANCELLED, "", now())
        assert await plan_own(connection, TASK, "ada", at) == (own, version + 1)
    [again] = (await hub.all()).values()
    assert (again.state, again.ended_at) == (State.PLANNED, None)


async def test_another_user_or_moment_is_another_reminder(hub: Reminded) -> None:
    at = now() + HOUR
    async with hub.held.engine.begin() as connection:
        made = [await plan_own(connection, TASK, user, at + later) for user in "ab" for later in (0 * MINUTE, MINUTE)]
    assert len({own for own, _ in made}) == 4


async def test_what_has_changed_since_it_was_seen_is_not_overwritten(hub: Reminded) -> None:
    seen = await hub.due(MINUTE)
    newer = replace(seen, version=2)
    async with hub.held.engine.begin() as connection:
        assert await reminding.put(connection, newer, seen)
        assert not await reminding.put(connection, replace(seen, version=2, reason="of an older run"), seen)
        assert not await reminding.put(connection, seen, None)
        assert not await reminding.end(connection, seen, State.SENT, "", now())
        assert await reminding.end(connection, newer, State.SENT, "x" * 999, now())
        assert not await reminding.end(connection, newer, State.FAILED, "", now())
    one = await hub.one()
    assert (one.version, one.state, len(one.reason)) == (2, State.SENT, 160)


async def test_a_task_of_which_nobody_is_to_be_reminded_yet_is_found_until_it_is_planned(hub: Reminded) -> None:
    async def found() -> list[tuple[int, date]]:
        async with hub.held.engine.connect() as connection:
            return await reminding.unplanned(connection, DUE, 10)

    await hub.user("eve", there=ADA_THERE)
    await hub.due(-HOUR, before="@own")
    assert await found() == [(TASK, DUE)]
    for lacking in ({"closed": True}, {"due": None}, {"due": DUE - DAY}, {"assignee": 99}, {"assignee": None}):
        await hub.task(**lacking)
        assert await found() == []
        await hub.task(closed=False, due=DUE, assignee=ADA_THERE)
    await hub.plan()
    assert await found() == []
