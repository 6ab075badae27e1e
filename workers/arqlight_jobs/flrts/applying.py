"""Lays what OpenProject tells of a task over the mirror, and sees to what follows: reminders, and a word to somebody.

What is to follow is noted with the change itself and forgotten once it is queued: whoever dies in between leaves it to
the next who looks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, delete, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from arqlight_core.clock import now
from arqlight_core.errors import Discard
from arqlight_core.run import Run
from arqlight_jobs.flrts import mirror
from arqlight_jobs.flrts.mirror import Task
from arqlight_jobs.flrts.requests import RemindersAsked
from arqlight_jobs.flrts.saying import SEND, say
from arqlight_jobs.flrts.tables.passes import news
from arqlight_jobs.flrts.tables.people import users
from arqlight_jobs.flrts.tables.tasks import changes, tasks
from arqlight_jobs.outbound.rows import put_if_new
from arqlight_jobs.providers.openproject_reading import WorkPackage

SCHEDULE = "flrts.reminders.schedule"

FOLLOW_UPS = (SCHEDULE, SEND)
"""What a job that lays something over the mirror may queue."""

MOST_AT_ONCE = 500
"""Changes that are followed up by one call."""

LARGEST = 2**31 - 1
"""The largest number that the database keeps of a task."""

UNKNOWN = -1
"""The lock version of a task that was not known before."""


class Came(StrEnum):
    """What came of a task as OpenProject told of it."""

    APPLIED = "applied"
    KNOWN = "known already"
    OLD = "older than what is known"
    OWN = "our own change"


@dataclass(frozen=True, slots=True)
class News:
    """A change from which something is to follow; `given` is whom the task was given to by it."""

    task: int
    lock_version: int
    before: int
    given: int | None
    at: datetime

    @property
    def ref(self) -> str:
        """The word by which what follows is queued once, also by the next run of a job that was cut off."""
        return f"{self.task}-{self.lock_version}-{self.at:%Y%m%d%H%M%S%f}"


async def lay(connection: AsyncConnection, package: WorkPackage, *, is_fresh: bool) -> Came:
    """Write down a task as it is there. Raises Discard for what no task can be.

    `is_fresh` says of a task that was not known that it has only come about, so that whom it is given to is told.
    """
    _check(package)
    old = await mirror.task_of(connection, package.id)
    if old is not None and package.lock_version < old.lock_version:
        return Came.OLD
    if not await mirror.note(connection, package):
        return Came.KNOWN
    if await _is_own(connection, package):
        return Came.OWN
    new = await mirror.task_of(connection, package.id)
    if new is not None and (told := _told(old, new, is_fresh=is_fresh)):
        await put_if_new(connection, news, {**told, "at": now()})
    return Came.APPLIED


async def lay_gone(connection: AsyncConnection, task: Task) -> bool:
    """Write down that a task is not there any more, or not for us: nobody has to do it. False when it has changed."""
    seen = tasks.c.id == task.id, tasks.c.lock_version == task.lock_version, tasks.c.closed.is_(False)
    if (await connection.execute(update(tasks).where(*seen).values(closed=True, seen_at=now()))).rowcount == 0:
        return False
    told = {"task": task.id, "lock_version": task.lock_version, "before": task.lock_version, "given": None}
    await put_if_new(connection, news, {**told, "at": now()})
    return True


def _told(old: Task | None, new: Task, *, is_fresh: bool) -> dict[str, int | None] | None:
    """What is to follow from the difference; None for nothing."""
    if old is None and (new.closed or (new.due is None and new.assignee is None)):
        return None
    if old is not None and (old.due, old.assignee, old.closed) == (new.due, new.assignee, new.closed):
        return None
    other = is_fresh if old is None else old.assignee != new.assignee
    given = new.assignee if other and not new.closed else None
    before = UNKNOWN if old is None else old.lock_version
    return {"task": new.id, "lock_version": new.lock_version, "before": before, "given": given}


def _check(package: WorkPackage) -> None:
    numbers = (package.id, package.lock_version, package.assignee or 0, package.status_id)
    if max(numbers) > LARGEST or "\0" in f"{package.subject}{package.description}{package.status}":
        raise Discard("OpenProject tells of a task with numbers or signs that no task has")


async def _is_own(connection: AsyncConnection, package: WorkPackage) -> bool:
    """Whether the task has become so by a change that was sent from here: what follows is seen to by who sent it."""
    own = changes.c.task == package.id, changes.c.lock_version == package.lock_version
    return (await connection.execute(select(changes.c.id).where(*own).limit(1))).first() is not None


# ------------------------------------------------------------------ what follows


async def follow(run: Run, engine: AsyncEngine, states: Sequence[WorkPackage | Task]) -> None:
    """Queue what follows from the changes that these states of tasks have brought. The job names FOLLOW_UPS."""
    own = [(one.id, one.lock_version) for one in states]
    for at in range(0, len(own), MOST_AT_ONCE):
        chosen = tuple_(news.c.task, news.c.lock_version).in_(own[at : at + MOST_AT_ONCE])
        await _follow(run, engine, chosen)


async def follow_left_behind(run: Run, engine: AsyncEngine, after: timedelta) -> int:
    """Queue what follows from changes that nobody has seen to for so long, and say how many they were."""
    return await _follow(run, engine, news.c.at < now() - after)


async def _follow(run: Run, engine: AsyncEngine, which: ColumnElement[bool]) -> int:
    columns = (news.c.task, news.c.lock_version, news.c.before, news.c.given, news.c.at)
    chosen = select(*columns).where(which).order_by(news.c.task, news.c.lock_version).limit(MOST_AT_ONCE)
    async with engine.connect() as connection:
        waiting = [News(*row) for row in await connection.execute(chosen)]
    for one in waiting:
        await _see_to(run, engine, one)
    return len(waiting)


async def _see_to(run: Run, engine: AsyncEngine, one: News) -> None:
    async with engine.connect() as connection:
        task = await mirror.task_of(connection, one.task)
        told = await _whom(connection, one)
    if task is not None:
        due = task.due.isoformat() if task.due else ""
        await run.enqueue(SCHEDULE, RemindersAsked(task.id, due, one.ref))
        for user in told if task.assignee == one.given and not task.closed else ():
            await say(run, engine, f"task-given-{task.id}-{user}-{one.before}", _words(task), user=user)
    async with engine.begin() as connection:
        await connection.execute(delete(news).where(news.c.task == one.task, news.c.lock_version == one.lock_version))


async def _whom(connection: AsyncConnection, one: News) -> list[str]:
    """Whom to tell: of two changes that came after the same one, each of these is told once."""
    if one.given is None:
        return []
    chosen = select(users.c.id).where(users.c.openproject_id == one.given).order_by(users.c.id)
    return list((await connection.execute(chosen)).scalars())


def _words(task: Task) -> str:
    due = f", due {task.due}" if task.due else ""
    return f"You have a new task: {task.subject} (#{task.id}{due})"
