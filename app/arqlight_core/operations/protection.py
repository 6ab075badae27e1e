"""What can be done to circuit breakers: a queue's own, or that of a dependency, by its name."""

from datetime import timedelta

from arqlight_core.observe.protection import breaker, guard
from arqlight_core.operations.lasting import lasting
from arqlight_core.operations.registry import Danger, Report, Target, operation
from arqlight_core.policy import milliseconds
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.scripts import Steering

_DOC = """{summary}

    Args:
        store: The server.
        breaker: The name of a queue that has a breaker, or of a dependency.
        actor: Who asks.
        reason: Why.
        for_: For how long, such as 30m; without it until it is reset.
        dry_run: Only say what would be done.
    """


class Forcing:
    """An operation that forces a breaker into a state, open or closed."""

    def __init__(self, name: str, state: str, summary: str) -> None:
        self.__name__, self.__doc__ = name, _DOC.format(summary=summary)
        self._state = state

    async def __call__(
        self,
        store: Store,
        breaker: str,
        *,
        actor: str,
        reason: str = "",
        for_: timedelta | None = None,
        dry_run: bool = False,
    ) -> Report:
        """Force it."""
        what = f"force breaker {breaker} {self._state}{lasting(for_)}"
        steering = Steering(self._state, milliseconds(for_ or timedelta()), actor, reason)
        return await _steered(store, breaker, steering, what, dry_run=dry_run)


trip_breaker = operation(Target.BREAKER, Danger.REVERSIBLE, key="t", label="trip")(
    Forcing("trip_breaker", "open", "Force a breaker open: its jobs wait, and no attempt is burnt.")
)
close_breaker = operation(Target.BREAKER, Danger.REVERSIBLE, key="c", label="close")(
    Forcing("close_breaker", "closed", "Force a breaker closed: its jobs run, whatever fails.")
)


@operation(Target.BREAKER, Danger.REVERSIBLE, key="h", label="half-open")
async def half_open_breaker(
    store: Store, breaker: str, *, actor: str, reason: str = "", dry_run: bool = False
) -> Report:
    """Let a breaker try at once: the next jobs are probes, whatever it was forced to or told to wait.

    Args:
        store: The server.
        breaker: The name of a queue that has a breaker, or of a dependency.
        actor: Who asks.
        reason: Why.
        dry_run: Only say what would be done.
    """
    steering = Steering("half-open", 0, actor, reason)
    return await _steered(store, breaker, steering, f"make breaker {breaker} half-open", dry_run=dry_run)


@operation(Target.BREAKER, Danger.REVERSIBLE, key="r", label="reset")
async def reset_breaker(store: Store, breaker: str, *, actor: str, reason: str = "", dry_run: bool = False) -> Report:
    """Close a breaker, forget its faults, and end what it was forced to or told to wait.

    Args:
        store: The server.
        breaker: The name of a queue that has a breaker, or of a dependency.
        actor: Who asks.
        reason: Why.
        dry_run: Only say what would be done.
    """
    return await _steered(
        store, breaker, Steering("reset", 0, actor, reason), f"reset breaker {breaker}", dry_run=dry_run
    )


async def _steered(store: Store, name: str, steering: Steering, what: str, *, dry_run: bool) -> Report:
    found = await guard(store, name)
    if dry_run:
        stands = (await breaker(store, name)).condition
        return Report(0, f"would {what}; it is {stands}")
    if await store.run(scripts.steer(found.keys, found.member, steering)):
        return Report(1, f"told to {what}")
    return Report(0, f"breaker {name} stood so already", {"stood so already": 1})
