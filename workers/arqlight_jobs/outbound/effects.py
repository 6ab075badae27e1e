"""The table of effects on the outside: one row for each, written by none but the run that has it in hand.

Every change is a compare-and-set on what was seen, so of two workers that want the same one gets it.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Column, Index, MetaData, Row, String, Table, Text, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from arqlight_core.clock import now
from arqlight_core.errors import LeaseLost, UsageError
from arqlight_core.settings import Settings
from arqlight_jobs.outbound.database import Moment, opened_database
from arqlight_jobs.outbound.rows import put_if_new

LONGEST_KEY = 200
LONGEST_ID = 255
MOST_LISTED = 10_000


class State(StrEnum):
    """Where an effect stands."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


metadata = MetaData()

effects = Table(
    "effects",
    metadata,
    Column("effect_key", String(LONGEST_KEY), primary_key=True),
    Column("state", String(8), nullable=False),
    Column("provider_id", String(LONGEST_ID)),
    Column("reason", Text),
    Column("job_id", String(LONGEST_ID), nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("at", Moment, nullable=False),
    Index("effects_by_state", "state", "at"),
)


@dataclass(frozen=True, slots=True)
class Holder:
    """The run that an effect is in the hands of."""

    job_id: str
    fence: int


@dataclass(frozen=True, slots=True)
class Effect:
    """One effect as it was seen; `at` is its last change. `provider_id` is what the provider calls it once sent."""

    key: str
    state: State
    provider_id: str | None
    reason: str | None
    holder: Holder
    at: datetime


@dataclass(frozen=True, slots=True)
class EffectView:
    """An effect as it is shown."""

    key: str
    state: State
    provider_id: str | None
    """What the provider calls it, once it is sent."""
    reason: str | None
    at: datetime
    """Its last change."""
    job_id: str
    """The job in whose hands it is."""

    @classmethod
    def of(cls, one: Effect) -> "EffectView":
        """The effect with its job."""
        return cls(one.key, one.state, one.provider_id, one.reason, one.at, one.holder.job_id)


Record = Callable[[AsyncConnection, Effect], Awaitable[None]]
"""Writes down what follows of how an effect has ended. It may be called again for the same end."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """The effects of a database."""

    engine: AsyncEngine

    async def begin(self, key: str, holder: Holder) -> bool:
        """Whether the effect is new: then it is in this holder's hands now, as being sent, by one transaction.

        Raises ValueError for a key that is empty or too long.
        """
        async with self.engine.begin() as connection:
            row = {"effect_key": _fit(key), "state": State.SENDING, **_columns(holder), "at": now()}
            return await put_if_new(connection, effects, row)

    async def seen(self, key: str, holder: Holder) -> Effect:
        """The effect, noted as pending if it is new. Raises ValueError for a key that is empty or too long."""
        found = await self.find(_fit(key))
        while found is None:
            await self._note(key, holder)
            found = await self.find(key)
        return found

    async def find(self, key: str) -> Effect | None:
        """The effect, if there is one of that key."""
        async with self.engine.connect() as connection:
            row = (await connection.execute(select(effects).where(effects.c.effect_key == key))).one_or_none()
        return None if row is None else _effect(row)

    async def listed(self, state: State, limit: int) -> list[Effect]:
        """Effects in that state, those that have longest been so first."""
        chosen = select(effects).where(effects.c.state == state).order_by(effects.c.at, effects.c.effect_key)
        async with self.engine.connect() as connection:
            return [_effect(row) for row in await connection.execute(chosen.limit(limit))]

    async def take(self, seen: Effect, holder: Holder) -> bool:
        """Put the effect into this holder's hands, as being sent, if it is still as it was seen."""
        return await self._change(seen.key, seen.state, seen.holder, state=State.SENDING, **_columns(holder))

    async def close(
        self,
        key: str,
        holder: Holder,
        state: State,
        *,
        provider_id: str | None = None,
        reason: str | None = None,
        record: Record | None = None,
    ) -> Effect:
        """Write how the holder's call ended, and by the same transaction the record of it.

        Raises LeaseLost when the effect is no longer in its hands.
        """
        provider_id = provider_id[:LONGEST_ID] if provider_id else None
        values = {"state": state, "provider_id": provider_id, "reason": reason}
        effect = Effect(key, state, provider_id, reason, holder, now())
        async with self.engine.begin() as connection:
            if not await _changed(connection, key, State.SENDING, holder, **values):
                raise LeaseLost(f"the effect {key} is in other hands now")
            if record:
                await record(connection, effect)
        return effect

    async def settle(self, key: str, provider_id: str | None) -> None:
        """An operator's word on an unknown effect: sent under this id, or, with None, never sent and to be sent again.

        Raises UsageError when there is no such effect or its outcome is not unknown.
        """
        state = State.FAILED if provider_id is None else State.SENT
        if not await self._change(
            key, State.UNKNOWN, state=state, provider_id=provider_id, reason="an operator's word"
        ):
            raise UsageError(f"There is no effect {key} with an unknown outcome; look at its state again.")

    async def forget(self, older: timedelta) -> int:
        """Delete what was sent or failed longer ago than this, and say how many; unknown ones stay for the operator."""
        over = (effects.c.state.in_((State.SENT, State.FAILED)), effects.c.at < now() - older)
        async with self.engine.begin() as connection:
            return (await connection.execute(delete(effects).where(*over))).rowcount

    async def _note(self, key: str, holder: Holder) -> None:
        row = {"effect_key": key, "state": State.PENDING, **_columns(holder), "at": now()}
        async with self.engine.begin() as connection:
            await put_if_new(connection, effects, row)  # or another was faster

    async def _change(self, key: str, expected: State, held: Holder | None = None, **values: Any) -> bool:
        async with self.engine.begin() as connection:
            return await _changed(connection, key, expected, held, **values)


async def _changed(
    connection: AsyncConnection, key: str, expected: State, held: Holder | None = None, **values: Any
) -> bool:
    chosen = update(effects).where(effects.c.effect_key == key, effects.c.state == expected)
    if held is not None:
        chosen = chosen.where(effects.c.job_id == held.job_id, effects.c.fence == held.fence)
    return (await connection.execute(chosen.values(**values, at=now()))).rowcount == 1


def _fit(key: str) -> str:
    if not 0 < len(key) <= LONGEST_KEY:
        raise ValueError(f"An effect's key has 1 to {LONGEST_KEY} characters, not {len(key)}.")
    return key


def _effect(row: Row[Any]) -> Effect:
    holder = Holder(row.job_id, row.fence)
    return Effect(row.effect_key, State(row.state), row.provider_id, row.reason, holder, row.at)


def _columns(holder: Holder) -> dict[str, Any]:
    return {"job_id": holder.job_id, "fence": holder.fence}


@asynccontextmanager
async def outbox(settings: Settings) -> AsyncGenerator[Outbox]:
    """The effects kept in the database of these settings, for `Run.open`."""
    async with opened_database(settings, metadata) as engine:
        yield Outbox(engine)
