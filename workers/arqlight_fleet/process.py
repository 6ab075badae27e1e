"""One worker process: a FleetWorker in an event loop of its own, until it is told to drain."""

import asyncio
import contextlib
import gc
import importlib.util
import logging
import os
import signal
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from arqlight_core import logs
from arqlight_core.declaration import JobType, Queue
from arqlight_core.memory import share_arenas
from arqlight_core.settings import Settings
from arqlight_fleet import lifeline
from arqlight_fleet.orders import STOPPED_BY_REQUEST
from arqlight_fleet.sharing import Order
from arqlight_fleet.worker import FleetWorker

logger = logging.getLogger("arqlight.process")


def run_process(queues: Sequence[Queue], url: str, settings: Settings, *, alarm: JobType[Any] | None = None) -> None:
    """Serve these declared queues until SIGTERM, SIGINT or SIGHUP, then drain.

    With `alarm`, the job type by which people are told, it takes its turn in looking for alerts.
    """
    settings = msgspec.structs.replace(settings, redis_url=url)  # for what handlers keep on the same server

    def declared() -> FleetWorker:
        worker = FleetWorker(
            queues=queues,
            url=url,
            settings=settings,
            lease=settings.lease,
            capacity=settings.capacity,
            order=Order(settings.order),
            job_completion_wait=settings.grace,  # pyright: ignore[reportArgumentType] - arq says int and takes any number
        )
        worker.alarm = alarm
        return worker

    run(declared)


def run(make: Callable[[], FleetWorker]) -> FleetWorker:
    """Run the worker that `make` makes in an event loop of its own, uvloop's if there is one; answers it at its end.

    Ends the process with the status STOPPED_BY_REQUEST when an operator had the worker stopped.
    """
    share_arenas()
    settle_in()
    loop = _new_loop()
    asyncio.set_event_loop(loop)
    worker = loop.run_until_complete(_run(make))  # and no more: a job that refuses to end must not hold the process
    if worker.orders.stops:
        raise SystemExit(STOPPED_BY_REQUEST)
    return worker


def settle_in() -> None:
    """Keep what was imported by now out of the garbage collector's sight: it lives as long as the process."""
    gc.collect()
    gc.freeze()


def _new_loop() -> asyncio.AbstractEventLoop:
    if importlib.util.find_spec("uvloop") is None:
        return asyncio.new_event_loop()
    uvloop: Any = importlib.import_module("uvloop")
    return uvloop.new_event_loop()


async def _run(make: Callable[[], FleetWorker]) -> FleetWorker:
    logs.bind(lambda: {"pid": os.getpid()})
    worker = make()
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, worker.handle_sig, signal.SIGHUP)
    held = asyncio.create_task(lifeline.hold(worker, lambda: _drain_orphan(worker)))
    try:
        await worker.async_run()
    except asyncio.CancelledError:
        logger.warning("the server was away at the end of the drain: running jobs are taken over when it is back")
    finally:
        await worker.close()
        held.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await held
    return worker


def _drain_orphan(worker: FleetWorker) -> None:
    if worker.draining:  # a second time would give its jobs back at once
        return
    logger.warning("the supervisor is gone: draining")
    worker.handle_sig(signal.SIGTERM)
