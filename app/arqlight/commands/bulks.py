"""`arqlight bulks` and `bulk`: bulk operations, how far they are, and what they left alone."""

from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from arqlight import output
from arqlight.commands.following import progress
from arqlight.commands.watching import Watch, watched
from arqlight.output import age
from arqlight.session import reading
from arqlight_core import observe
from arqlight_core.observe import BulkView


async def bulks(
    queue: str = "",
    /,
    *,
    limit: Annotated[int, Parameter(validator=Number(gte=1, lte=200))] = 20,
    watch: Watch = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """The newest bulk operations of the last week, and all that are under way.

    Args:
        queue: The queue's name; without it all.
        limit: How many of each queue, beside those under way.
        watch: Look again each second.
        json: Print JSON.
    """

    def show(views: tuple[BulkView, ...]) -> None:
        _show_all(views, json=json)

    async with reading() as store:
        await watched(store, lambda: observe.bulks(store, queue, limit), show, watch=watch)


def _show_all(views: tuple[BulkView, ...], *, json: bool) -> None:
    if json:
        output.as_json([_told(view) for view in views])
    elif views:
        columns = ["bulk", "operation", "asked", "by", "state", "progress", "what"]
        output.table(columns, map(_row, views), spare=["by", "asked", "what"])
    else:
        output.say("No operation on jobs was asked for in the last week.")


def _row(view: BulkView) -> list[object]:
    asked = age(view.at_ms - view.asked_ms)
    return [view.id, view.operation, asked, view.by, view.state, progress(view), view.selection]


async def bulk(
    bulk_id: str,
    /,
    *,
    watch: Watch = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """One bulk operation: what it does to which jobs, how far it is, and why it left some alone.

    Args:
        bulk_id: Its id, as `arqlight bulks` prints it.
        watch: Look again each second.
        json: Print JSON.
    """

    def show(view: BulkView) -> None:
        output.as_json(_told(view)) if json else _show_one(view)

    async with reading() as store:
        await watched(store, lambda: observe.bulk(store, bulk_id), show, watch=watch)


def _told(view: BulkView) -> dict[str, object]:
    fields: dict[str, object] = {name: getattr(view, name) for name in BulkView.__slots__}
    return {**fields, "left_alone": view.left_alone, "rate": view.rate, "eta_ms": view.eta_ms}


def _show_one(view: BulkView) -> None:
    began = f", begun {age(view.at_ms - view.begun_ms)} ago" if view.begun_ms else ""
    ended = f", ended {age(view.at_ms - view.ended_ms)} ago" if view.ended_ms else ""
    facts: dict[str, object] = {
        "operation": view.operation,
        "what": view.selection,
        "by": view.by,
        "reason": view.reason,
        "state": f"{view.state}: {view.note}" if view.note else view.state,
        "progress": progress(view),
        "changed": f"{view.changed:,}",
        **{f"left alone: {why}": f"{count:,}" for why, count in sorted(view.left.items())},
        "asked": f"{age(view.at_ms - view.asked_ms)} ago{began}{ended}",
    }
    output.table(["bulk", view.id], [(name, told) for name, told in facts.items() if told])
