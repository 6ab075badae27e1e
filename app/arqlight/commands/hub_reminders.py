"""`arqlight hub remind` and `arqlight hub reminders`: who is reminded of what, and when."""

from datetime import UTC, datetime
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from arqlight import output
from arqlight.commands.hub_users import opened_hub
from arqlight.orders import hub as orders
from arqlight.session import actor, writing
from arqlight_jobs.flrts import reminding
from arqlight_jobs.flrts.answers import MOST_LISTED
from arqlight_jobs.flrts.reminding import Reminder, State

MOST_NUMBER = 2**31 - 1


async def remind(
    task_id: Annotated[int, Parameter(validator=Number(gte=1, lte=MOST_NUMBER))],
    user: str,
    when: str,
    /,
    *,
    json: bool = False,
) -> None:
    """Have a user reminded of a task at a moment of their own, beside the reminders before it is due.

    Args:
        task_id: Its number.
        user: Who is reminded.
        when: The moment by their clock, such as "tomorrow 9:30", 17:00, "2026-05-31 8:00" or +2h.
        json: Print JSON.
    """
    async with opened_hub() as opened, writing(opened.settings) as store:
        planned = await orders.reminder_asked(store, opened, actor(), task_id, user, when)
    if json:
        output.as_json({"id": planned.id, "version": planned.version, "at": planned.at.isoformat()})
    else:
        output.say(f"{planned.id} at {_utc(planned.at)}")


async def reminders(
    *,
    user: str = "",
    task: Annotated[int | None, Parameter(validator=Number(gte=1, lte=MOST_NUMBER))] = None,
    over: Annotated[bool, Parameter(negative="", name="--all")] = False,
    limit: Annotated[int, Parameter(validator=Number(gte=1, lte=MOST_LISTED))] = 50,
    json: bool = False,
) -> None:
    """Reminders that are planned, what is due first.

    Args:
        user: Only this user's.
        task: Only of this task.
        over: Also those that were sent, left out, cancelled or failed.
        limit: The most to show.
        json: Print JSON.
    """
    states = tuple(State) if over else (State.PLANNED,)
    async with opened_hub() as opened, opened.engine.connect() as connection:
        found = await reminding.listed(connection, user=user, task=task, states=states, limit=limit)
    if json:
        output.as_json(found)
    elif found:
        columns = ["reminder", "task", "user", "when", "before", "state", "reason"]
        output.table(columns, map(_row, found), ["before", "reminder"])
    else:
        output.say("No such reminder is on record.")


def _row(one: Reminder) -> list[object]:
    before = "-" if one.is_own else one.before
    return [one.id, one.task, one.user, _utc(one.due_at), before, one.state, one.reason or "-"]


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
