"""`arqlight workers`: the worker processes that live, how they are, and what they are asked for."""

from arqlight import output
from arqlight.commands.watching import Watch, watched
from arqlight.output import age
from arqlight.session import reading
from arqlight_core import observe
from arqlight_core.observe import FleetView, WorkerView

_MIB = 2**20


async def workers(*, watch: Watch = False, json: bool = False) -> None:
    """Every living worker process: its state and load, what it is asked for, and whether it runs other code.

    Args:
        watch: Look again each second.
        json: Print JSON.
    """
    async with reading() as store:
        await watched(store, lambda: observe.fleet(store), lambda view: _show(view, json=json), watch=watch)


def _show(view: FleetView, *, json: bool) -> None:
    if json:
        output.as_json(view.workers)
        return
    if not view.workers:
        output.say("No worker is running: start `arqlight fleet`.")
        return
    columns = ["worker", "state", "busy", "age", "memory", "cpu", "lag", "server", "version", "longest job", "asked"]
    spare = ["version", "server", "cpu", "age", "lag", "memory", "longest job", "asked"]
    output.table(columns, [_row(worker, view) for worker in view.workers], spare)


def _row(worker: WorkerView, view: FleetView) -> list[object]:
    load = [f"{worker.running}/{worker.capacity}", age(view.at_ms - worker.started_ms)]
    vitals = [f"{worker.rss / _MIB:.0f} MiB", f"{worker.cpu:.0f}%", age(worker.lag_ms), f"{worker.round_trip_ms:.1f}ms"]
    return [worker.id, worker.state, *load, *vitals, _version(worker), _longest(worker, view.at_ms), _asked(worker)]


def _version(worker: WorkerView) -> str:
    drift = f", other declaration of {', '.join(worker.drift)}" if worker.drift else ""
    return f"{worker.version} on {worker.python}{drift}"


def _longest(worker: WorkerView, now_ms: int) -> str:
    if not worker.longest:
        return "-"
    job = worker.longest[0]
    return f"{job.job_type} {job.id} for {age(now_ms - job.since_ms)}"


def _asked(worker: WorkerView) -> str:
    if worker.request is None:
        return "-"
    why = f": {worker.request.reason}" if worker.request.reason else ""
    return f"{worker.request.what} by {worker.request.by}{why} ({worker.stage})"
