"""Bodies that arrive in time: whoever sends one slowly, or stops, is answered with 408 and holds nothing any longer."""

import asyncio
from http import HTTPStatus

from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, Receive, ReceiveMessage, Scope, Send

PAUSE_S = 20.0
"""How long nothing may come."""
WHOLE_S = 600.0
"""How long all of it may take."""


def punctual(app: ASGIApp) -> ASGIApp:
    """The application, which waits so long for the body of each request."""

    async def wait(scope: Scope, receive: Receive, send: Send) -> None:
        loop, is_there = asyncio.get_running_loop(), False
        end = loop.time() + WHOLE_S

        async def received() -> ReceiveMessage:
            nonlocal is_there
            if is_there:  # what comes now is that the sender has gone, and that has time
                return await receive()
            try:
                async with asyncio.timeout_at(min(loop.time() + PAUSE_S, end)):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(status_code=HTTPStatus.REQUEST_TIMEOUT, detail=_detail()) from None
            is_there = not message.get("more_body", False)
            return message

        await app(scope, received, send)

    return wait


def _detail() -> str:
    return f"The body took too long to arrive: nothing may be missing for {PAUSE_S:g} s, all of it takes {WHOLE_S:g} s."
