"""How far each contact is in a flow. Every change is a compare-and-set on the step's number: each is taken once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, RowMapping, insert, select, update
from sqlalchemy.exc import IntegrityError

from arqlight_core.clock import now
from arqlight_core.errors import UsageError
from arqlight_core.secrecy import Sealer
from arqlight_jobs.crm.records import Records
from arqlight_jobs.crm.tables.flows import executions

MOST_LISTED = 1000


class Status(StrEnum):
    """Where an execution stands."""

    RUNNING = "running"
    WAITING = "waiting"
    """For a reply: whoever comes first, it or the end of the time, moves it on."""
    DONE = "done"
    FAILED = "failed"
    """Its step may be tried again: it goes on from there."""
    CANCELLED = "cancelled"


OPEN = (Status.RUNNING, Status.WAITING)
OVER = (Status.DONE, Status.CANCELLED)


class Context(msgspec.Struct, frozen=True):
    """What an execution knows beside its contact: replies and answers by name, and how often each goto was taken."""

    said: dict[str, Any] = {}
    visits: dict[str, int] = {}


@dataclass(frozen=True, slots=True)
class Execution:
    """One contact on its way through one version of a flow."""

    id: str
    tenant: str
    flow: str
    version: int
    contact: str
    conversation: str
    inbound: str
    node: str
    step_no: int
    context: Context
    status: Status
    reason: str
    due_at: datetime
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Move:
    """What follows a step: the node that comes next, '' for none; when; what is known then."""

    node: str
    after: timedelta = timedelta(0)
    waits: bool = False
    context: Context | None = None
    inbound: str = ""
    conversation: str = ""


@dataclass(frozen=True, slots=True)
class Executions:
    """All of them."""

    records: Records

    async def add(self, execution: Execution) -> bool:
        """Write a new one down; False when it was begun before."""
        row = {**_columns(execution), "context": self._sealed(execution.context)}
        try:
            async with self.records.engine.begin() as connection:
                await connection.execute(insert(executions), row)
        except IntegrityError:
            return False
        return True

    async def find(self, execution_id: str) -> Execution:
        """The execution of that id. Raises UsageError."""
        found = await self._chosen(executions.c.id == execution_id)
        if not found:
            raise UsageError(f"There is no execution {execution_id} of a flow.")
        return found[0]

    async def listed(self, tenant: str, flow: str, limit: int = 50) -> list[Execution]:
        """A flow's, the newest first."""
        return await self._chosen(executions.c.tenant == tenant, executions.c.flow == flow, limit=limit)

    async def of_contact(self, tenant: str, contact: str) -> list[Execution]:
        """Those that are open."""
        mine = (executions.c.tenant == tenant, executions.c.contact == contact)
        return await self._chosen(*mine, executions.c.status.in_(OPEN), limit=MOST_LISTED)

    async def moved(self, seen: Execution, move: Move) -> Execution | None:
        """The execution one step further; None when another has moved it since it was seen."""
        over = not move.node
        after = replace(
            seen,
            node=move.node or seen.node,
            step_no=seen.step_no + 1,
            context=move.context or seen.context,
            status=Status.DONE if over else Status.WAITING if move.waits else Status.RUNNING,
            reason="",
            due_at=now() + move.after,
            ended_at=now() if over else None,
            inbound=move.inbound or seen.inbound,
            conversation=move.conversation or seen.conversation,
        )
        values = {**_columns(after), "context": self._sealed(after.context)}
        return after if await self._change(seen, **values) else None

    async def fail(self, seen: Execution, reason: str) -> bool:
        """End it where it is; its step may be tried again."""
        return await self._change(seen, status=Status.FAILED, reason=reason[:160], ended_at=now())

    async def cancel(self, execution_id: str) -> Execution:
        """End it; its next step finds it ended. Raises UsageError when it is over already."""
        seen = await self.find(execution_id)
        if not await self._change(seen, status=Status.CANCELLED, ended_at=now()):
            raise UsageError(f"The execution {execution_id} is over, or has moved on: look again.")
        return await self.find(execution_id)

    async def _change(self, seen: Execution, **values: Any) -> bool:
        same = (executions.c.id == seen.id, executions.c.step_no == seen.step_no, executions.c.status == seen.status)
        chosen = update(executions).where(*same, executions.c.status.not_in(OVER)).values(**values)
        async with self.records.engine.begin() as connection:
            return (await connection.execute(chosen)).rowcount == 1

    async def _chosen(self, *where: ColumnElement[bool], limit: int = 1) -> list[Execution]:
        order = (executions.c.started_at.desc(), executions.c.id)
        chosen, sealer = select(executions).where(*where).order_by(*order).limit(min(limit, MOST_LISTED)), self._sealer
        async with self.records.engine.connect() as connection:
            return [self._execution(row, sealer) for row in (await connection.execute(chosen)).mappings()]

    def _execution(self, row: RowMapping, sealer: Sealer) -> Execution:
        opened = sealer.decrypt(row["context"])
        context = msgspec.json.decode(opened, type=Context)
        told: dict[str, Any] = {**row, "context": context, "status": Status(row["status"])}
        return Execution(**told)

    def _sealed(self, context: Context) -> bytes:
        return self._sealer.encrypt(msgspec.json.encode(context))

    @property
    def _sealer(self) -> Sealer:
        return Sealer.of(self.records.settings)


def _columns(execution: Execution) -> Mapping[str, Any]:
    return {name: getattr(execution, name) for name in Execution.__slots__}
