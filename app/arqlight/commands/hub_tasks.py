"""`arqlight hub task`, `tasks`, `change` and `sync`: what is to be done, by whom and until when."""

from typing import Annotated, Any

from cyclopts import App, Parameter
from cyclopts.validators import Number

from arqlight import output
from arqlight.commands.hub_users import opened_hub
from arqlight.orders import hub as orders
from arqlight.session import actor, writing
from arqlight_core.clock import now
from arqlight_core.errors import UsageError
from arqlight_jobs.flrts.answers import MOST_LISTED, Wanted, tasks_listed
from arqlight_jobs.flrts.mirror import Task
from arqlight_jobs.flrts.moments import day_of
from arqlight_jobs.flrts.records import Records
from arqlight_jobs.flrts.registration import assignee_of, needed_user

task = App(name="task", help="Make a task: add.")

NONE = "none"

Number_ = Annotated[int, Parameter(validator=Number(gte=1, lt=2**31))]


@task.command
async def add(
    user: str,
    title: str,
    /,
    *,
    due: str = "",
    description: str = "",
    project: str = "",
    ref: str = "",
    json: bool = False,
) -> int:
    """Have a task made in OpenProject, and its user told; exits 1 when the same is being made already.

    Args:
        user: Who asks for it, and whose it becomes.
        title: What it is called, in at most 255 signs.
        due: The day, such as 2026-05-31, tomorrow, friday or +3d, as it is for the user.
        description: More about it.
        project: The id of OpenProject's project; else the one of the settings.
        ref: An id of your own: with it the same task is made once; without, the same words within an hour are the same.
        json: Print JSON.
    """
    told = {"title": title, "due": due, "description": description, "project": project, "ref": ref}
    async with opened_hub() as opened, writing(opened.settings) as store:
        queued = await orders.task_asked(store, opened, actor(), user, told)
    if json:
        output.as_json({"jobId": queued.job_id, "new": queued.new})
    elif queued.new:
        output.say(queued.job_id)
    else:
        output.complain(f"the same is asked for already, by {queued.job_id}")
    return 0 if queued.new else 1


async def tasks(
    *,
    user: str = "",
    project: str = "",
    closed: Annotated[bool, Parameter(negative="")] = False,
    limit: Annotated[int, Parameter(validator=Number(gte=1, lte=MOST_LISTED))] = 50,
    json: bool = False,
) -> None:
    """Tasks as they were last seen in OpenProject, what is due first.

    Args:
        user: Only this user's.
        project: Only of the project with this id in OpenProject.
        closed: Also those that are closed.
        limit: The most to show.
        json: Print JSON.
    """
    async with opened_hub() as opened, opened.engine.connect() as connection:
        assignee = await assignee_of(connection, user) if user else None
        found = await tasks_listed(connection, Wanted(assignee, project, closed, limit))
    if json:
        output.as_json(found)
    elif found:
        output.table(["task", "project", "due", "status", "title"], map(_row, found), ["project", "status"])
    else:
        output.say("No such task is known: `arqlight hub sync` reads what OpenProject has.")


async def change(  # noqa: PLR0913 - what may be changed of a task
    task_id: Number_,
    /,
    *,
    title: str | None = None,
    description: str | None = None,
    due: str = "",
    assignee: str = "",
    status: str = "",
    done: Annotated[bool, Parameter(negative="")] = False,
    user: str = "",
    json: bool = False,
) -> None:
    """Have a task changed in OpenProject; what others have changed there meanwhile stays, or as FLRTS_CONFLICTS says.

    Args:
        task_id: Its number.
        title: What it is to be called.
        description: What it is to say.
        due: The new day, such as 2026-05-31 or tomorrow; none takes it away.
        assignee: The user who is to do it; none takes it away.
        status: The name of its new status.
        done: Close it.
        user: Who is told how it ends, and whose days are meant.
        json: Print JSON.
    """
    given = {"subject": title, "description": description, "status": status or None, "closed": done or None}
    async with opened_hub() as opened:
        fields: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        fields |= {"due": await _day(opened, due, user)} if due else {}
        fields |= {"assignee": await _assignee(opened, assignee)} if assignee else {}
        if not fields:
            raise UsageError("Nothing is to be changed; say what, such as --due tomorrow.")
        async with writing(opened.settings) as store:
            made = await orders.change_asked(store, opened, actor(), task_id, fields, user)
    output.as_json({"task": task_id, "change": made}) if json else output.say(made)


async def sync(*, project: tuple[str, ...] = (), user: tuple[str, ...] = (), json: bool = False) -> None:
    """Have OpenProject read now: these, or everything; what was changed here and is not there yet is sent.

    Args:
        project: The id of a project there; may be repeated.
        user: A user's own tasks; may be repeated.
        json: Print JSON.
    """
    scopes = [*(f"project:{one}" for one in project), *(f"user:{one}" for one in user)]
    async with opened_hub() as opened:
        if not opened.settings.openproject_base_url:
            raise UsageError("OPENPROJECT_BASE_URL is not set: nobody knows where to read.")
        async with opened.engine.connect() as connection:
            for one in user:
                await assignee_of(connection, one)
        async with writing(opened.settings) as store:
            queued = await orders.sync_asked(store, opened, actor(), scopes)
    if json:
        output.as_json([{"jobId": one.job_id, "new": one.new} for one in queued])
        return
    for one in queued:
        output.say(one.job_id if one.new else f"{one.job_id} is queued already, or was a moment ago")


async def _day(opened: Records, due: str, user: str) -> str | None:
    if due.strip().lower() == NONE:
        return None
    zone = "UTC"
    if user:
        async with opened.engine.connect() as connection:
            zone = (await needed_user(connection, user)).timezone
    return day_of(due, zone, now()).isoformat()


async def _assignee(opened: Records, name: str) -> int | None:
    if name.strip().lower() == NONE:
        return None
    async with opened.engine.connect() as connection:
        return await assignee_of(connection, name)


def _row(one: Task) -> list[object]:
    return [one.id, one.project, one.due or "-", one.status, one.subject]
