"""X-Request-ID: taken from whoever asks, or made; it stands in the answer, in log lines, and on the jobs it queues."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from litestar.datastructures import MutableScopeHeaders
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from arqlight_core import logs
from arqlight_core.enqueue import REQUEST

HEADER = "x-request-id"
_FIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_KEPT = "arqlight_request_id"


def request_id(scope: Mapping[str, Any]) -> str:
    """The id of this request."""
    return str(scope.get(_KEPT, ""))


def identified(app: ASGIApp) -> ASGIApp:
    """The application, each of whose requests has an id. One that does not fit is replaced."""

    async def identify(scope: Scope, receive: Receive, send: Send) -> None:
        given = next((value for name, value in scope["headers"] if name == HEADER.encode()), b"").decode("latin-1")
        own = given if _FIT.fullmatch(given) else uuid4().hex
        scope[_KEPT] = own  # pyright: ignore[reportGeneralTypeIssues] - a scope takes what an application adds
        REQUEST.set(own)
        logs.bind(lambda: {"request_id": own})

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableScopeHeaders(message)[HEADER] = own
            await send(message)

        await app(scope, receive, told)

    return identify
