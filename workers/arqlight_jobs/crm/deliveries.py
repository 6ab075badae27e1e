"""Events on their way to endpoints: one row for each pair, kept by whichever run has it in hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from arqlight_core.clock import now
from arqlight_core.errors import LeaseLost, UsageError
from arqlight_jobs.crm.events import Event, digest, wants
from arqlight_jobs.crm.requests import DeliveryAsked
from arqlight_jobs.crm.tables.webhooks import attempts, deliveries, endpoints
from arqlight_jobs.outbound.rows import put_if_new, put_or_change

MOST_LISTED = 1000


class Status(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"
    """The endpoint did not take it, as often as it was tried."""
    DROPPED = "dropped"
    """The endpoint was off."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One of them as it was seen."""

    id: str
    endpoint: str
    message: str
    type: str
    body: bytes
    status: Status
    reason: str
    round: int
    begun_at: datetime
    ended_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt: the status it got, None without an answer, and what was said, redacted."""

    round: int
    number: int
    status: int | None
    told: str
    calls: int = 1
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """A delivery as it is shown: each attempt with the first of its answer, and not what was posted."""

    id: str
    endpoint: str
    message: str
    """The webhook-id."""
    type: str
    status: Status
    reason: str
    round: int
    created_at: datetime
    ended_at: datetime | None
    attempts: Sequence[Tried]

    @classmethod
    def of(cls, one: Delivery, tried: Sequence[Tried]) -> "DeliveryView":
        """The delivery with these attempts."""
        told = {name: getattr(one, name) for name in cls.__slots__ if name != "attempts"}
        return cls(**told, attempts=tried)


async def publish(engine: AsyncEngine, event: Event) -> list[DeliveryAsked]:
    """Write the event down for every endpoint of its tenant that wants it.

    Answers what to queue as crm.webhook.deliver. A second time it answers the same, so whoever dies before queueing
    publishes again. Raises UsageError.
    """
    body = event.body
    chosen = select(endpoints.c.id, endpoints.c.types).where(
        endpoints.c.tenant == event.tenant, endpoints.c.disabled_at.is_(None)
    )
    async with engine.connect() as connection:
        found = [row.id for row in await connection.execute(chosen) if wants(row.types, event.type)]
    for endpoint in found:
        async with engine.begin() as connection:
            await put_if_new(connection, deliveries, _row(event, endpoint, body))
    return [DeliveryAsked(_id(event, endpoint), endpoint) for endpoint in found]


def _id(event: Event, endpoint: str) -> str:
    return digest(event.message, endpoint)


def _row(event: Event, endpoint: str, body: bytes) -> dict[str, Any]:
    at = now()
    named: dict[str, Any] = {"id": _id(event, endpoint), "endpoint": endpoint, "message": event.message}
    fresh = {"status": Status.WAITING, "reason": "", "round": 1, "fence": 0, "begun_at": at, "created_at": at}
    return {**named, "type": event.type, "body": body, **fresh}


@dataclass(frozen=True, slots=True)
class Deliveries:
    """The deliveries on record."""

    engine: AsyncEngine

    async def find(self, delivery_id: str) -> Delivery:
        """The delivery of that id. Raises UsageError."""
        async with self.engine.connect() as connection:
            row = (await connection.execute(_COLUMNS.where(deliveries.c.id == delivery_id))).mappings().one_or_none()
        if row is None:
            raise UsageError(f"There is no delivery {delivery_id}; `arqlight webhook deliveries` shows them.")
        return _delivery(row)

    async def listed(self, endpoint: str = "", status: Status | None = None, limit: int = 50) -> list[Delivery]:
        """The newest first."""
        chosen = _COLUMNS.order_by(deliveries.c.created_at.desc(), deliveries.c.id).limit(min(limit, MOST_LISTED))
        if endpoint:
            chosen = chosen.where(deliveries.c.endpoint == endpoint)
        if status:
            chosen = chosen.where(deliveries.c.status == status)
        async with self.engine.connect() as connection:
            return [_delivery(row) for row in (await connection.execute(chosen)).mappings()]

    async def seen(self, endpoint: str = "", status: Status | None = None, limit: int = 50) -> list[DeliveryView]:
        """As `listed`, with the attempts at each."""
        found = await self.listed(endpoint, status, limit)
        tried = await self.tried([one.id for one in found])
        return [DeliveryView.of(one, tried[one.id]) for one in found]

    async def tried(self, delivery_ids: Sequence[str]) -> dict[str, list[Tried]]:
        """The attempts at each of these, in their order."""
        order = (attempts.c.delivery, attempts.c.round, attempts.c.number)
        chosen = select(attempts).where(attempts.c.delivery.in_(delivery_ids)).order_by(*order)
        found: dict[str, list[Tried]] = {one: [] for one in delivery_ids}
        async with self.engine.connect() as connection:
            for row in await connection.execute(chosen):
                found[row.delivery].append(Tried(row.round, row.number, row.status, row.told, row.calls, row.at))
        return found

    # ------------------------------------------------------------------ by the run that has it in hand

    async def take(self, delivery_id: str, round_no: int, fence: int) -> Delivery:
        """The delivery, in this run's hands if it waits. Raises UsageError, and LeaseLost for an older run."""
        mine = (deliveries.c.round == round_no, deliveries.c.fence <= fence, deliveries.c.status == Status.WAITING)
        if await self._change(delivery_id, *mine, fence=fence):
            return await self.find(delivery_id)
        found = await self.find(delivery_id)
        if found.status is Status.WAITING and found.round == round_no:
            raise LeaseLost(f"the delivery {delivery_id} is in other hands now")
        return found

    async def note(self, delivery_id: str, tried: Tried) -> None:
        """Write an attempt down; one that is made again under the same number counts as another call of it."""
        key = {"delivery": delivery_id, "round": tried.round, "number": tried.number}
        told = {"status": tried.status, "told": tried.told, "at": now()}
        async with self.engine.begin() as connection:
            again = {**told, "calls": attempts.c.calls + 1}
            await put_or_change(connection, attempts, {**key, **told, "calls": 1}, again)

    async def delivered(self, delivery_id: str) -> None:
        """The endpoint has taken it: that stays true, whoever writes it down."""
        await self._change(delivery_id, status=Status.DELIVERED, reason="", ended_at=now())

    async def ended(self, delivery_id: str, fence: int, status: Status, reason: str) -> None:
        """Write how it ended. Raises LeaseLost when a newer run has it in hand."""
        mine = (deliveries.c.fence == fence, deliveries.c.status == Status.WAITING)
        if not await self._change(delivery_id, *mine, status=status, reason=reason[:160], ended_at=now()):
            raise LeaseLost(f"the delivery {delivery_id} is in other hands now")

    async def replay(self, delivery_id: str) -> DeliveryAsked:
        """Make it wait again under the same webhook-id, and answer what to queue. Raises UsageError.

        One that waits already gets no new round: should its job be lost, it is queued again, else that is refused.
        """
        found = await self.find(delivery_id)
        over = and_(deliveries.c.status != Status.WAITING, deliveries.c.round == found.round)
        fresh = {"status": Status.WAITING, "reason": "", "round": found.round + 1, "fence": 0}
        await self._change(delivery_id, over, **fresh, begun_at=now(), ended_at=None)
        waiting = await self.find(delivery_id)
        return DeliveryAsked(delivery_id, waiting.endpoint, waiting.round)

    async def _change(self, delivery_id: str, *where: ColumnElement[bool], **values: Any) -> bool:
        chosen = update(deliveries).where(deliveries.c.id == delivery_id, *where).values(**values)
        async with self.engine.begin() as connection:
            return (await connection.execute(chosen)).rowcount == 1


_COLUMNS = select(*(column for column in deliveries.c if column.name != "fence"))


def _delivery(row: RowMapping) -> Delivery:
    told: dict[str, Any] = {**row, "status": Status(row["status"])}
    return Delivery(**told)
