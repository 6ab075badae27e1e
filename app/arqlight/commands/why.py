"""`arqlight why` and `eta`: why a job is not running, and when a queue will be empty."""

from collections.abc import Sequence

from arqlight import output
from arqlight.commands.watching import Watch, watched
from arqlight.session import reading
from arqlight_core import observe
from arqlight_core.observe import Eta, Why
from arqlight_core.observe.moments import clock, roughly


async def why(job_id: str, /, *, watch: Watch = False, json: bool = False) -> None:
    """Why a job is not running, or how it ended: every reason, the most binding first, and what ends each.

    Args:
        job_id: The job's id, as `arqlight jobs` prints it.
        watch: Look again each second.
        json: Print JSON.
    """

    def show(told: Why) -> None:
        output.as_json(_plain(told)) if json else _show_reasons(told)

    async with reading() as store:
        await watched(store, lambda: observe.why(store, job_id), show, watch=watch)


def _show_reasons(told: Why) -> None:
    for place, reason in enumerate(told.reasons):
        output.say(output.visible(f"also: {reason.text}" if place else told.line))
        if reason.remedy and reason.remedy not in told.line:
            output.say(output.visible(f"  {reason.remedy}"))
    if not told.reasons:
        output.say(told.line)


def _plain(told: Why) -> dict[str, object]:
    job = told.job
    own = {"at_ms": job.at_ms, "id": job.id, "queue": job.queue, "job_type": job.job_type, "state": job.state}
    return {**own, "line": told.line, "reasons": told.reasons}


async def eta(queue: str = "", /, *, watch: Watch = False, json: bool = False) -> None:
    """When a queue will be empty and what binds it, or all of them in a table.

    Args:
        queue: The queue's name; without it all.
        watch: Look again each second.
        json: Print JSON.
    """

    def show(told: Sequence[Eta]) -> None:
        _show_etas(told, queue, json=json)

    async with reading() as store:
        await watched(store, lambda: observe.etas(store, queue), show, watch=watch)


def _show_etas(told: Sequence[Eta], queue: str, *, json: bool) -> None:
    if json:
        plain = [{**{name: getattr(one, name) for name in Eta.__slots__}, "line": one.line} for one in told]
        output.as_json(plain[0] if queue else plain)
    elif queue:
        output.say(output.visible(told[0].line))
    elif told:
        output.table(["queue", "empty in", "waiting", "in/s", "out/s", "what binds it"], map(_row, told))
    else:
        output.say("No queue is known yet: start `arqlight fleet`, or `arqlight demo` to look around.")


def _row(told: Eta) -> list[object]:
    when = "-" if told.seconds is None else roughly(told.seconds * 1000) if told.waiting else "now"
    last = f" until {clock(told.scheduled_until_ms, told.at_ms)}" if told.scheduled_until_ms else ""
    bound = told.bound + (f"; then {told.scheduled:,} scheduled{last}" if told.scheduled else "")
    return [told.queue, when, f"{told.waiting:,}", f"{told.in_per_s:.1f}", f"{told.out_per_s:.1f}", bound]
