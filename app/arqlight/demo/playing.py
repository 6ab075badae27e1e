"""The process that has the stage and the world: stand-ins, weather, traffic, account; the screen is in another.

It ends when its input does, so that nothing stays behind whatever becomes of the process that has started it.
"""

import asyncio
import os
import select
import sys
from pathlib import Path

import msgspec

from arqlight.demo.stage import leave_orderly, stage
from arqlight.demo.telling import Line, Over, Problem, Said, Standing, Wanted
from arqlight.session import refuse_unfit
from arqlight_core.catalogue import Catalogue
from arqlight_core.errors import ArqlightError, UsageError
from arqlight_core.settings import Settings, load
from arqlight_core.store import connect

INPUT, OUTPUT, ERRORS = range(3)
INTERRUPTED = 130


def main() -> int:
    """Play what the first argument asks for, as JSON. What it tells are lines of JSON on its standard output."""
    wanted = msgspec.json.decode(sys.argv[1], type=Wanted)
    line = Line(os.dup(OUTPUT))
    os.dup2(ERRORS, OUTPUT)  # whatever else is printed is no line of ours
    leave_orderly()
    try:
        line.tell(_played(wanted, line))
    except ArqlightError as problem:
        line.tell(Problem(str(problem), problem.exit_status))
    except KeyboardInterrupt:
        line.tell(Problem("", INTERRUPTED))
    return 0


def _played(wanted: Wanted, line: Line) -> Over:
    _refuse_unfit(load())
    with stage(wanted.processes, Path(wanted.scratch)) as standing:
        line.tell(standing.standing)
        line.tell(Said(_beginning(standing.standing, wanted.processes), 0))
        _leave_if_told()
        # Two seconds of imports: the fleet and the screen begin meanwhile.
        from arqlight.demo.scenarios import scenario_of  # noqa: PLC0415
        from arqlight.demo.show import Show  # noqa: PLC0415

        _leave_if_told()
        scenario = scenario_of(wanted.scenario, on_screen=not wanted.headless)
        show = Show(standing, line.tell, scenario)
        show.run(wanted.seconds or (scenario.lasts if wanted.headless else None))
    declared = Catalogue.discover("arqlight_jobs").job_types
    return Over(show.account.summary(show.seconds, declared), show.sections, show.seconds, show.failed)


def _beginning(standing: Standing, processes: int) -> str:
    """What is said first; where the server is somebody's, which one it is."""
    server, at = ("A server, a", "") if standing.server else ("A", f" on {connect.shown(standing.url)}")
    return f"{server} fleet of {processes} and a world of stand-ins are starting{at}: a few seconds."


def _leave_if_told() -> None:
    """Interrupt where whoever has started this is gone by now: nothing was begun that has to be accounted for."""
    if select.select([INPUT], [], [], 0)[0]:
        raise KeyboardInterrupt


def _refuse_unfit(settings: Settings) -> None:
    """Raises an ArqlightError for a server at REDIS_URL on which nothing should, or can, be demonstrated."""
    if not settings.redis_url:
        return
    if settings.production:
        raise UsageError("The demo queues invented files, and this is production; unset REDIS_URL: it has its own.")
    asyncio.run(refuse_unfit(Catalogue.discover("arqlight_jobs").queues, settings))


if __name__ == "__main__":
    sys.exit(main())
