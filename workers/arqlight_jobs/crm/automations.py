"""Flows and their executions as they are shown: by whom they are started and how far they are, without credentials."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import msgspec

from arqlight_core.secrecy import HIDDEN, masked_secrets
from arqlight_jobs.crm.executions import Execution, Executions, Status
from arqlight_jobs.crm.flows import Flow, Flows
from arqlight_jobs.crm.records import Records


@dataclass(frozen=True, slots=True)
class AutomationRow:
    """A flow in use."""

    tenant: str
    name: str
    version: int
    event: str
    """What starts it; '' for by hand."""
    active: bool
    created_at: datetime

    @classmethod
    def of(cls, one: Flow) -> "AutomationRow":
        """The flow without its nodes."""
        return cls(one.tenant, one.name, one.version, one.event, one.active, one.created_at)


@dataclass(frozen=True, slots=True)
class ExecutionView:
    """How far a contact is in a flow."""

    id: str
    contact: str
    version: int
    status: Status
    step_no: int
    node: str
    reason: str
    due_at: datetime
    started_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, one: Execution) -> "ExecutionView":
        """The execution without what the contact has said."""
        return cls(**{name: getattr(one, name) for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class AutomationView(AutomationRow):
    """A flow with its nodes and its newest executions."""

    nodes: Mapping[str, Any]
    """As they were written, each by its name."""
    executions: Sequence[ExecutionView]

    @classmethod
    def whole(cls, one: Flow, inside: Sequence[Execution]) -> "AutomationView":
        """The flow with these executions."""
        nodes = without_credentials(msgspec.json.decode(one.graph)["nodes"])
        told = {name: getattr(one, name) for name in AutomationRow.__slots__}
        return cls(**told, nodes=nodes, executions=[ExecutionView.of(each) for each in inside])


async def seen_automations(records: Records, tenant: str = "") -> list[AutomationRow]:
    """Every flow in use, of all tenants or of one."""
    return [AutomationRow.of(one) for one in await Flows(records.engine).listed(tenant)]


async def seen_automation(records: Records, tenant: str, name: str, limit: int) -> AutomationView:
    """One flow with so many executions. Raises UsageError."""
    found = await Flows(records.engine).find(tenant, name)
    return AutomationView.whole(found, await Executions(records).listed(tenant, found.name, limit))


def without_credentials(value: Any) -> Any:
    """What JSON can carry, with credentials masked: by the names they are under, and within texts."""
    if isinstance(value, str):
        return masked_secrets(value)
    if isinstance(value, dict):
        told = cast("dict[str, Any]", value)
        return {name: HIDDEN if item and _is_secret(name) else without_credentials(item) for name, item in told.items()}
    return [without_credentials(one) for one in cast("list[Any]", value)] if isinstance(value, list) else value


def _is_secret(name: str) -> bool:
    pair = f'"{name}": "x"'
    return masked_secrets(pair) != pair
