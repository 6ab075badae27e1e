"""The fleet that the control room shows, behind a store that is opened when it is first asked.

Nothing here imports the Redis client before the first frame is on the screen.
"""

import asyncio
import gc
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from arqlight_core.audit import WAY_IN
from arqlight_screens.source import Unavailable

if TYPE_CHECKING:
    from arqlight.domains import Domains
    from arqlight_core.domains import Order, Question
    from arqlight_core.observe import FleetView, Lookout
    from arqlight_core.operations import Report
    from arqlight_core.settings import Settings
    from arqlight_core.store.gateway import Store

P = ParamSpec("P")
T = TypeVar("T")


class StoreFleet:
    """The fleet behind a store that is opened when it is first asked, and asked again until it answers."""

    def __init__(
        self,
        url_of: Callable[[], str],
        actor: str = "",
        *,
        read_only: bool = False,
        settings: "Settings | None" = None,
    ) -> None:
        self._url_of = url_of
        self._actor = actor
        self.read_only = read_only
        self._store: Store | None = None
        self._lookout: Lookout | None = None
        self._opening = asyncio.Lock()
        self.address = "the server"
        self._denied: frozenset[str] | None = None
        self._domains: Domains | None = None
        self._settings = settings

    async def view(self) -> "FleetView":
        """Every queue and worker, now."""
        from arqlight_core import observe  # noqa: PLC0415 - after the first frame

        async def seen(store: "Store") -> "FleetView":
            if self._denied is None:
                await self._learn(store)
            if self._lookout is None:
                self._lookout = observe.Lookout(store)
                gc.freeze()  # what is loaded now, modules above all, stays: no collection has to look at it again
            return await self._lookout.look()

        return await self._ask(seen)

    @property
    def denied(self) -> frozenset[str]:
        """The operations that this login may not do; none as long as that is not known."""
        return self._denied or frozenset()

    async def observe(
        self, question: "Callable[Concatenate[Store, P], Awaitable[T]]", *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What a function of `arqlight_core.observe` answers."""
        return await self._ask(lambda store: question(store, *args, **kwargs))

    async def perform(self, operation: str, /, **arguments: Any) -> "Report":
        """Carry out an operation as the person at the keyboard. Raises ReadOnly or NotAllowed before it is begun."""
        from arqlight.session import actor  # noqa: PLC0415 - after the first frame
        from arqlight_core import rights  # noqa: PLC0415 - after the first frame
        from arqlight_core.operations import OPERATIONS  # noqa: PLC0415 - after the first frame
        from arqlight_core.operations.everywhere import everywhere  # noqa: PLC0415 - after the first frame

        WAY_IN.set("screen")
        asked, by = OPERATIONS[operation], self._actor or actor()
        if "selection" in arguments and not arguments["selection"].queue:  # of a group of failures, in all its queues
            asked = everywhere(asked)

        async def performed(store: "Store") -> "Report":
            await self._learn(store)  # rights may have changed since
            if operation in self.denied:
                await rights.refuse(store, asked)
            return await asked.run(store, actor=by, **arguments)

        return await self._ask(performed)

    async def told(self, question: "Question[T]", **arguments: Any) -> T:
        """What a domain answers from its own records, whether the server answers or not."""
        return await (await self._known()).told(question, **arguments)

    async def order(self, order: "Order", **arguments: Any) -> str:
        """Have a domain change something. Raises ReadOnly or NotAllowed for a login without the right that it needs."""
        from arqlight.session import actor  # noqa: PLC0415 - after the first frame
        from arqlight_core import rights  # noqa: PLC0415 - after the first frame
        from arqlight_core.operations import OPERATIONS  # noqa: PLC0415 - after the first frame
        from arqlight_core.store import gateway  # noqa: PLC0415 - after the first frame

        WAY_IN.set("screen")

        async def ordered(store: "Store") -> str:
            await rights.refuse(store, OPERATIONS[order.needs])
            await gateway.refuse_evicting(store)
            return await (await self._known()).ordered(order, store, self._actor or actor(), **arguments)

        return await self._ask(ordered)

    async def _known(self) -> "Domains":
        if self._domains is None:
            loaded = await asyncio.to_thread(
                import_module, "arqlight.domains"
            )  # half a second: when it is first wanted
            made: Domains = loaded.Domains(self._settings)
            self._domains = self._domains or made
        return self._domains

    async def _learn(self, store: "Store") -> None:
        from arqlight_core import rights  # noqa: PLC0415 - after the first frame
        from arqlight_core.operations import OPERATIONS  # noqa: PLC0415 - after the first frame

        self._denied = await rights.lacking(store, OPERATIONS.values())

    def refuse_changes(self) -> None:
        """Refuse every change from now on: what changes something is refused before it is sent."""
        self.read_only = True
        self._denied = None
        if self._store is not None:
            self._store.read_only = True

    async def close(self) -> None:
        """Let go of the server, and of the records."""
        if self._domains is not None:
            await self._domains.close()
        if self._store is not None:
            await self._store.close()

    async def _ask(self, question: "Callable[[Store], Awaitable[T]]") -> T:
        from arqlight_core.store import connect  # noqa: PLC0415 - after the first frame

        store = await self._opened()
        try:
            return await question(store)
        except connect.OUTAGES as outage:
            raise Unavailable(str(connect.explained(store.url, outage))) from outage
        except connect.REFUSALS as refusal:
            raise connect.explained(store.url, refusal) from refusal

    async def _opened(self) -> "Store":
        from arqlight_core.secrecy import Sealer  # noqa: PLC0415 - after the first frame
        from arqlight_core.store import connect, gateway  # noqa: PLC0415 - after the first frame

        async with self._opening:
            if self._store is None:
                url = await _in_daemon(self._url_of)
                self.address = connect.shown(url)
                sealer = Sealer.of(self._settings) if self._settings else None
                self._store = await gateway.open_store(url, sealer=sealer, read_only=self.read_only)
        return self._store


async def _in_daemon(work: Callable[[], T]) -> T:
    """The answer of blocking work, in a thread that does not keep a program from ending."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, problem: Exception | None) -> None:
        if answer.cancelled():
            return
        if problem is not None:
            answer.set_exception(problem)
        else:
            answer.set_result(result)  # pyright: ignore[reportArgumentType] - without a problem there is a result

    def run() -> None:
        try:
            told = (work(), None)
        except Exception as problem:  # noqa: BLE001 - it is raised again where it is awaited
            told = (None, problem)
        with suppress(RuntimeError):  # the room was left before the answer came
            loop.call_soon_threadsafe(settle, *told)

    threading.Thread(target=run, name="server address", daemon=True).start()
    return await answer
