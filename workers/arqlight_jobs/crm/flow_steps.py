"""What each kind of node does, one function for each: the step's own effect, and the move that follows.

A step may be taken again after a crash. So each job that it queues has an id that follows from execution and step.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec

from arqlight_core.errors import Discard
from arqlight_core.policy import SECOND
from arqlight_core.run import Run
from arqlight_jobs.crm import flow_graph as graph
from arqlight_jobs.crm.contact_changes import change_contact, with_field, with_tags
from arqlight_jobs.crm.contents import rendered
from arqlight_jobs.crm.executions import Context, Execution, Move, Status
from arqlight_jobs.crm.flow_requests import asked
from arqlight_jobs.crm.flow_values import holds, value_at
from arqlight_jobs.crm.people import Contact, contact_of, users_of
from arqlight_jobs.crm.records import Records
from arqlight_jobs.crm.requests import ChatAsked, EmailAsked, MessageAsked, NotificationAsked

LARGEST_CONTEXT = 256 * 1024
"""Bytes that an execution may know, as JSON."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an execution, and the run that takes it; `last` says that no attempt comes after this one."""

    run: Run
    records: Records
    execution: Execution
    contact: Contact
    last: bool

    @property
    def key(self) -> str:
        """What is the same whenever this step is taken, and of no other step."""
        return f"{self.execution.id}-{self.execution.step_no}"

    def knowing(self, **said: Any) -> Context:
        """What is known after it."""
        known = self.execution.context
        return Context({**known.said, **said}, known.visits)


async def trigger(_: Step, node: graph.Trigger) -> Move:
    """Begin."""
    return Move(node.next)


async def send_message(step: Step, node: graph.SendMessage) -> Move:
    """Queue a message."""
    own = step.execution
    message = MessageAsked(own.tenant, node.sender, own.contact, node.content, client_ref=f"flow:{step.key}")
    await step.run.enqueue("crm.message.send", message)
    return Move(node.next)


async def send_email(step: Step, node: graph.SendEmail) -> Move:
    """Queue a mail."""
    own = step.execution
    await step.run.enqueue("crm.email.send", EmailAsked(own.tenant, own.contact, node.content, entity=step.key))
    return Move(node.next)


async def wait(_: Step, node: graph.Wait) -> Move:
    """Go on later."""
    return Move(node.next, node.seconds * SECOND)


async def condition(step: Step, node: graph.Condition) -> Move:
    """Choose a way."""
    contact = {name: getattr(step.contact, name) for name in ("name", "email", "phone", "consent", "tags", "fields")}
    found = value_at({"contact": contact, "context": step.execution.context.said}, node.field)
    return Move(node.yes if holds(node.operator, found, node.value) else node.no)


async def set_field(step: Step, node: graph.SetField) -> Move:
    """Note it."""
    change = with_field(node.field, rendered(node.value, step.contact))
    await change_contact(step.records.engine, step.execution.tenant, step.contact.id, change)
    return Move(node.next)


async def tag(step: Step, node: graph.Tag) -> Move:
    """Put tags on and off."""
    change = with_tags(node.add, node.remove)
    await change_contact(step.records.engine, step.execution.tenant, step.contact.id, change)
    return Move(node.next)


async def http_request(step: Step, node: graph.HttpRequest) -> Move:
    """Ask a server, and keep its answer."""
    answered = await asked(step.run, node, rendered(node.body, step.contact), step.key, last=step.last)
    if answered.refused and not node.failed:
        raise Discard(str(answered.refused)) from answered.refused
    known = step.knowing(**{node.save_as: answered.told}) if node.save_as else None
    return Move(node.failed if answered.refused else node.next, context=known)


async def ai_reply(step: Step, node: graph.AiReply) -> Move:
    """Queue an answer to what the contact wrote last."""
    own = step.execution
    if not own.inbound:
        raise Discard("the contact wrote nothing that could be answered")
    await step.run.enqueue("crm.ai.chat", ChatAsked(own.tenant, own.conversation, own.inbound))
    return Move(node.next)


async def wait_for_reply(step: Step, node: graph.WaitForReply) -> Move:
    """Wait; when this is taken a second time, the time is over."""
    if step.execution.status is Status.WAITING:
        return Move(node.timed_out)
    return Move(step.execution.node, node.seconds * SECOND, waits=True)


async def split(step: Step, node: graph.Split) -> Move:
    """Choose a way by lot, the same whenever the step is taken."""
    lot = int.from_bytes(hashlib.sha256(step.key.encode()).digest()[:8])
    left = lot % sum(branch.weight for branch in node.branches)
    for branch in node.branches:
        if left < branch.weight:
            return Move(branch.next)
        left -= branch.weight
    raise AssertionError("the lot is within the weights")


async def goto(step: Step, node: graph.Goto) -> Move:
    """Go there, unless that was done often enough."""
    known, name = step.execution.context, step.execution.node
    visits = known.visits.get(name, 0)
    if visits >= node.times:
        return Move(node.next)
    return Move(node.to, context=Context(known.said, {**known.visits, name: visits + 1}))


async def notify(step: Step, node: graph.Notify) -> Move:
    """Queue a notice to each user of the tenant."""
    own = step.execution
    async with step.records.engine.connect() as connection:
        users = await users_of(connection, own.tenant)
    for user in users:
        told = NotificationAsked(user, "flow", own.id, str(own.step_no), node.title, node.text)
        await step.run.enqueue("crm.notification.send", told)
    return Move(node.next)


async def end(_: Step, __: graph.End) -> Move:
    """It is over."""
    return Move("")


STEPS: Mapping[type[graph.AnyNode], Callable[[Step, Any], Awaitable[Move]]] = {
    graph.Trigger: trigger,
    graph.SendMessage: send_message,
    graph.SendEmail: send_email,
    graph.Wait: wait,
    graph.Condition: condition,
    graph.SetField: set_field,
    graph.Tag: tag,
    graph.HttpRequest: http_request,
    graph.AiReply: ai_reply,
    graph.WaitForReply: wait_for_reply,
    graph.Split: split,
    graph.Goto: goto,
    graph.Notify: notify,
    graph.End: end,
}


async def taken(run: Run, records: Records, seen: Execution, node: graph.AnyNode, *, last: bool) -> Move:
    """The move that follows this step. Raises signals; Discard where it cannot be taken at all."""
    async with records.engine.connect() as connection:
        contact = await contact_of(connection, seen.tenant, seen.contact)
    move = await STEPS[type(node)](Step(run, records, seen, contact, last), node)
    if move.context and len(msgspec.json.encode(move.context)) > LARGEST_CONTEXT:
        raise Discard(f"it keeps more than {LARGEST_CONTEXT // 1024} kB of answers")
    if move.after > timedelta(0) and seen.started_at + graph.LONGEST < seen.due_at + move.after:
        raise Discard(f"it would last longer than {graph.LONGEST.days} days")
    return move
