"""How often somebody may do something, asked from within a job or an ingest: each allowance has so many slots.

A slot can be taken again when a whole span has passed since it was: so no span, wherever it begins, holds more uses.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_core.clock import now
from arqlight_core.policy import HOUR, MINUTE
from arqlight_jobs.flrts.tables.speech import uses
from arqlight_jobs.outbound.rows import put_or_change


@dataclass(frozen=True, slots=True)
class Allowance:
    """At most `most` uses within `per`."""

    most: int
    per: timedelta


OPERATION = Allowance(10, MINUTE)
"""Of one operation by one user, and of tries to link a chat."""

ANSWER = Allowance(1, MINUTE)
"""Of telling one user to slow down."""

GREETING = Allowance(1, HOUR)
"""Of answers to a chat that is nobody's."""


async def may(connection: AsyncConnection, allowance: Allowance, who: str, operation: str, ref: str) -> bool:
    """Whether it may be done now, which then counts. What was allowed for this `ref` before is, and counts once."""
    own = (uses.c.who == who, uses.c.operation == operation)
    counted = await connection.execute(select(uses.c.slot).where(*own, uses.c.ref == ref))
    if counted.first() is not None:
        return True
    for slot in range(allowance.most):
        told: dict[str, Any] = {"ref": ref, "at": now()}
        row = {"who": who, "operation": operation, "slot": slot, **told}
        if await put_or_change(connection, uses, row, told, uses.c.at <= now() - allowance.per):
            return True
    return False
