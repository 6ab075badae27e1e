"""`arqlight metrics`: what a queue or a job type has done, minute by minute or hour by hour; or all, for Prometheus."""

import asyncio
import signal
from typing import Annotated

from cyclopts import Parameter

from arqlight import metrics_page, output
from arqlight.commands.spans import Span
from arqlight.output import age
from arqlight.session import reading, server_url
from arqlight_core import observe
from arqlight_core.clock import from_ms
from arqlight_core.errors import UsageError
from arqlight_core.observe import Percentiles, Point
from arqlight_core.policy import HOUR
from arqlight_core.settings import load


async def metrics(
    queue: str = "",
    /,
    *,
    job_type: Annotated[str, Parameter(name="--type")] = "",
    span: Span = HOUR,
    serve: metrics_page.Port = None,
    host: str = metrics_page.LOOPBACK,
    json: bool = False,
) -> None:
    """Counts, and the 50th, 95th and 99th percentile of waits and runs: by the minute up to 6h, then by the hour.

    Args:
        queue: The queue's name.
        job_type: Only this job type.
        span: How far back, such as 1h, 48h or 30d.
        serve: Serve the metrics of the whole fleet on this port instead, for Prometheus, until it is interrupted.
        host: The address to serve them on; whoever reaches it may read them.
        json: Print JSON.
    """
    if serve is not None:
        await _serve(host, serve)
        return
    if not queue:
        raise UsageError("Say of which queue, as in `arqlight metrics crm:message`; or --serve PORT for Prometheus.")
    async with reading() as store:
        view = await observe.metrics(store, queue, job_type or None, span)
    if json:
        output.as_json(view)
        return
    columns = ["from", "enqueued", "completed", "retried", "dead", "held", "wait 50/95/99", "run 50/95/99"]
    rows = [_row(_local(point.at_ms), point) for point in view.points if point.counts]
    spare = ["held", "wait 50/95/99", "run 50/95/99", "retried", "enqueued", "dead", "completed"]
    output.table(columns, [*rows, _row("in all", view.whole)], spare)


async def _serve(host: str, port: int) -> None:
    """Until SIGINT or SIGTERM."""
    ended = asyncio.Event()
    with metrics_page.served(server_url(load()), host, port) as address:
        for one in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(one, ended.set)
        output.say(f"Metrics are at {address}; interrupt me to end.")
        await ended.wait()


def _row(when: str, point: Point) -> list[object]:
    counts = [point.counts.get(event, 0) for event in ("enqueued", "completed", "retried", "dead", "held")]
    return [when, *counts, _spoken(point.wait), _spoken(point.run)]


def _spoken(told: Percentiles) -> str:
    return " / ".join(age(ms) for ms in (told.p50_ms, told.p95_ms, told.p99_ms))


def _local(at_ms: int) -> str:
    return from_ms(at_ms).astimezone().strftime("%m-%d %H:%M")
