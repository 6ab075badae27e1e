"""`arqlight fleet`: worker processes."""

import asyncio
import logging
import sys
from collections.abc import Sequence
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from arqlight.session import server_url, writing
from arqlight_core.catalogue import Catalogue, Queue
from arqlight_core.errors import QueueNotFound
from arqlight_core.settings import load
from arqlight_fleet.process import run_process
from arqlight_fleet.supervisor import Supervisor


def fleet(
    *, processes: Annotated[int, Parameter(validator=Number(gte=1, lte=256))] = 1, queue: tuple[str, ...] = ()
) -> None:
    """Run workers for the declared queues until SIGTERM, then drain.

    Args:
        processes: How many worker processes; more than one are supervised and restarted when they crash.
        queue: Serve only this queue; may be repeated.
    """
    logging.getLogger().setLevel(logging.INFO)
    settings = load()
    queues = _chosen(Catalogue.discover("arqlight_jobs"), queue)
    asyncio.run(_check())
    if processes == 1:
        run_process(queues, server_url(settings), settings)
    else:
        asyncio.run(_supervise(processes, queue))


def _chosen(catalogue: Catalogue, names: Sequence[str]) -> list[Queue]:
    unknown = [name for name in names if name not in catalogue.queues]
    if unknown:
        known = ", ".join(sorted(catalogue.queues))
        raise QueueNotFound(f"There is no queue {unknown[0]} in the catalogue; known are: {known}.")
    return [catalogue.queues[name] for name in names] or list(catalogue.queues.values())


async def _check() -> None:
    async with writing():
        pass


async def _supervise(processes: int, queues: Sequence[str]) -> None:
    chosen = [part for name in queues for part in ("--queue", name)]
    await Supervisor([sys.executable, "-m", "arqlight", "fleet", *chosen], processes).run()
