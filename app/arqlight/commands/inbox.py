"""`arqlight inbox`: what a user of the CRM was told, and which of it is read."""

from dataclasses import asdict
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from arqlight import output
from arqlight.output import age
from arqlight_core.clock import now
from arqlight_core.settings import load
from arqlight_jobs.crm.notification_inbox import MOST_LISTED, Inbox, Notification
from arqlight_jobs.crm.records import records

inbox = App(name="inbox", help="What a user of the CRM was told: list it, note that it is read.")

_MILLISECONDS = 1000


@inbox.default
async def shown(
    user: str,
    /,
    *,
    unread: Annotated[bool, Parameter(negative="")] = False,
    limit: Annotated[int, Parameter(validator=Number(gte=1, lte=MOST_LISTED))] = 50,
    json: bool = False,
) -> None:
    """What a user was told, newest first.

    Args:
        user: The user's id, as `arqlight tenant show` has it.
        unread: Only what is not read.
        limit: The most to show.
        json: Print JSON.
    """
    async with records(load()) as opened:
        box = Inbox(opened.engine)
        await box.check(user)
        found = await box.listed(user, limit, unread=unread)
    if json:
        output.as_json([asdict(one) for one in found])
    elif found:
        output.table(["notification", "when", "kind", "about", "title", "read"], map(_row, found), spare=["title"])
    else:
        output.say(f"{user} has {'read everything' if unread else 'not been told anything'}.")


@inbox.command
async def read(user: str, /, *notifications: str, json: bool = False) -> int:
    """Note that a user has read these, or everything; exits 1 when one of them was not unread.

    Args:
        user: The user's id.
        notifications: Their ids; without any, all that are there.
        json: Print JSON.
    """
    async with records(load()) as opened:
        box = Inbox(opened.engine)
        await box.check(user)
        wanted = set(notifications)
        changed = sum([await box.read(user, one) for one in wanted]) if wanted else await box.read_all(user)
    left = max(len(wanted) - changed, 0)
    if json:
        output.as_json({"user": user, "read": changed, "left": left})
    else:
        output.say(f"{changed} read" + (f", {left} left: they were read before, or are not {user}'s" if left else ""))
    return 1 if left else 0


def _row(one: Notification) -> list[object]:
    ago = f"{age(int((now() - one.at).total_seconds() * _MILLISECONDS))} ago"
    return [one.id, ago, one.kind, one.entity, one.title or one.text, "yes" if one.read_at else "no"]
