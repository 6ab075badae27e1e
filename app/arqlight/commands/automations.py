"""`arqlight automation`: flows that contacts go through by themselves."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import uuid4

from cyclopts import App, Parameter
from cyclopts.validators import Number

from arqlight import output
from arqlight.output import age
from arqlight.session import actor, writing
from arqlight_core.clock import now
from arqlight_core.errors import UsageError
from arqlight_core.operations.enqueueing import submit_on_record
from arqlight_core.settings import load
from arqlight_jobs.crm.automations import AutomationRow, AutomationView, ExecutionView
from arqlight_jobs.crm.executions import MOST_LISTED, Execution, Executions
from arqlight_jobs.crm.flow import step
from arqlight_jobs.crm.flow_checks import LARGEST, graph_of
from arqlight_jobs.crm.flow_entry import Occasion, start
from arqlight_jobs.crm.flow_graph import kind_of, ways
from arqlight_jobs.crm.flows import Flow, Flows
from arqlight_jobs.crm.records import Records, records
from arqlight_jobs.offload import in_thread

automation = App(name="automation", help="Flows that contacts go through by themselves: add, list, start, show, stop.")

_MILLISECONDS = 1000


@asynccontextmanager
async def opened() -> AsyncGenerator[Records]:
    """The records of the CRM."""
    async with records(load()) as held:
        yield held


@automation.command
async def add(file: Path, /, *, tenant: str, json: bool = False) -> None:
    """Take in a flow; of one that cannot be run every problem is told. Who is in an older version of it stays there.

    Args:
        file: A JSON file with `name` and `nodes`.
        tenant: Whose it is.
        json: Print JSON.
    """
    graph = graph_of(await in_thread(lambda: _text(file)))
    async with opened() as held:
        made = await Flows(held.engine).add(tenant, graph)
    output.as_json(AutomationRow.of(made)) if json else output.say(f"{made.name} version {made.version}")


@automation.command(name="list")
async def listed(*, tenant: str = "", json: bool = False) -> None:
    """Every flow in use: its version, its size, and what starts it.

    Args:
        tenant: Only this tenant's.
        json: Print JSON.
    """
    async with opened() as held:
        found = await Flows(held.engine).listed(tenant)
    if json:
        output.as_json([AutomationRow.of(one) for one in found])
    elif found:
        rows = [[one.tenant, one.name, one.version, len(one.nodes.nodes), one.event or "-"] for one in found]
        output.table(["tenant", "flow", "version", "nodes", "started by"], rows)
    else:
        output.say("There is no flow: `arqlight automation add FILE --tenant TENANT` takes one in.")


@automation.command(name="start")
async def start_one(flow: str, contact: str, /, *, tenant: str, ref: str = "", json: bool = False) -> None:
    """Have a contact enter a flow; prints the id of the execution.

    Args:
        flow: Its name.
        contact: The contact's id.
        tenant: Whose both are.
        ref: Your own id of the occasion: with the same one a contact enters once.
        json: Print JSON.
    """
    settings = load()
    async with opened() as held, writing(settings) as store:
        asked = await start(held, flow, Occasion(tenant, contact, ref or uuid4().hex))
        put = await submit_on_record(store, step, asked, settings, actor=actor(), correlation_id=asked.execution)
    told = {"execution": asked.execution, "job": put.job_id, "new": put.new}
    output.as_json(told) if json else output.say(asked.execution)


@automation.command
async def show(
    flow: str,
    /,
    *,
    tenant: str,
    limit: Annotated[int, Parameter(validator=Number(gte=1, lte=MOST_LISTED))] = 20,
    json: bool = False,
) -> None:
    """A flow's nodes and where they lead, and how far its newest executions are.

    Args:
        flow: Its name.
        tenant: Whose it is.
        limit: The most executions to show.
        json: Print JSON.
    """
    async with opened() as held:
        found = await Flows(held.engine).find(tenant, flow)
        inside = await Executions(held).listed(tenant, found.name, limit)
    if json:
        output.as_json(AutomationView.whole(found, inside))
        return
    output.say(f"{found.name} version {found.version} of {tenant}, started by {found.event or 'hand'}")
    output.table(["node", "kind", "leads to"], _node_rows(found))
    if inside:
        columns = ["execution", "contact", "version", "status", "step", "node", "begun", "reason"]
        output.table(columns, [_row(one) for one in inside], spare=["reason", "version"])


@automation.command
async def stop(execution: str, /, *, json: bool = False) -> None:
    """End an execution: it takes no further step.

    Args:
        execution: Its id.
        json: Print JSON.
    """
    async with opened() as held:
        told = await Executions(held).cancel(execution)
    output.as_json(ExecutionView.of(told)) if json else output.say(f"{told.id} is cancelled at {told.node}")


def _text(file: Path) -> bytes:
    try:
        with file.open("rb") as opened_file:
            return opened_file.read(LARGEST + 1)
    except OSError as problem:
        raise UsageError(f"The file {file} cannot be read: {problem.strerror}.") from None


def _node_rows(found: Flow) -> list[list[object]]:
    nodes = found.nodes.nodes
    led = {name: ", ".join(f"{field} {target}" for field, target in ways(node)) for name, node in nodes.items()}
    return [[name, kind_of(node), led[name] or "-"] for name, node in nodes.items()]


def _row(one: Execution) -> list[object]:
    return [
        one.id,
        one.contact,
        one.version,
        one.status.value,
        one.step_no,
        one.node,
        _ago(one.started_at),
        one.reason or "-",
    ]


def _ago(moment: datetime) -> str:
    return f"{age((now() - moment).total_seconds() * _MILLISECONDS)} ago"
