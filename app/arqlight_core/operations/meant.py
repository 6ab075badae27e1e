"""Which of the jobs that a walk brought an order is about."""

from arqlight_core.observe.candidates import matching, sensitive_of
from arqlight_core.operations.orders import Order
from arqlight_core.selection import Candidate
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys, id_of
from arqlight_core.store.scripts import Walked

__all__ = ["meant", "sensitive_of", "walk"]


async def walk(store: Store, queue: QueueKeys, order: Order, cursor: str, limit: int) -> Walked:
    """The next jobs of what an order goes through; payloads that are too large for a list are read one by one."""
    moment = order.selection.moment_ms if order.selection else 0
    walked = await store.run(scripts.walk(queue, order.where, cursor, moment, limit, int(order.is_whole)))
    for row in walked.rows if order.is_whole else ():
        if not row[2]:
            [body] = await store.run(scripts.bodies(queue, [id_of(row[0])]))
            row[2] = body.data
    return walked


def meant(order: Order, walked: Walked, sensitive: frozenset[str]) -> list[Candidate]:
    """Those of the walked jobs that the order is about."""
    selection = order.selection
    if not order.is_whole or selection is None:
        return [Candidate(one) for one in walked.ids]
    return matching(selection, walked.rows, sensitive)
