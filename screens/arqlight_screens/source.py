"""What the screens ask of the composition root: views of the fleet, and operations on it."""

from typing import TYPE_CHECKING, Any, Protocol

from arqlight_core.errors import ArqlightError
from arqlight_core.jobs import State

if TYPE_CHECKING:  # importing these for real loads the Redis client, and the first frame must not wait for it
    from arqlight_core.observe import BulkView, FleetView, Why, Window
    from arqlight_core.operations import Report


class Unavailable(ArqlightError):
    """The server does not answer now; the message says where and why."""


class Fleet(Protocol):
    """The fleet as the screens know it. Every call raises Unavailable while the server is away."""

    @property
    def address(self) -> str:
        """The server's address, fit to be shown."""
        ...

    @property
    def denied(self) -> frozenset[str]:
        """Names of the operations that whoever looks may not do; pressed all the same, each says why."""
        ...

    async def view(self) -> "FleetView":
        """Every queue and worker, now."""
        ...

    async def window(self, queue: str, state: State, offset: int, limit: int) -> "Window":
        """One page of a state's jobs."""
        ...

    async def why(self, job_id: str) -> "Why":
        """One job, whole, and why it is where it is. Raises JobNotFound."""
        ...

    async def bulk(self, bulk_id: str) -> "BulkView":
        """One bulk operation. Raises BulkNotFound."""
        ...

    async def perform(self, operation: str, **arguments: Any) -> "Report":
        """Carry out an operation of the registry as the person at the keyboard."""
        ...

    async def close(self) -> None:
        """Let go of the server: nothing is asked any more."""
        ...
