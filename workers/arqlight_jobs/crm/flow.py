"""The queue of automation flows: one job for each step of a contact's way through a flow.

A step moves the execution by compare-and-set on its number, then queues the next step under an id that follows from
the number. So a job that comes twice or late changes nothing, and only sees to it that the step which is due is queued.
"""

from datetime import timedelta
from typing import Any

from arqlight_core.clock import now
from arqlight_core.declaration import Queue
from arqlight_core.errors import Discard, LeaseLost, RateLimited, UsageError
from arqlight_core.policy import DAY, SECOND, Backoff, Keep, Retention, gives_up
from arqlight_core.run import Run
from arqlight_jobs.crm.executions import OVER, Execution, Executions, Move
from arqlight_jobs.crm.flow_graph import LONGEST, MOST_STEPS, AnyNode, kind_of
from arqlight_jobs.crm.flow_steps import taken
from arqlight_jobs.crm.flows import Flows
from arqlight_jobs.crm.records import Records, records
from arqlight_jobs.crm.requests import StepAsked

RETRY = Backoff(3, first=2 * SECOND)

DEADLINE = 7 * DAY
"""How long a step may be put off, by a pause or by servers that say "later"."""

flows = Queue(
    name="crm:flow",
    purpose="Takes contacts through automation flows, step by step.",
    concurrency=5,
    retention=Retention(completed=Keep(100, DAY), dead=Keep(500, 7 * DAY)),
)


@flows.job(
    "crm.flow.step",
    StepAsked,
    timeout=60 * SECOND,
    retry=RETRY,
    deadline=DEADLINE,
    id_of=lambda asked: f"flow:{asked.execution}:{asked.step}",
    at_least_once=True,
    follow_ups=("crm.flow.step", "crm.message.send", "crm.email.send", "crm.ai.chat", "crm.notification.send"),
)
async def step(run: Run, asked: StepAsked) -> dict[str, Any]:
    """Take one step of a flow's execution, and queue the next."""
    opened = await run.open(records)
    executions = Executions(opened)
    seen = await _found(executions, asked)
    if seen.status in OVER or seen.step_no != asked.step:
        await _queue(run, seen)  # the run that moved it on may have died before it could
        return {"execution": seen.id, "noop": f"it is {seen.status} at step {seen.step_no}"}
    try:
        node, nodes = await _node(opened, seen)
        run.progress(seen.step_no, max(nodes, seen.step_no + 1), kind_of(node))
        move = await taken(run, opened, seen, node, last=run.attempt >= RETRY.attempts)
    except Discard as problem:
        if await executions.fail(seen, str(problem)):
            raise
        return {"execution": seen.id, "noop": "something else has moved it on"}
    except LeaseLost:
        raise
    except Exception as problem:
        if _is_last(run, seen, problem):  # or it would look for ever as if it went on
            await executions.fail(seen, f"gave up at attempt {run.attempt}: {type(problem).__name__}")
        raise
    return await _moved(run, executions, seen, move)


def _is_last(run: Run, seen: Execution, problem: Exception) -> bool:
    """Whether the job is dead by this, or will be before it is tried again."""
    if isinstance(problem, RateLimited):  # that costs no attempt, but time
        return now() + problem.after > seen.due_at + DEADLINE
    return gives_up(RETRY, run.attempt, problem)


async def _found(executions: Executions, asked: StepAsked) -> Execution:
    try:
        return await executions.find(asked.execution)
    except UsageError as problem:
        raise Discard(str(problem)) from None


async def _node(opened: Records, seen: Execution) -> tuple[AnyNode, int]:
    """The node that the execution is at, and how many there are. Raises Discard without one, or when it is too late."""
    if seen.step_no >= MOST_STEPS:
        raise Discard(f"it has taken {MOST_STEPS} steps")
    if now() > seen.started_at + LONGEST + DAY:  # a day for what had to wait in line
        raise Discard(f"it has lasted longer than {LONGEST.days} days")
    nodes = (await Flows(opened.engine).find(seen.tenant, seen.flow, seen.version)).nodes.nodes
    if seen.node not in nodes:
        raise Discard(f"the flow has no node {seen.node}")
    return nodes[seen.node], len(nodes)


async def _moved(run: Run, executions: Executions, seen: Execution, move: Move) -> dict[str, Any]:
    moved = await executions.moved(seen, move)
    after = moved or await executions.find(seen.id)
    await _queue(run, after)
    told = {"execution": seen.id, "step": seen.step_no, "node": seen.node}
    return {**told, "next": move.node or None} if moved else {**told, "noop": "something else has moved it on"}


async def _queue(run: Run, current: Execution) -> None:
    """Queue the step that is due next, unless it is queued already."""
    if current.ended_at is None:
        wait = max(current.due_at - now(), timedelta(0))
        await run.enqueue("crm.flow.step", StepAsked(current.id, current.step_no), delay=wait)
