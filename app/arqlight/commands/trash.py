"""`arqlight trash`: what was purged and can still be put back."""

from arqlight import output
from arqlight.output import age
from arqlight.session import reading
from arqlight_core import observe
from arqlight_core.observe import TrashView


async def trash(queue: str = "", /, *, json: bool = False) -> None:
    """What can be undone: each purge with its jobs, who did it and why, and until when.

    Args:
        queue: The queue's name; without it all.
        json: Print JSON.
    """
    async with reading() as store:
        views = await observe.trash(store, queue)
    if json:
        output.as_json(views)
    elif views:
        columns = ["operation", "queue", "jobs", "were", "by", "when", "kept for", "reason"]
        output.table(columns, map(_row, views), spare=["were", "when", "by", "reason", "kept for"])
        output.say(f"`arqlight undo {views[0].queue} --operation {views[0].operation}` puts the first back.")
    else:
        output.say("The trash is empty.")


def _row(view: TrashView) -> list[object]:
    when, left = f"{age(view.at_ms - view.moved_ms)} ago", age(view.until_ms - view.at_ms)
    return [view.operation, view.queue, f"{view.jobs:,}", view.state, view.by, when, left, view.reason]
