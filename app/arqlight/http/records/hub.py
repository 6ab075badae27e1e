"""The task hub's records: what is to be done, who is reminded of it, and who that is."""

from collections.abc import Sequence

from arqlight.http.records.declared import Kept, asked
from arqlight_jobs.flrts import reminding
from arqlight_jobs.flrts.answers import MOST_LISTED, Wanted, tasks_listed
from arqlight_jobs.flrts.mirror import Task
from arqlight_jobs.flrts.records import Records, records
from arqlight_jobs.flrts.registration import MOST_NUMBER, UserView, assignee_of, listed
from arqlight_jobs.flrts.reminding import Reminder, State

PROJECT = asked("project", str, "", "Only of the project with this id in OpenProject; without it of all.")
CLOSED = asked("closed", bool, usual=False, told="Also those that are closed.")
USER = asked("user", str, "", "Only of this user; without it of all.")
TASK = asked("task", int | None, None, "Only of this task; without it of all.", most=MOST_NUMBER)
OVER = asked("over", bool, usual=False, told="Also those that were sent, left out, cancelled or failed.", called="all")


async def tasks(held: Records, user: str, project: str, *, closed: bool) -> Sequence[Task]:
    """The tasks. Raises UsageError when there is no such user, or nobody said who that is in OpenProject."""
    async with held.engine.connect() as connection:
        assignee = await assignee_of(connection, user) if user else None
        return await tasks_listed(connection, Wanted(assignee, project, closed, MOST_LISTED))


async def reminders(held: Records, user: str, task: int | None, *, over: bool) -> Sequence[Reminder]:
    """The reminders."""
    states = tuple(State) if over else (State.PLANNED,)
    async with held.engine.connect() as connection:
        return await reminding.listed(connection, user=user, task=task, states=states, limit=MOST_LISTED)


async def users(held: Records) -> Sequence[UserView]:
    """The users, their addresses masked."""
    return await listed(held.engine)


KEPT = (
    Kept(
        "hub/tasks",
        "Tasks as they were last seen in OpenProject, what is due first.",
        Task,
        records,
        tasks,
        (USER, PROJECT, CLOSED),
    ),
    Kept(
        "hub/reminders",
        "Reminders that are planned, what is due first.",
        Reminder,
        records,
        reminders,
        (USER, TASK, OVER),
    ),
    Kept("hub/users", "Who is told of tasks, and by which chats.", UserView, records, users),
)
