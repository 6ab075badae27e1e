"""`arqlight status`, `jobs`, `job` and `doctor`: what there is to see."""

from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from arqlight import output
from arqlight.commands.flow import told_children
from arqlight.commands.watching import Watch, watched
from arqlight.output import age
from arqlight.session import reading
from arqlight_core import observe
from arqlight_core.jobs import State
from arqlight_core.observe import FleetView, JobRow, JobView, QueueView, Why, Window

_SPARE_OF_QUEUES = (
    *("p95 run", "in/s", "out/s", "oldest", "cancelled", "completed", "scheduled", "held", "retrying"),
    *("workers", "active", "waiting", "dead"),
)


async def status(*, watch: Watch = False, json: bool = False) -> None:
    """Every queue's counters, rates and condition, and the living workers.

    Args:
        watch: Look again each second.
        json: Print JSON.
    """
    async with reading() as store:
        await watched(store, lambda: observe.fleet(store), lambda view: _show_fleet(view, json=json), watch=watch)


def _show_fleet(view: FleetView, *, json: bool) -> None:
    if json:
        output.as_json(view)
        return
    if not view.queues:
        output.say("No queue is known yet: start `arqlight fleet`, or `arqlight demo` to look around.")
        return
    states = [state.value for state in State]
    columns = ["queue", "condition", *states, "in/s", "out/s", "p95 run", "oldest", "workers"]
    output.table(columns, [_queue_row(queue) for queue in view.queues], _SPARE_OF_QUEUES)


def _queue_row(queue: QueueView) -> list[object]:
    condition = f"paused by {queue.paused.by}" if queue.paused else queue.condition
    counts = [queue.counts[state] for state in State]
    rates = [f"{queue.in_per_s:.1f}", f"{queue.out_per_s:.1f}"]
    return [queue.name, condition, *counts, *rates, age(queue.run_p95_ms), age(queue.oldest_ms), queue.workers]


async def jobs(
    queue: str,
    /,
    *,
    state: State = State.WAITING,
    offset: Annotated[int, Parameter(validator=Number(gte=0))] = 0,
    limit: Annotated[int, Parameter(validator=Number(gte=1, lte=1000))] = 50,
    watch: Watch = False,
    json: bool = False,
) -> None:
    """A window of one state's jobs: live ones in the order they run, ended ones newest first.

    Args:
        queue: The queue's name.
        state: Which state.
        offset: How many to pass over.
        limit: How many to show.
        watch: Look again each second.
        json: Print JSON.
    """

    def show(window: Window) -> None:
        output.as_json(window) if json else _show_window(window, offset, f"{state} in {queue}")

    async with reading() as store:
        await watched(store, lambda: observe.window(store, queue, state, offset, limit), show, watch=watch)


def _show_window(window: Window, offset: int, which: str) -> None:
    rows = [_job_row(row, window.at_ms) for row in window.rows]
    spare = ["worker", "type", "progress", "attempt", "age", "told"]
    output.table(["job", "type", "age", "attempt", "worker", "progress", "told"], rows, spare)
    place = f"{offset + 1}-{offset + len(rows)}" if rows else "none"
    output.say(f"{place} of {window.total} {which}")


def _job_row(row: JobRow, now_ms: int) -> list[object]:
    share = "" if row.share is None else f"{row.share:.0%} {row.stage}"
    old = age(now_ms - row.enqueued_ms) if row.enqueued_ms else "-"
    held = row.because if row.state is State.HELD else ""
    why = held or row.error or row.reason or row.because
    return [row.id, row.job_type, old, row.attempt or "-", row.worker, share, why]


async def job(job_id: str, /, *, watch: Watch = False, json: bool = False) -> None:
    """All that is known of one job.

    Args:
        job_id: The job's id, as `arqlight jobs` prints it.
        watch: Look again each second.
        json: Print JSON.
    """

    def show(told: Why) -> None:
        output.as_json(_plain(told)) if json else _show_job(told.job, told.line)

    async with reading() as store:
        await watched(store, lambda: observe.why(store, job_id), show, watch=watch)


def _plain(told: Why) -> dict[str, object]:
    fields: dict[str, object] = {name: getattr(told.job, name) for name in JobView.__slots__}
    return {**fields, "why": told.line, "reasons": told.reasons}


def _show_job(view: JobView, why: str) -> None:
    facts = {
        "why": why,
        "state": view.state.value,
        "queue": view.queue,
        "type": view.job_type,
        "attempt": view.attempt,
        "age": age(view.at_ms - view.enqueued_ms) if view.enqueued_ms else "-",
        "progress": f"{view.done}/{view.total} {view.stage}" if view.total else "-",
        "payload": view.payload,
        "result": view.result,
        "correlation": view.correlation_id,
        **({"replays": view.replays} if view.replays else {}),
        **_family(view),
    }
    output.table(["job", view.id], facts.items())
    for failure in view.failures:
        output.say(f"\nattempt {failure.attempt} on {failure.worker}: {failure.error}: {failure.message}")
        output.say(failure.traceback.rstrip())
    for moment, line in view.log:
        output.say(f"{age(view.at_ms - moment)} ago  {line}")


def _family(view: JobView) -> dict[str, object]:
    """What is known of a job's relatives, and nothing where there are none."""
    told = {
        "parent": view.parent,
        "queued by": view.origin,
        "children": told_children(view.flow.tally) if view.flow else "",
    }
    return {name: value for name, value in told.items() if value}


async def doctor(*, json: bool = False) -> int:
    """Examine the server and the fleet: what is wrong, and how to mend it. Exits 1 when anything is.

    Args:
        json: Print JSON.
    """
    async with reading() as store:
        findings = await observe.doctor(store)
    if json:
        output.as_json(findings)
    else:
        output.table(["", "check", "found", "remedy"], [[f.mark, f.check, f.found, f.remedy] for f in findings])
    return 1 if any(finding.wrong for finding in findings) else 0
