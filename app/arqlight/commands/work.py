"""`arqlight work`: an existing arq worker, unchanged, as a fleet worker."""

import asyncio
import sys
from typing import Annotated, Any

from cyclopts import Parameter
from cyclopts.validators import Number
from msgspec.structs import replace

from arqlight import output
from arqlight_core import logs
from arqlight_core.settings import load
from arqlight_fleet import existing
from arqlight_fleet.process import run
from arqlight_fleet.supervisor import supervise


def work(
    worker_settings: str,
    /,
    *,
    burst: bool | None = None,
    check: bool = False,
    processes: Annotated[int, Parameter(validator=Number(gte=1, lte=256))] = 1,
    verbose: Annotated[bool, Parameter(alias="-v")] = False,
) -> int:
    """Run an arq settings class, unchanged, in a fleet worker until SIGTERM, then drain.

    Args:
        worker_settings: Where it is: package.module.WorkerSettings, found in the current directory too.
        burst: End when no jobs are left; without it or --no-burst the settings class decides.
        check: Only say whether a worker is alive, by its health-check key: exits 0 or 1.
        processes: How many worker processes; more than one are supervised and restarted when they crash.
        verbose: Log everything.
    """
    told = load()
    settings = replace(told, log_level="DEBUG") if verbose else told
    logs.configure(settings, "INFO")
    arguments = existing.arguments_of(worker_settings, settings.redis_url)
    if burst is not None:
        arguments["burst"] = burst
    if check:
        return _check(arguments)
    asyncio.run(existing.refuse_unfit(arguments))
    if processes == 1:
        run(lambda: existing.worker_of(worker_settings, arguments, settings))
    else:
        flags = [*_flag("burst", value=burst), *_flag("verbose", value=verbose or None)]
        command = [sys.executable, "-m", "arqlight", "work", worker_settings, *flags]
        supervise(command, processes, _grace(arguments), finite=bool(arguments.get("burst")))
    return 0


def _flag(name: str, *, value: bool | None) -> list[str]:
    return [] if value is None else [f"--{name}" if value else f"--no-{name}"]


def _grace(arguments: dict[str, Any]) -> float:
    return float(arguments.get("job_completion_wait", 0))


def _check(arguments: dict[str, Any]) -> int:
    told = asyncio.run(existing.health(arguments))
    output.say(f"Health check successful: {told}" if told else "Health check failed: no worker wrote its health.")
    return 0 if told else 1
