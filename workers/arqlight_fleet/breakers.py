"""Keeps house of the breakers that a worker's queues have and need."""

from collections.abc import Sequence

from arqlight_core.policy import MINUTE, SECOND, milliseconds
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import SHARED
from arqlight_fleet.served import ServedQueue

IDLE = 30 * MINUTE
"""A breaker that could have tried for so long, and that nobody asked, is closed."""
RESET_EVERY = IDLE / SECOND


def _needs(served: ServedQueue) -> set[str]:
    return {need.name for terms in served.terms.values() for need in terms.needs}


async def reset_breakers(store: Store, served: Sequence[ServedQueue]) -> str:
    """Close those that nobody has asked for long, and end forced modes whose time is over."""
    own = [scripts.recover(one.keys, "", milliseconds(IDLE)) for one in served if one.breaker]
    names = sorted(set[str]().union(*(_needs(one) for one in served)))
    calls = [*own, *(scripts.recover(SHARED, name, milliseconds(IDLE)) for name in names)]
    return f"{sum(await store.run_all(calls))} of {len(calls)} reset"
