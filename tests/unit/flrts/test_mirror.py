"""The mirror: never an older state over a newer one, and closed is told where OpenProject's lists leave it out."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from arqlight_core.clock import now
from arqlight_jobs.flrts.mirror import Task, note, open_tasks, task_of
from arqlight_jobs.flrts.tables.tasks import references
from arqlight_jobs.providers.openproject import WorkPackage, parse
from tests.unit.flrts.hub import ANN_THERE, Hub

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
PACKAGE = WorkPackage(
    id=7,
    subject="Water the plants",
    description="All",
    due=date(2026, 5, 31),
    status="New",
    status_id=1,
    closed=False,
    assignee=ANN_THERE,
    project="1",
    lock_version=3,
    updated_at=AT,
)


def package(**changes: Any) -> WorkPackage:
    return msgspec.structs.replace(PACKAGE, **changes)


async def noted(hub: Hub, *packages: WorkPackage) -> list[bool]:
    async with hub.records.engine.begin() as connection:
        return [await note(connection, one) for one in packages]


async def known(hub: Hub, task: int = 7) -> Task | None:
    async with hub.records.engine.connect() as connection:
        return await task_of(connection, task)


async def test_a_task_is_known_as_it_was_noted(both: Hub) -> None:
    assert await known(both) is None
    assert await noted(both, PACKAGE, PACKAGE) == [True, False]
    assert await known(both) == Task(
        id=7,
        project="1",
        subject="Water the plants",
        description="All",
        status="New",
        closed=False,
        due=date(2026, 5, 31),
        assignee=ANN_THERE,
        lock_version=3,
        updated_at=AT,
    )


async def test_long_names_and_a_moment_of_another_zone_are_kept_as_they_are(both: Hub) -> None:
    moment = {"updatedAt": "2026-05-01T14:00:00+02:00", "_links": {"status": {"href": "/1", "title": "s" * 255}}}
    await noted(both, parse({"id": 7, "subject": "x", "lockVersion": 3, **moment}))
    task = await known(both)
    assert task
    assert (task.status, task.updated_at) == ("s" * 255, AT)


async def test_an_older_state_changes_nothing_and_a_newer_one_everything(both: Hub) -> None:
    newer = package(subject="Newer", lock_version=4, due=None, assignee=None)
    assert await noted(both, PACKAGE, newer, PACKAGE, package(subject="Old", lock_version=2)) == [
        True,
        True,
        False,
        False,
    ]
    task = await known(both)
    assert task
    assert (task.subject, task.lock_version, task.due, task.assignee) == ("Newer", 4, None, None)


async def test_of_one_version_the_later_reading_counts(hub: Hub) -> None:
    later = package(status="Later", updated_at=AT + timedelta(seconds=1))
    assert await noted(hub, PACKAGE, later, package(status="Earlier")) == [True, True, False]
    task = await known(hub)
    assert task
    assert task.status == "Later"


async def test_the_newest_of_many_that_come_at_once_stays(both: Hub) -> None:
    versions = [package(lock_version=version, subject=f"v{version}") for version in (5, 9, 1, 8, 2, 9, 4)]
    await asyncio.gather(*(noted(both, one) for one in versions))
    task = await known(both)
    assert task
    assert (task.lock_version, task.subject) == (9, "v9")


async def test_whether_it_is_closed_says_the_list_of_statuses_where_nothing_else_does(hub: Hub) -> None:
    listed = package(closed=None, status="Closed", status_id=12)
    await noted(hub, listed)
    before = await known(hub)
    row = {"kind": "status", "id": 12, "name": "Closed", "facts": {"is_closed": True}, "seen_at": now()}
    async with hub.records.engine.begin() as connection:
        await connection.execute(references.insert().values(**row))
    assert await noted(hub, listed) == [True]
    after = await known(hub)
    assert before
    assert after
    assert (before.closed, after.closed) == (False, True)


async def test_a_task_stays_closed_while_a_list_tells_the_same_status(hub: Hub) -> None:
    closed = package(closed=True, status="Closed", status_id=12)
    listed = package(closed=None, status="Closed", status_id=12, lock_version=4)
    reopened = package(closed=None, status="New", status_id=1, lock_version=5)
    await noted(hub, closed, listed)
    still = await known(hub)
    await noted(hub, reopened)
    again = await known(hub)
    assert [task and (task.lock_version, task.closed) for task in (still, again)] == [(4, True), (5, False)]


async def test_open_tasks_come_by_their_dates_and_those_without_one_last(both: Hub) -> None:
    dates = {1: None, 2: date(2026, 6, 2), 3: date(2026, 6, 1), 4: None}
    await noted(both, *(package(id=number, due=due) for number, due in dates.items()))
    await noted(both, package(id=5, closed=True), package(id=6, assignee=6))
    async with both.records.engine.connect() as connection:
        found = await open_tasks(connection, ANN_THERE, 10)
        first = await open_tasks(connection, ANN_THERE, 1)
    assert [task.id for task in found] == [3, 2, 1, 4]
    assert [task.id for task in first] == [3]
