"""The health history: of each target one sample for every five minutes; a later look in the same replaces it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import RowMapping, Select, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from arqlight_core.errors import UsageError
from arqlight_core.policy import MINUTE
from arqlight_jobs.healer.health.deciding import Decision, Look, decided
from arqlight_jobs.healer.health.grading import Grade, Remark
from arqlight_jobs.healer.tables import health_samples

SLOT = 5 * MINUTE
"""How often a target is looked at."""

FORGOTTEN = 9 * SLOT
"""Looks that are older are not in a row with those of now."""

MOST_LISTED = 2016
"""A week of looks."""


class Kind(StrEnum):
    """What is looked at."""

    SITE = "site"
    SERVER = "server"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Sample:
    """One look with all that was measured."""

    kind: Kind
    target: str
    look: Look
    metrics: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class RemarkView:
    """What is wrong, in words, and how bad that is."""

    grade: str
    text: str


@dataclass(frozen=True, slots=True)
class LookView:
    """One look at a target as it is shown."""

    kind: Kind
    target: str
    at: datetime
    grade: str
    """good, warning, critical or failed."""
    remarks: Sequence[RemarkView]
    metrics: Mapping[str, float]

    @classmethod
    def of(cls, one: Sample) -> "LookView":
        """The look with its grades as words."""
        remarks = [RemarkView(remark.grade.word, remark.text) for remark in one.look.remarks]
        return cls(one.kind, one.target, one.look.at, one.look.grade.word, remarks, one.metrics)


def slot_of(at: datetime) -> int:
    """The number of the five minutes that a moment lies in."""
    return int(at.timestamp() // SLOT.total_seconds())


@dataclass(frozen=True, slots=True)
class Samples:
    """The health history of a database."""

    engine: AsyncEngine

    async def note(self, sample: Sample) -> Decision:
        """Keep the sample, and say what follows from it."""
        told = health_samples.c
        look = sample.look
        this = (told.kind == sample.kind, told.target == sample.target)
        async with self.engine.begin() as connection:
            await connection.execute(delete(health_samples).where(*this, told.slot == look.slot))
            before = (
                select(health_samples)
                .where(*this, told.slot < look.slot, told.at >= look.at - FORGOTTEN)
                .order_by(told.slot.desc())
            )
            looks = [_look(row) for row in (await connection.execute(before)).mappings()]
            decision = decided(look, looks)
            await connection.execute(insert(health_samples), _row(sample, told=decision.told))
        return decision

    async def history(self, kind: Kind, target: str, limit: int = MOST_LISTED) -> list[Sample]:
        """The looks at a target, newest first."""
        told = health_samples.c
        chosen = select(health_samples).where(told.kind == kind, told.target == target)
        return await self._read(chosen.order_by(told.slot.desc()).limit(min(limit, MOST_LISTED)))

    async def of_target(self, target: str, limit: int = MOST_LISTED) -> list[Sample]:
        """The looks at whatever has that name, newest first. Raises UsageError when there are none."""
        told = health_samples.c
        chosen = select(health_samples).where(told.kind.in_(tuple(Kind)), told.target == target)
        found = await self._read(chosen.order_by(told.slot.desc(), told.kind).limit(min(limit, MOST_LISTED)))
        if not found:
            raise UsageError(f"{target} was not looked at yet; `arqlight health` shows what was.")
        return found

    async def newest(self) -> list[Sample]:
        """The last look at each target."""
        told = health_samples.c
        last = select(told.kind, told.target, func.max(told.slot).label("slot")).group_by(told.kind, told.target)
        own = last.subquery()
        same = (told.kind == own.c.kind) & (told.target == own.c.target) & (told.slot == own.c.slot)
        return await self._read(select(health_samples).join(own, same).order_by(told.kind, told.target))

    async def _read(self, chosen: Select[Any]) -> list[Sample]:
        async with self.engine.connect() as connection:
            return [_sample(row) for row in (await connection.execute(chosen)).mappings()]


def _row(sample: Sample, *, told: bool) -> dict[str, Any]:
    return {
        "kind": sample.kind,
        "target": sample.target,
        "slot": sample.look.slot,
        "at": sample.look.at,
        "grade": int(sample.look.grade),
        "remarks": [asdict(one) for one in sample.look.remarks],
        "metrics": dict(sample.metrics),
        "told": told,
    }


def _look(row: RowMapping) -> Look:
    remarks = msgspec.convert(row["remarks"], tuple[Remark, ...])
    return Look(row["slot"], row["at"], Grade(row["grade"]), remarks, row["told"])


def _sample(row: RowMapping) -> Sample:
    return Sample(Kind(row["kind"]), row["target"], _look(row), row["metrics"])
