"""`arqlight hub user` and `arqlight hub link`: who is told of tasks, and by which chat."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from cyclopts import App

from arqlight import output
from arqlight.orders import hub as orders
from arqlight.session import writing
from arqlight_core.errors import UsageError
from arqlight_core.settings import load
from arqlight_jobs.flrts.linking import LASTS, make_code
from arqlight_jobs.flrts.people import User
from arqlight_jobs.flrts.records import Records, records
from arqlight_jobs.flrts.registration import UserView, put_user, remove_user
from arqlight_jobs.flrts.registration import listed as users_listed

user = App(name="user", help="Users of the task hub: add, list, remove.")

_DASH = "-"


@asynccontextmanager
async def opened_hub() -> AsyncGenerator[Records]:
    """The records of the task hub."""
    async with records(load()) as opened:
        yield opened


@user.command
async def add(
    user_id: str,
    /,
    *,
    timezone: str | None = None,
    email: str | None = None,
    openproject: int | None = None,
    json: bool = False,
) -> None:
    """Register a user, or change what is said of one; reminders of their tasks are then planned anew.

    Args:
        user_id: Their id here.
        timezone: By which clock they live, such as Europe/Zurich; at first UTC.
        email: Where they are reminded while they have no chat; '' for nowhere.
        openproject: Their id in OpenProject: whose tasks are theirs.
        json: Print JSON.
    """
    given = {"timezone": timezone, "email": email, "openproject_id": openproject}
    told = {name: value for name, value in given.items() if value is not None}
    async with opened_hub() as opened:
        before, after = await put_user(opened.engine, user_id, told)
        tasks = await _planned_anew(opened, before, after)
    if json:
        output.as_json({"id": user_id, "new": before is None, "tasks": tasks})
        return
    said = user_id if before is None else f"{user_id} is changed"
    output.say(f"{said}; the reminders of {tasks} tasks are planned anew" if tasks else said)


@user.command(name="list")
async def listed(*, json: bool = False) -> None:
    """Every user, and by which chats they can be told something.

    Args:
        json: Print JSON.
    """
    async with opened_hub() as opened:
        found = await users_listed(opened.engine)
    if json:
        output.as_json(found, camel=True)
    elif found:
        output.table(["user", "time zone", "openproject", "mail", "chats"], map(_row, found), ["mail", "time zone"])
    else:
        output.say("The task hub has no user: `arqlight hub user add ID` makes one.")


@user.command
async def remove(user_id: str, /, *, json: bool = False) -> None:
    """Forget a user with all their chats; what they were to be reminded of is cancelled.

    Args:
        user_id: Their id.
        json: Print JSON.
    """
    async with opened_hub() as opened:
        cancelled = await remove_user(opened.engine, user_id)
    told = f"{user_id} is forgotten, and {cancelled} reminders are cancelled"
    output.as_json({"id": user_id, "cancelled": cancelled}) if json else output.say(told)


async def link(user_id: str, /, *, json: bool = False) -> None:
    """Make a code by which a chat becomes a user's: they write it to the bot, once.

    Args:
        user_id: Their id.
        json: Print JSON.
    """
    async with opened_hub() as opened:
        if not opened.settings.telegram_bot_token:
            raise UsageError("TELEGRAM_BOT_TOKEN is not set: without a bot there is nobody to write the code to.")
        code = await make_code(opened.engine, user_id)
    hours = LASTS.total_seconds() / 3600
    if json:
        output.as_json({"user": user_id, "code": code, "write": f"/start {code}", "hours": hours})
        return
    output.say(f"{user_id} writes this to the bot, from the chat that is to be theirs, within {hours:.0f} h:")
    output.say(f"/start {code}")


async def _planned_anew(opened: Records, before: User | None, after: User) -> int:
    """Of how many tasks the reminders are; no server is asked while the user has none of OpenProject's."""
    if before == after or not any(one and one.openproject_id for one in (before, after)):
        return 0
    async with writing(opened.settings) as store:
        return await orders.planned_anew(store, opened, before, after)


def _row(one: UserView) -> list[object]:
    chats = ", ".join(chat.inactive_because or "active" for chat in one.chats)
    return [one.id, one.timezone, one.openproject_id or _DASH, one.email or _DASH, chats or _DASH]
