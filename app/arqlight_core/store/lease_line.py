"""A connection for the thread that renews leases: the event loop may be busy, the leases must not lapse."""

from typing import Any, TypeVar

from redis.exceptions import NoScriptError

from arqlight_core.store import connect
from arqlight_core.store.scripts import Call

R = TypeVar("R")


class LeaseLine:
    """One connection, that blocks its thread until the server answers."""

    def __init__(self, url: str) -> None:
        self._client: Any = connect.threaded(url)

    def run(self, call: Call[R]) -> R:
        """One script call and its meaning."""
        try:
            return call.read(self._client.execute_command(*call.by_sha))
        except NoScriptError:
            return call.read(self._client.execute_command(*call.whole))

    def close(self) -> None:
        """Close the connection."""
        self._client.close()
