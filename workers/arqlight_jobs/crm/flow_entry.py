"""The ways into a flow and on in it from outside: somebody starts it, an event does, a contact writes.

Each answers what to queue as crm.flow.step, and the same when asked again: whoever dies before queueing asks again.
"""

from dataclasses import dataclass

from arqlight_core.clock import now
from arqlight_core.errors import Discard, UsageError
from arqlight_jobs.crm.events import digest
from arqlight_jobs.crm.executions import Context, Execution, Executions, Move, Status
from arqlight_jobs.crm.flow_graph import WaitForReply
from arqlight_jobs.crm.flows import Flow, Flows
from arqlight_jobs.crm.people import contact_of
from arqlight_jobs.crm.records import Records
from arqlight_jobs.crm.requests import StepAsked


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why a contact enters a flow, or goes on in one. `ref` is the caller's own id of it: once is once.

    Where the contact wrote something, `conversation` and `inbound` are the ids of it, and `text` is what was written.
    """

    tenant: str
    contact: str
    ref: str
    conversation: str = ""
    inbound: str = ""
    text: str = ""


async def start(records: Records, flow: str, occasion: Occasion) -> StepAsked:
    """Have a contact enter the flow of that name. Raises UsageError when there is no such flow or contact."""
    return await _entered(records, await Flows(records.engine).find(occasion.tenant, flow), occasion)


async def happened(records: Records, event: str, occasion: Occasion) -> list[StepAsked]:
    """Have a contact enter every flow of the tenant that this event starts."""
    started = await Flows(records.engine).listed(occasion.tenant, event)
    return [await _entered(records, flow, occasion) for flow in started]


async def replied(records: Records, occasion: Occasion) -> list[StepAsked]:
    """The contact has written: whatever waits for that goes on. Of this and the end of its time exactly one wins.

    The occasion needs `inbound` and `conversation`: the turn is heeded once.
    """
    executions = Executions(records)
    steps: list[StepAsked] = []
    for seen in await executions.of_contact(occasion.tenant, occasion.contact):
        news = seen.status is Status.WAITING and seen.inbound != occasion.inbound
        moved = await _moved_on(records, executions, seen, occasion) if news else seen
        if moved and moved.status is Status.RUNNING and moved.inbound == occasion.inbound and moved.due_at <= now():
            steps.append(StepAsked(moved.id, moved.step_no))
    return steps


async def _entered(records: Records, flow: Flow, occasion: Occasion) -> StepAsked:
    try:
        async with records.engine.connect() as connection:
            await contact_of(connection, occasion.tenant, occasion.contact)
    except Discard:
        raise UsageError(f"There is no contact {occasion.contact} of tenant {occasion.tenant}.") from None
    begun = _begun(flow, occasion)
    await Executions(records).add(begun)
    return StepAsked(begun.id, 0)


def _begun(flow: Flow, occasion: Occasion) -> Execution:
    at = now()
    return Execution(
        id=f"fx_{digest(flow.tenant, flow.name, occasion.contact, occasion.ref)}",
        tenant=flow.tenant,
        flow=flow.name,
        version=flow.version,
        contact=occasion.contact,
        conversation=occasion.conversation,
        inbound=occasion.inbound,
        node=flow.nodes.trigger[0],
        step_no=0,
        context=Context({"reply": occasion.text} if occasion.text else {}),
        status=Status.RUNNING,
        reason="",
        due_at=at,
        started_at=at,
        ended_at=None,
    )


async def _moved_on(records: Records, executions: Executions, seen: Execution, occasion: Occasion) -> Execution | None:
    node = (await Flows(records.engine).find(seen.tenant, seen.flow, seen.version)).nodes.nodes.get(seen.node)
    if not isinstance(node, WaitForReply):
        return None
    known = Context({**seen.context.said, "reply": occasion.text}, seen.context.visits)
    move = Move(node.replied, context=known, inbound=occasion.inbound, conversation=occasion.conversation)
    return await executions.moved(seen, move)
