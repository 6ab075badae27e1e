"""`arqlight dead`: what has failed for good, of all queues in one list, and one of them with every error it met."""

import inspect
import shlex
from typing import Annotated, Any

from cyclopts import Parameter
from cyclopts.validators import Number

from arqlight import output
from arqlight.commands import selecting
from arqlight.commands.watching import Watch, watched
from arqlight.output import age
from arqlight.session import reading
from arqlight_core import observe
from arqlight_core.errors import UsageError
from arqlight_core.jobs import State
from arqlight_core.observe import DeadLetter, DeadLetters, JobView
from arqlight_core.observe.dead_letters import outcome_class
from arqlight_core.selection import Selection
from arqlight_core.store.keys import queue_of

HELP = "Dead letters of all queues, the newest first: list, show, replay, requeue, purge."

OPERATIONS = {
    "replay": ("retry", "Run dead letters again under their own ids: an effect that took place is not made twice."),
    "requeue": ("requeue", "Queue copies of dead letters as new, with ids of their own: their effects are made anew."),
    "purge": ("purge", "Move dead letters to the trash; `undo` puts them back. Needs an admin's login."),
}
"""Words behind `dead`: each an operation of the registry, and what it is about dead letters."""

_SPARE = ("queue", "tenant", "type", "replays", "attempts", "cause", "died")


async def listed(
    *,
    after: str = "",
    limit: Annotated[int, Parameter(validator=Number(gte=1, lte=400))] = 50,
    watch: Watch = False,
    json: bool = False,
    **options: Any,
) -> None:
    """Dead letters of all queues, the newest first, a page at a time.

    Args:
        after: Go on behind a page: the cursor that it gave.
        limit: How many to show.
        watch: Look again each second.
        json: Print JSON.
        options: Which ones.
    """
    wanted = _wanted(options)

    def show(page: DeadLetters) -> None:
        _show_json(page) if json else _show(page, wanted)

    async with reading() as store:
        await watched(store, lambda: observe.dead_letters(store, wanted, after, limit), show, watch=watch)


def _wanted(options: dict[str, Any]) -> Selection:
    """What the options let through; without any all."""
    named = {name for name, value in options.items() if value and name != "queue"}
    return selecting.letters((), {**options, "everything": not named})


def _with_filters() -> inspect.Signature:
    """The signature of `listed`, with the filters by their names."""
    *own, _ = inspect.signature(listed).parameters.values()
    return inspect.Signature([*selecting.LETTERS, *own])


_SIGNATURE = _with_filters()
listed.__signature__ = _SIGNATURE  # pyright: ignore[reportFunctionMemberAccess] - what inspect reads
listed.__annotations__ = {one.name: one.annotation for one in _SIGNATURE.parameters.values()}


def _show_json(page: DeadLetters) -> None:
    counted = {name: getattr(page, name) for name in ("at_ms", "total", "looked", "cursor")}
    output.as_json({**counted, "letters": [letter.told for letter in page.letters]})


def _show(page: DeadLetters, wanted: Selection) -> None:
    if not page.letters:
        output.say(_none(page, wanted))
        return
    columns = ["job", "queue", "type", "died", "attempts", "replays", "tenant", "cause", "error"]
    output.table(columns, [_row(letter, page.at_ms) for letter in page.letters], _SPARE)
    shown, total = f"{len(page.letters):,}", f"{page.total:,} dead letters"
    output.say(
        f"{shown} of {total}" if not wanted.is_filtered else f"{shown} match of {page.looked:,} looked at, {total}"
    )
    if page.cursor:
        output.say(f"on from there: --after {page.cursor}")


def _none(page: DeadLetters, wanted: Selection) -> str:
    if not wanted.is_filtered:
        return "There are no dead letters."
    told = f"None of the {page.looked:,} dead letters that were looked at match"
    return f"{told}; on from there: --after {page.cursor}" if page.cursor else f"{told}."


def _row(letter: DeadLetter, now_ms: int) -> list[object]:
    row = letter.row
    when, replays = f"{age(now_ms - row.moment_ms)} ago", row.replays or ""
    told = [row.id, letter.queue, row.job_type, when, row.attempt or "-", replays, row.tenant]
    return [*told, row.reason, row.error if row.error != row.reason else ""]


# ------------------------------------------------------------------ one of them


async def show(job_id: str, /, *, json: bool = False) -> None:
    """One dead letter: why it died, what each attempt met, and its payload without what nobody may see.

    Args:
        job_id: The job's id, as `arqlight dead` prints it.
        json: Print JSON.
    """
    async with reading() as store:
        view = await observe.job(store, job_id)
    if view.state is not State.DEAD:
        raise UsageError(f"{job_id} is {view.state}, and no dead letter; `arqlight job {job_id}` tells of it.")
    if json:
        named = {name.replace(" ", "_"): told for name, told in _facts(view).items()}
        output.as_json({"id": view.id, **named, "died": view.ended_ms, "errors": list(view.failures)})
        return
    output.table(["dead letter", view.id], list(_facts(view).items()))
    for failure in view.failures:
        since = age(view.at_ms - failure.finished_ms)
        told = f"attempt {failure.attempt}, {since} ago on {failure.worker}: {failure.error}: {failure.message}"
        output.say(f"\n{told}\n{failure.traceback.rstrip()}")
    home = [] if queue_of(view.id) else ["--queue", view.queue]
    output.say(f"\nonce it is mended: {shlex.join(['arqlight', 'dead', 'replay', *home, view.id])}")


def _facts(view: JobView) -> dict[str, object]:
    return {
        "queue": view.queue,
        "type": view.job_type,
        "outcome": outcome_class(view.reason),
        "cause": view.reason,
        "died": f"{age(view.at_ms - view.ended_ms)} ago",
        "attempts": len(view.failures),
        "replays": view.replays,
        "effect key": view.id,
        "correlation": view.correlation_id,
        "payload": view.payload,
    }
