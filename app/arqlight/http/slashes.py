"""A slash that belongs to a name, written %2F in a path: the ids of jobs that other jobs have queued hold some."""

from typing import Any
from urllib.parse import unquote

from litestar.types import ASGIApp, Receive, Scope, Send

_SLASH = "\ue02f"
"""What stands for it on the way through the router, to which any slash ends a name."""


def kept_apart(app: ASGIApp) -> ASGIApp:
    """The application, whose router sees no slash where the request wrote %2F."""

    async def route(scope: Scope, receive: Receive, send: Send) -> None:
        if b"%2f" in scope["raw_path"].lower():
            parts = scope["raw_path"].decode("ascii").split("/")
            scope["path"] = "/".join(unquote(part).replace("/", _SLASH) for part in parts)
        await app(scope, receive, send)

    return route


def put_back(named: dict[str, Any]) -> dict[str, Any]:
    """A handler's arguments with their slashes."""
    return {name: told.replace(_SLASH, "/") if isinstance(told, str) else told for name, told in named.items()}
