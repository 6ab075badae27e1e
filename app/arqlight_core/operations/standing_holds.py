"""Standing holds: while one is there, workers hold each job that matches as they would begin it."""

from datetime import timedelta
from secrets import token_hex

import msgspec

from arqlight_core.errors import HoldNotFound, UsageError
from arqlight_core.jobs import State
from arqlight_core.observe.window import keys_of
from arqlight_core.operations.bulk import Asked, Words, perform
from arqlight_core.operations.lasting import lasting
from arqlight_core.operations.meant import sensitive_of
from arqlight_core.operations.orders import Order
from arqlight_core.operations.registry import Danger, Report, Target, operation
from arqlight_core.policy import milliseconds
from arqlight_core.selection import Selection, held_by, refuse_hidden
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store

MOST = 50
"""Standing holds of one queue; set_hold.lua has the same number."""


@operation(Target.QUEUE, Danger.REVERSIBLE, label="set hold")
async def set_hold(  # noqa: PLR0913 - what jobs must match, for how long, and who asks
    store: Store,
    queue: str,
    *,
    where: dict[str, str] | None = None,
    job_type: str = "",
    for_: timedelta | None = None,
    actor: str,
    reason: str = "",
    dry_run: bool = False,
) -> Report:
    """Hold every job that matches, from now on: workers put it aside as they would begin it.

    Args:
        store: The server.
        queue: The queue's name.
        where: Fields of the payload and their values, such as tenant=acme; a dot leads into a nested field.
        job_type: The job type's name.
        for_: For how long, such as 2h; without it until the hold is lifted.
        actor: Who asks.
        reason: Why; shown with every job that is held for it.
        dry_run: Only say what would be done.
    """
    keys = await keys_of(store, queue)
    if not where and not job_type:
        raise UsageError("Say which jobs to hold, as in --where tenant=acme; to hold them all, pause the queue.")
    if where:
        refuse_hidden(where, await sensitive_of(store, queue))
    selection = Selection(queue, State.WAITING, job_type=job_type, where=where or {})
    told = f"hold {selection.matching} in {queue}{', until it is lifted' if for_ is None else lasting(for_)}"
    if dry_run:
        return Report(0, f"would {told}")
    rule, terms = token_hex(4), msgspec.json.encode(selection).decode()
    lasting_ms = milliseconds(for_ or timedelta())
    if await store.run(scripts.set_hold(keys, rule, terms, actor, reason, lasting_ms)) < 0:
        raise UsageError(
            f"{queue} has {MOST} standing holds already; lift one with `arqlight lift-hold {queue} --rule ID`."
        )
    return Report(1, f"told workers to {told}, as hold {rule}", operation=rule)


@operation(Target.QUEUE, Danger.REVERSIBLE, label="lift hold")
async def lift_hold(
    store: Store, queue: str, *, rule: str, actor: str, reason: str = "", dry_run: bool = False
) -> Report:
    """Lift a standing hold, and make the jobs that it holds due again, where they stood in line.

    Args:
        store: The server.
        queue: The queue's name.
        rule: The hold's id.
        actor: Who asks.
        reason: Why.
        dry_run: Only say what would be done.
    """
    keys = await keys_of(store, queue)
    _, standing = await store.run(scripts.holds(keys, MOST))
    if rule not in standing:
        known = ", ".join(standing) or "none"
        raise HoldNotFound(f"{queue} has no standing hold {rule}; those it has: {known}.")
    if not dry_run:
        await store.run(scripts.lift_hold(keys, rule, actor, reason))
    selection = Selection(queue, State.HELD, held_by=held_by(rule))
    words = Words("lift it and release {}", f"lifted hold {rule} and released {{}}")
    return await perform(store, Order("release", queue, selection), Asked(actor, reason, dry_run), Danger.SAFE, words)
