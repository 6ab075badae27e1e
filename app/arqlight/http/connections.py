"""One connection of the server: closed where no request comes, so that nobody holds it by sending little or nothing."""

import asyncio
from http import HTTPStatus
from typing import Any

import h11
import msgspec
from uvicorn.protocols.http.h11_impl import H11Protocol

from arqlight.http.problems import MEDIA, Problem

PATIENCE_S = 10.0
"""How long the head of a request may take to arrive; uvicorn itself waits for it without end."""

_REMEDY = "Send HTTP/1.1, with percent signs for what is no ASCII, and at most 64 KB before the body."


class Connection(H11Protocol):
    """As uvicorn's, which refuses a head of more than 64 KB."""

    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._wait()

    def on_response_complete(self) -> None:
        """Begin to wait for the next one."""
        super().on_response_complete()
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        super().connection_lost(exc)
        self._forget()

    def _wait(self) -> None:
        self._forget()
        self._patience = self.loop.call_later(PATIENCE_S, self._close_if_idle)

    def _forget(self) -> None:
        if self._patience is not None:
            self._patience.cancel()

    def _close_if_idle(self) -> None:
        if not self.cycle or self.cycle.response_complete:
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no request at all; uvicorn has met and logged what is wrong with it."""
        told = Problem(HTTPStatus.BAD_REQUEST.phrase, HTTPStatus.BAD_REQUEST, f"{msg} {_REMEDY}", "")
        headers = [("Content-Type", MEDIA), ("Connection", "close")]
        head = h11.Response(status_code=HTTPStatus.BAD_REQUEST, headers=headers, reason=told.title.encode())
        for event in (head, h11.Data(data=msgspec.json.encode(told)), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
