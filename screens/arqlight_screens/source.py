"""What the screens ask of the composition root: views of the fleet, and operations on it."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar

from arqlight_core.errors import ArqlightError

if TYPE_CHECKING:  # importing these for real loads the Redis client, and the first frame must not wait for it
    from arqlight_core.domains import Order, Question
    from arqlight_core.observe import FleetView
    from arqlight_core.operations import Report
    from arqlight_core.store.gateway import Store

P = ParamSpec("P")
T = TypeVar("T")


class Unavailable(ArqlightError):
    """The server does not answer now; the message says where and why."""


class Fleet(Protocol):
    """The fleet as the screens know it. Every call raises Unavailable while the server is away."""

    @property
    def address(self) -> str:
        """The server's address, fit to be shown."""
        ...

    @property
    def read_only(self) -> bool:
        """Whether every change is refused, whatever the login may do."""
        ...

    def refuse_changes(self) -> None:
        """Refuse every change from now on; there is no way back but to open the room again."""
        ...

    @property
    def denied(self) -> frozenset[str]:
        """Names of the operations that whoever looks may not do; pressed all the same, each says why."""
        ...

    async def view(self) -> "FleetView":
        """Every queue and worker, now."""
        ...

    async def observe(
        self, question: "Callable[Concatenate[Store, P], Awaitable[T]]", *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What a function of `arqlight_core.observe` answers. Raises what it raises."""
        ...

    async def told(self, question: "Question[T]", **arguments: Any) -> T:
        """What a domain of jobs answers from its own records. Raises an ArqlightError when they are away."""
        ...

    async def order(self, order: "Order", **arguments: Any) -> str:
        """Have a domain change something, as the person at the keyboard; what came of it, in one sentence."""
        ...

    async def perform(self, operation: str, /, **arguments: Any) -> "Report":
        """Carry out an operation of the registry as the person at the keyboard."""
        ...

    async def close(self) -> None:
        """Let go of the server: nothing is asked any more."""
        ...
