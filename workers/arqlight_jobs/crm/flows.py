"""Flows on record: each version for ever, the newest in use."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import RowMapping, Table, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from arqlight_core.clock import now
from arqlight_core.errors import UsageError
from arqlight_jobs.crm.flow_checks import FlowInvalid
from arqlight_jobs.crm.flow_graph import Graph, SendEmail, SendMessage
from arqlight_jobs.crm.people import check_tenant
from arqlight_jobs.crm.tables.contents import contents
from arqlight_jobs.crm.tables.flows import flows
from arqlight_jobs.crm.tables.people import senders


@dataclass(frozen=True, slots=True)
class Flow:
    """One version of a flow."""

    tenant: str
    name: str
    version: int
    event: str
    graph: str
    active: bool
    created_at: datetime

    @property
    def nodes(self) -> Graph:
        """What it is made of."""
        return _read(self.graph)


@lru_cache(maxsize=64)
def _read(graph: str) -> Graph:
    return msgspec.json.decode(graph, type=Graph)


@dataclass(frozen=True, slots=True)
class Flows:
    """The flows of all tenants."""

    engine: AsyncEngine

    async def add(self, tenant: str, graph: Graph) -> Flow:
        """A new version, in use from now on; who is in an older one stays in it. Raises UsageError and FlowInvalid."""
        try:
            async with self.engine.begin() as connection:
                await check_tenant(connection, tenant)
                if problems := await _unknown(connection, tenant, graph):
                    raise FlowInvalid(problems)
                return await _added(connection, tenant, graph)
        except IntegrityError:
            raise UsageError(
                f"Another version of {graph.name} was added in the same moment; add yours again."
            ) from None

    async def find(self, tenant: str, name: str, version: int = 0) -> Flow:
        """That version, or without one the one in use. Raises UsageError."""
        chosen = select(flows).where(flows.c.tenant == tenant, flows.c.name == name)
        chosen = chosen.where(flows.c.version == version if version else flows.c.active)
        async with self.engine.connect() as connection:
            row = (await connection.execute(chosen)).mappings().one_or_none()
        if row is None:
            raise UsageError(f"{tenant} has no flow {name}; `arqlight automation list` shows what there is.")
        return _flow(row)

    async def listed(self, tenant: str = "", event: str | None = None) -> list[Flow]:
        """All in use, of all tenants or of one; only those that an event starts, if it is named."""
        chosen = select(flows).where(flows.c.active).order_by(flows.c.tenant, flows.c.name)
        if tenant:
            chosen = chosen.where(flows.c.tenant == tenant)
        if event is not None:
            chosen = chosen.where(flows.c.event == event)
        async with self.engine.connect() as connection:
            return [_flow(row) for row in (await connection.execute(chosen)).mappings()]


async def _added(connection: AsyncConnection, tenant: str, graph: Graph) -> Flow:
    mine = (flows.c.tenant == tenant, flows.c.name == graph.name)
    last = (await connection.execute(select(func.max(flows.c.version)).where(*mine))).scalar() or 0
    await connection.execute(update(flows).where(*mine).values(active=False))
    row: dict[str, Any] = {"tenant": tenant, "name": graph.name, "version": last + 1, "active": True}
    row |= {"event": graph.trigger[1].event, "graph": msgspec.json.encode(graph).decode(), "created_at": now()}
    await connection.execute(insert(flows), row)
    return Flow(**row)


def _flow(row: RowMapping) -> Flow:
    told: dict[str, Any] = {**row}
    return Flow(**told)


async def _unknown(connection: AsyncConnection, tenant: str, graph: Graph) -> list[str]:
    """What its nodes name that the tenant does not have."""
    named = [(name, node) for name, node in graph.nodes.items() if isinstance(node, SendMessage | SendEmail)]
    has = await _known(connection, contents, "id", {node.content for _, node in named}, tenant)
    problems = [f"node {name}: there is no content {node.content}" for name, node in named if node.content not in has]
    sending = [(name, node.sender) for name, node in named if isinstance(node, SendMessage)]
    has = await _known(connection, senders, "id", {sender for _, sender in sending}, tenant)
    return problems + [f"node {name}: there is no sender {sender}" for name, sender in sending if sender not in has]


async def _known(
    connection: AsyncConnection, table: Table, column: str, wanted: set[str], tenant: str = ""
) -> frozenset[str]:
    chosen = select(table.c[column]).where(table.c[column].in_(wanted))
    if tenant:
        chosen = chosen.where(table.c.tenant == tenant)
    return frozenset((await connection.execute(chosen)).scalars())
