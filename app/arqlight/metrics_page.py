"""The page of metrics on a port of its own: Prometheus' own server in threads, and one loop that looks."""

import asyncio
import logging
import threading
from collections.abc import Generator, Iterable
from concurrent import futures
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from arqlight_core.errors import UsageError
from arqlight_core.observe.exposition import PATIENCE, families
from arqlight_core.observe.metered import Metered
from arqlight_core.store import connect
from arqlight_core.store.gateway import Store

if TYPE_CHECKING:
    from wsgiref.simple_server import WSGIServer

LOOPBACK = "127.0.0.1"
_SPARE = 1.0
"""Seconds that a reader waits beyond what a look may take."""

Port = Annotated[int | None, Parameter(validator=Number(gte=0, lte=65535))]

logger = logging.getLogger("arqlight.metrics")


class _Looks(Collector):
    """Looks at the fleet whenever a reader asks: on a loop in a thread of its own, whatever thread the reader has."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._store = Store(url, read_only=True)
        self._lookout = Metered(self._store)
        self._turning = futures.Future[asyncio.AbstractEventLoop]()
        self._thread = threading.Thread(target=self._turn, name="metrics", daemon=True)
        self._thread.start()
        self._loop = self._turning.result()

    def _turn(self) -> None:
        with asyncio.Runner() as runner:  # at its end it cancels what readers still wait for
            self._turning.set_result(runner.get_loop())
            runner.get_loop().run_forever()
            runner.run(self._store.close())

    def end(self) -> None:
        """Let go of the server."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def collect(self) -> Iterable[Metric]:
        """What there is to be told; nothing when the server refuses, which is logged, or when it is over."""
        look = asyncio.run_coroutine_threadsafe(families(self._lookout), self._loop)
        try:
            return look.result(PATIENCE + _SPARE)
        except connect.REFUSALS as refusal:
            logger.warning("%s", connect.explained(self._url, refusal))
        except (futures.CancelledError, TimeoutError):
            look.cancel()
        return ()


@contextmanager
def served(url: str, host: str, port: int) -> Generator[str]:
    """Serve the metrics of the fleet on this server, as long as the context lasts; yields the page's address.

    Raises UsageError where nothing can be served.
    """
    looks = _Looks(url)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(looks)
    try:
        server, serving = _listening(host, port, registry)
        try:
            yield f"http://{host}:{server.server_port}/metrics"
        finally:
            server.shutdown()
            server.server_close()
            serving.join()
    finally:
        looks.end()


def _listening(host: str, port: int, registry: CollectorRegistry) -> "tuple[WSGIServer, threading.Thread]":
    try:
        return start_http_server(port, host, registry)
    except (OSError, OverflowError) as problem:
        raise UsageError(f"No metrics can be served on {host}:{port} ({problem}); choose another.") from problem
