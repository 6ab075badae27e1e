"""Serves the application until it is told to end; refuses to be found from elsewhere without tokens and encryption."""

import asyncio
import signal
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from arqlight import output
from arqlight.commands.web import is_loopback
from arqlight.http.application import application
from arqlight.http.callers import passwords
from arqlight.http.connections import Connection
from arqlight.session import writing
from arqlight_core.errors import UsageError
from arqlight_core.memory import share_arenas
from arqlight_core.operations import tokens
from arqlight_core.settings import FAMOUS_PASSWORDS, Settings
from arqlight_core.store.gateway import Store

GRACE_S = 3
"""Seconds that requests under way have to end; streams of events are cut off then."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to listen, and what the connection is encrypted with."""

    host: str
    port: int
    cert: Path | None = None
    key: Path | None = None
    behind_proxy: bool = False

    @property
    def url(self) -> str:
        """As a browser takes it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.cert else 'http'}://{host}:{self.port}"


class _Server(uvicorn.Server):
    """Ends well when it is told to end; uvicorn's own lets the signal end the process after all."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Heeds SIGINT and SIGTERM."""
        for one in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(one, self.handle_exit, one, None)
        yield


async def serve(place: Place, settings: Settings) -> None:
    """Listen until SIGINT or SIGTERM. Raises UsageError for a place that would let others in as they like."""
    refuse_unfit(place, settings)
    share_arenas()
    async with writing(settings) as store:
        standing = [one for one in await tokens.tokens(store) if not one.expired]
        refuse_open(place, can_enter=bool(standing) or bool(passwords(settings)))
        if not standing:
            output.say("No token opens it yet: `arqlight token create NAME --role viewer` makes one.")
        await _listen(place, store, settings)


async def _listen(place: Place, store: Store, settings: Settings) -> None:
    server = _Server(
        uvicorn.Config(
            application(store, settings),
            host=place.host,
            port=place.port,
            ssl_certfile=place.cert,
            ssl_keyfile=place.key,
            http=Connection,
            ws="none",
            proxy_headers=place.behind_proxy,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_S,
        )
    )
    output.say(f"The HTTP interface: {place.url}/schema")
    try:
        await server.serve()
    except SystemExit:  # what uvicorn ends with when it cannot listen
        raise UsageError(f"{place.host}:{place.port} cannot be listened at: take another --port.") from None


def refuse_unfit(place: Place, settings: Settings) -> None:
    """Raises UsageError for files that are not there, and for a password that everybody knows."""
    if bool(place.cert) != bool(place.key):
        raise UsageError("--tls-cert and --tls-key: one is of no use without the other.")
    for one in (place.cert, place.key):
        if one and not one.is_file():
            raise UsageError(f"There is no file {one} to encrypt the connection with.")
    famous = [name for name, (password, _) in passwords(settings).items() if password.lower() in FAMOUS_PASSWORDS]
    if famous and not is_loopback(place.host):
        raise UsageError(f"The password of {famous[0]} is that of an example: choose one of your own.")


def refuse_open(place: Place, *, can_enter: bool) -> None:
    """Raises UsageError for a place that others reach and that nothing opens, or where they could listen in."""
    if is_loopback(place.host):
        return
    if not can_enter:
        raise UsageError(
            f"{place.host} can be reached from elsewhere, and nothing opens it: `arqlight token create` makes a token."
        )
    if not place.cert and not place.behind_proxy:
        raise UsageError(
            f"{place.host} can be reached from elsewhere: give --tls-cert and --tls-key, or --behind-proxy where one "
            "in front of it encrypts."
        )
