"""One worker process: a FleetWorker for declared queues in an event loop of its own."""

import asyncio
import logging
from collections.abc import Sequence

from arqlight_core.catalogue import Queue
from arqlight_core.settings import Settings
from arqlight_fleet.worker import FleetWorker

logger = logging.getLogger("arqlight.process")


def run_process(queues: Sequence[Queue], url: str, settings: Settings) -> None:
    """Serve these queues until SIGTERM or SIGINT, then drain."""
    asyncio.run(_run(queues, url, settings))


async def _run(queues: Sequence[Queue], url: str, settings: Settings) -> None:
    worker = FleetWorker(
        queues=queues,
        url=url,
        settings=settings,
        lease=settings.lease,
        job_completion_wait=settings.grace,  # pyright: ignore[reportArgumentType] - arq says int and takes any number
    )
    try:
        await worker.async_run()
    except asyncio.CancelledError:
        logger.warning("the server was away at the end of the drain: running jobs are taken over when it is back")
    finally:
        await worker.close()
