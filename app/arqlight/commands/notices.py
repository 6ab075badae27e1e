"""`arqlight notices` and `arqlight acknowledge`: what people were told, and who has it in hand."""

from dataclasses import asdict
from typing import Annotated

from cyclopts import Parameter

from arqlight import output
from arqlight.output import age
from arqlight.session import actor
from arqlight_core.clock import now
from arqlight_core.settings import load
from arqlight_jobs.healer.notices import Notice, Notices
from arqlight_jobs.healer.records import records

_MILLISECONDS = 1000


async def notices(
    *, unread: Annotated[bool, Parameter(negative="")] = False, limit: int = 50, json: bool = False
) -> None:
    """What people were told: alerts, escalations and reports, newest first.

    Args:
        unread: Only what nobody has acknowledged.
        limit: How many.
        json: Print JSON.
    """
    async with records(load()) as opened:
        found = await Notices(opened.engine).listed(open_only=unread, limit=limit)
    if json:
        output.as_json([asdict(one) for one in found])
    elif found:
        columns = ["notice", "kind", "severity", "when", "title", "in hand of", "again"]
        output.table(columns, map(_row, found), spare=["title"])
    else:
        output.say("Nobody was told anything.")


async def acknowledge(notice: str, /, *, json: bool = False) -> None:
    """Say that you have it in hand: an escalation is then not sent again.

    Args:
        notice: The notice's id, or that of an incident.
        json: Print JSON.
    """
    async with records(load()) as opened:
        found = await Notices(opened.engine).acknowledge(notice, actor())
    if json:
        output.as_json([asdict(one) for one in found])
        return
    output.say(f"{found[0].title}: in hand of {found[0].acknowledged_by}")


def _row(one: Notice) -> list[object]:
    ago = f"{age(int((now() - one.created_at).total_seconds() * _MILLISECONDS))} ago"
    return [one.id, one.kind, one.severity, ago, one.title, one.acknowledged_by or "-", one.repeats or "-"]
