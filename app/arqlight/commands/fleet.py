"""`arqlight fleet`: worker processes."""

import asyncio
import contextlib
import sys
from collections.abc import Sequence
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number
from msgspec.structs import replace

from arqlight import metrics_page
from arqlight.session import refuse_unfit, server_url
from arqlight_core import logs
from arqlight_core.catalogue import Catalogue
from arqlight_core.declaration import Queue
from arqlight_core.errors import QueueNotFound
from arqlight_core.policy.thresholds import read_thresholds
from arqlight_core.settings import load
from arqlight_fleet.process import run_process
from arqlight_fleet.supervisor import supervise

ALARM = "notify.alert"
"""The job type by which people are told of alerts."""


def fleet(
    *,
    processes: Annotated[int, Parameter(validator=Number(gte=1, lte=256))] = 1,
    queue: tuple[str, ...] = (),
    capacity: Annotated[int | None, Parameter(validator=Number(gte=1))] = None,
    order: Literal["weighted", "strict"] | None = None,
    metrics_port: metrics_page.Port = None,
    metrics_host: str = metrics_page.LOOPBACK,
) -> None:
    """Run workers for the declared queues until SIGTERM, then drain; SIGHUP replaces supervised ones one by one.

    Args:
        processes: How many worker processes; more than one are supervised and restarted when they crash.
        queue: Serve only this queue; may be repeated.
        capacity: The most jobs that one process runs at a time over all its queues.
        order: How queues share a capacity that binds: by weight, or strictly in the order of their declaration.
        metrics_port: Serve metrics for Prometheus on this port: those of all workers on the server, not only of these.
        metrics_host: The address to serve them on; whoever reaches it may read them.
    """
    told = load()
    settings = replace(told, capacity=capacity or told.capacity, order=order or told.order)
    logs.configure(settings, "INFO")
    read_thresholds(settings.alerts)  # who cannot be understood is told before anything is begun
    catalogue = Catalogue.discover("arqlight_jobs")
    queues = _chosen(catalogue, queue)
    asyncio.run(refuse_unfit(one.name for one in queues))
    chosen = [part for name in queue for part in ("--queue", name)]
    shared = ["--order", settings.order, *(["--capacity", str(settings.capacity)] if settings.capacity else [])]
    with _metrics(server_url(settings), metrics_host, metrics_port):
        if processes == 1:
            run_process(queues, server_url(settings), settings, alarm=catalogue.job_types.get(ALARM))
        else:
            supervise([sys.executable, "-m", "arqlight", "fleet", *chosen, *shared], processes, settings.grace)


def _metrics(url: str, host: str, port: int | None) -> contextlib.AbstractContextManager[object]:
    return contextlib.nullcontext() if port is None else metrics_page.served(url, host, port)


def _chosen(catalogue: Catalogue, names: Sequence[str]) -> list[Queue]:
    unknown = [name for name in names if name not in catalogue.queues]
    if unknown:
        known = ", ".join(sorted(catalogue.queues))
        raise QueueNotFound(f"There is no queue {unknown[0]} in the catalogue; known are: {known}.")
    return [catalogue.queues[name] for name in names] or list(catalogue.queues.values())
