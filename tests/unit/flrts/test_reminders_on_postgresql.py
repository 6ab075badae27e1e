"""The same promises on a real PostgreSQL server, where its programs are installed."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Executable, delete, insert, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_core.clock import now
from arqlight_core.errors import UsageError
from arqlight_core.policy import DAY, HOUR, MINUTE
from arqlight_jobs.flrts import reminders_schedule, reminding
from arqlight_jobs.flrts.linking import make_code
from arqlight_jobs.flrts.registration import listed, remove_user
from arqlight_jobs.flrts.reminders_schedule import sweep
from arqlight_jobs.flrts.reminding import State, plan_own, reminder_id
from arqlight_jobs.flrts.requests import ReminderSweep
from arqlight_jobs.flrts.tables import people, reminders, speech, tasks
from tests.faults.fleet import eventually
from tests.unit.billing.test_postgresql import pytestmark, server
from tests.unit.flrts.reminded import DUE, TASK, Reminded, reminded, settings_in, wall

__all__ = ["pytestmark", "server"]


@pytest.fixture
async def hub(tmp_path: Path, server: str) -> AsyncGenerator[Reminded]:
    async with reminded(msgspec.structs.replace(settings_in(tmp_path), database_url=server)) as made:
        yield made
        async with made.held.engine.begin() as connection:
            for table in (people.users, tasks.tasks, reminders.reminders, speech.messages):
                await connection.execute(delete(table))


async def test_reminders_are_planned_moved_found_again_and_said_once(hub: Reminded) -> None:
    await hub.chat()
    async with hub.held.engine.connect() as connection:
        assert await reminding.unplanned(connection, DUE, 1) == [(TASK, DUE)]
    await hub.plan()
    assert (await hub.one()).due_at == wall(DUE)
    await hub.task(due=DUE + DAY)
    await hub.plan()
    assert {(one.version, one.state) for one in (await hub.all()).values()} == {(2, State.PLANNED)}
    lost = await hub.due(MINUTE, before="2d")
    assert (await hub.run(sweep, ReminderSweep()))[0]["queued"] == 1
    assert [(await hub.send(lost))["sent"] for _ in range(2)] == [True, False]
    assert len(await hub.said()) == 1


async def test_runs_of_one_task_do_not_overwrite_each_other(hub: Reminded) -> None:
    async def moved(number: int) -> None:
        await hub.task(due=DUE + number * DAY)
        await hub.plan()

    await asyncio.gather(*map(moved, range(1, 8)))
    async with hub.held.engine.begin() as connection:
        wanted = (await reminders_schedule._wanted(connection, TASK)).moments  # pyright: ignore[reportPrivateUsage] - what the task asks for
    assert {place: one.due_at for place, one in (await hub.all()).items()} == wanted


async def test_a_task_is_not_changed_while_its_reminders_are_planned(hub: Reminded) -> None:
    """Else a run that has looked sooner could write later."""
    async with hub.held.engine.begin() as planning:
        await reminders_schedule._arrange(planning, TASK, now())  # pyright: ignore[reportPrivateUsage] - in the middle of it
        async with hub.held.engine.begin() as other:
            await other.execute(text("SET LOCAL lock_timeout = '50ms'"))
            with pytest.raises(DBAPIError, match="lock timeout"):
                await other.execute(tasks.tasks.update().values(closed=True))
            await other.rollback()


async def test_a_moment_of_somebody_s_own_that_is_asked_for_twice_at_once_is_one_reminder(hub: Reminded) -> None:
    at = now() + HOUR

    async def asked() -> tuple[str, int]:
        async with hub.held.engine.begin() as connection:
            return await plan_own(connection, TASK, "ada", at)

    assert len(set(await asyncio.gather(*(asked() for _ in range(8))))) == 1
    async with hub.held.engine.connect() as connection:
        assert len(await reminding.reminders_of(connection, TASK)) == 1


# ------------------------------------------------------------------ a user who is forgotten meanwhile


@asynccontextmanager
async def forgotten_behind(hub: Reminded, *held: Executable) -> AsyncGenerator[AsyncConnection]:
    """Ada is being forgotten, and waits for a transaction that has begun so; it is over at the context's end."""
    async with hub.held.engine.begin() as connection:
        for statement in held:
            await connection.execute(statement)
        removing = asyncio.create_task(remove_user(hub.held.engine, "ada"))
        await eventually(partial(_waits, hub))
        yield connection
    await removing
    assert await listed(hub.held.engine) == []


async def _waits(hub: Reminded) -> bool:
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    async with hub.held.engine.connect() as connection:
        return bool((await connection.execute(waiting)).scalar_one())


async def test_whoever_links_a_chat_and_whoever_forgets_its_user_do_not_wait_for_each_other(hub: Reminded) -> None:
    await make_code(hub.held.engine, "ada")
    row = {"id": "100", "user": "ada", "active": True, "inactive_because": "", "linked_at": now()}
    async with forgotten_behind(hub, delete(people.links)) as linking:  # as `link` begins
        await linking.execute(insert(people.chats).values(**row))


async def test_a_code_for_a_user_who_is_forgotten_at_that_moment_is_refused_in_a_sentence(hub: Reminded) -> None:
    async with hub.held.engine.begin() as forgetting:
        await forgetting.execute(delete(people.users))
        making = asyncio.create_task(make_code(hub.held.engine, "ada"))
        await eventually(partial(_waits, hub))
    with pytest.raises(UsageError, match="no user ada"):
        await making


async def test_whoever_plans_reminders_and_whoever_forgets_their_user_do_not_wait_for_each_other(
    hub: Reminded,
) -> None:
    first, second = sorted(("0d", "1d"), key=lambda before: reminder_id(TASK, "ada", before))
    for before in (second, first):  # so that this is how they lie in the table
        await hub.due(-DAY, before=before)
    moved = update(reminders.reminders).values(due_at=now())
    async with forgotten_behind(hub, moved.where(reminders.reminders.c.before == first)) as planning:
        await planning.execute(moved.where(reminders.reminders.c.before == second))
    assert {one.state for one in (await hub.all()).values()} == {State.CANCELLED}
