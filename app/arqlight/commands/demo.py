"""`arqlight demo`: the whole thing alive, in one command."""

import asyncio
import sys
import threading
from collections.abc import Iterable
from typing import Annotated, Any

from cyclopts import Parameter
from cyclopts.validators import Number

from arqlight import output, tui
from arqlight.demo.show import Show, every_system
from arqlight.demo.stage import leave_orderly, stage
from arqlight.session import refuse_unfit
from arqlight_core.errors import UsageError
from arqlight_core.settings import Settings, load


def demo(
    *,
    headless: bool = False,
    seconds: Annotated[float | None, Parameter(validator=Number(gt=0))] = None,
    processes: Annotated[int, Parameter(validator=Number(gte=1, lte=64))] = 2,
    json: bool = False,
) -> int:
    """A server, a fleet, billing files arriving, sites falling ill and shops writing to people, with the screen on top.

    Exits 1 if a job was lost, a message was sent twice, or a site was made worse than it was found or said to be
    healed and is not. Providers are stand-ins on this machine: nothing leaves it.

    With REDIS_URL set it all happens there, with ARQLIGHT_DATA_DIR set what comes of it stays there.

    Args:
        headless: No screen; print a summary at the end. So it is anyway without a terminal.
        seconds: For how long something new is begun without a screen, 30 unless said; what is under way may then end.
        processes: How many worker processes.
        json: Print the summary as JSON.
    """
    settings = load()
    _refuse_unfit(settings)
    with stage(settings, processes) as standing:
        show = Show(standing)
        if headless or seconds is not None or not (sys.stdin.isatty() and sys.stdout.isatty()):
            show.run(seconds or 30.0)
        else:
            _with_screen(show)
        if show.problem is not None:
            raise show.problem
    summary = show.account.summary(show.seconds)
    if json:
        output.as_json({**summary, **{one.name: one.facts for one in show.sections}})
    else:
        _print(summary, show)
    return 1 if show.failed else 0


def _refuse_unfit(settings: Settings) -> None:
    """Raises an ArqlightError for a server at REDIS_URL on which nothing should, or can, be demonstrated."""
    if not settings.redis_url:
        return
    if settings.production:
        raise UsageError("The demo queues invented files, and this is production; unset REDIS_URL: it has its own.")
    asyncio.run(refuse_unfit([name for system in every_system() for name in system.queues], settings))


def _with_screen(show: Show) -> None:
    threading.Thread(target=show.run, name="arqlight-demo").start()
    try:
        tui.run(lambda: show.stage.url, settings=show.stage.settings)
    finally:
        leave_orderly()  # the screen had its own ways with signals
        show.stop()
        output.say("Draining the fleet ...")
        show.wait()


def _print(summary: dict[str, Any], show: Show) -> None:
    lines = {"all": summary["totals"], **summary["queues"], **summary["job_types"]}
    columns = ["", *(name.replace("_per_second", "/s").replace("_", " ") for name in summary["totals"])]
    rows = [[name, *_cells(line.values())] for name, line in lines.items()]
    output.table(columns, rows, spare=["pickup p50 ms", "pickup p95 ms", "cancelled", "waiting", "jobs/s", "retried"])
    for one in show.sections:
        output.say("")
        output.table([name.replace("_", " ") for name in one.columns], map(_cells, one.rows))
        output.say(one.sentence)
    lost = summary["totals"]["lost"]
    output.say(f"{show.seconds:.0f} s; {f'{lost} jobs were LOST' if lost else 'nothing was lost'}.")


def _cells(values: Iterable[object]) -> list[object]:
    return ["-" if value is None else value for value in values]
