"""The queue of changes to tasks, and its job type: a change is sent unless somebody else changed the same meanwhile.

To send it twice does no harm: what is there already is not sent again, and OpenProject refuses an older lock version.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx

from arqlight_core.errors import Discard
from arqlight_core.policy import DAY, Dependency
from arqlight_core.run import Run
from arqlight_jobs.flrts import changes
from arqlight_jobs.flrts.applying import FOLLOW_UPS, SCHEDULE, follow, lay
from arqlight_jobs.flrts.changes import ON_SCHEDULE, Change, Merged, State, merged, plain_of
from arqlight_jobs.flrts.failing import WAITING_S, is_last, told
from arqlight_jobs.flrts.records import Records, records
from arqlight_jobs.flrts.requests import ChangeAsked, RemindersAsked
from arqlight_jobs.flrts.saying import say
from arqlight_jobs.flrts.tasks_update_statuses import with_status_id
from arqlight_jobs.flrts.terms import RETRY, TIMEOUT, queue
from arqlight_jobs.outbound.client import provider_client
from arqlight_jobs.providers import openproject
from arqlight_jobs.providers.openproject import OPENPROJECT, Stale, WorkPackage

ROUNDS = 3
"""How often a task is read and changed before whoever else changes it has won."""

tasks_to_change = queue("flrts:tasks:update", "Carries changes of tasks to OpenProject.")


_KEPT = "changed there meanwhile: "


class _Conflict(Discard):
    """Somebody else changed the task faster than we did, each time."""


@tasks_to_change.job(
    "flrts.tasks.update",
    ChangeAsked,
    timeout=TIMEOUT,
    retry=RETRY,
    deadline=DAY,
    id_of=lambda asked: f"{asked.task}:{asked.change}",
    exclusive=lambda asked: f"flrts-task-{asked.task}",
    needs=(Dependency(OPENPROJECT.dependency),),
    at_least_once=True,
    follow_ups=FOLLOW_UPS,
)
async def update(run: Run, asked: ChangeAsked) -> dict[str, Any]:
    """Change a task in OpenProject, unless somebody else has changed the same of it meanwhile."""
    opened = await run.open(records)
    async with opened.engine.connect() as connection:
        change = await changes.change_of(connection, asked.change)
    if change.task != asked.task:
        raise Discard("the change is of another task")
    try:
        async with asyncio.timeout(WAITING_S):
            done = await _changed(run, opened, change)
    except Exception as problem:
        if is_last(problem, run.attempt, at_least_once=True):
            await _failed(run, opened, change, problem)
        raise
    await _followed_up(run, opened, change, done)
    run.progress(100, 100, "done")
    return {"outcome": done.state, "sent": sorted(done.sent), "kept": list(done.kept)}


@dataclass(frozen=True, slots=True)
class _Done:
    """What became of a change: the fields that were sent, and those that stay as somebody else has them."""

    state: State
    sent: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    package: WorkPackage | None = None
    """The task as it is now; None where an earlier run has seen to it."""


async def _changed(run: Run, opened: Records, change: Change) -> _Done:
    """The change, carried out, or found to be. Raises signals, and _Conflict after the last round."""
    if change.state == State.APPLIED:
        return _Done(State.APPLIED, tuple(change.fields), _kept(change))
    client = await run.open(provider_client)
    for number in range(1, ROUNDS + 1):
        there = await openproject.read(client, opened.settings, change.task, run.correlation_id)
        run.progress(20 * number, 100, f"read, round {number}")
        try:
            return await _sent(run, opened, client, change, there)
        except Stale:
            run.log(f"round {number}: somebody was faster")
    raise _Conflict("conflict: the task is being changed by somebody else, again and again")


async def _sent(run: Run, opened: Records, client: httpx.AsyncClient, change: Change, there: WorkPackage) -> _Done:
    async with opened.engine.connect() as connection:
        siblings = await changes.siblings_of(connection, change)
    plan = merged(change, plain_of(there), siblings, opened.settings.flrts_conflicts)
    if not plan.sent:
        return await _written_down(opened, change, there, plan)
    fields = await with_status_id(client, opened, plan.sent, run.correlation_id)
    changed = await openproject.patch(
        client, opened.settings, change.task, there.lock_version, fields, run.correlation_id
    )
    run.progress(80, 100, "sent")
    return await _written_down(opened, change, changed, plan)


async def _written_down(opened: Records, change: Change, package: WorkPackage, plan: Merged) -> _Done:
    """Note the task as it is now, and how the change has ended, by one transaction."""
    state = State.APPLIED if plan.sent else State.CONFLICT if plan.kept else State.NOOP
    reason = f"{_KEPT}{', '.join(plan.kept)}" if plan.kept else ""
    async with opened.engine.begin() as connection:
        await lay(connection, package, is_fresh=False)
        ours = package.lock_version if plan.sent else None
        await changes.end(connection, change, state, reason, ours)
    return _Done(state, tuple(plan.sent), tuple(plan.kept), package)


async def _followed_up(run: Run, opened: Records, change: Change, done: _Done) -> None:
    """See to what follows from the new state of the task, and tell what was not changed."""
    if done.package:
        await follow(run, opened.engine, [done.package])
    elif ON_SCHEDULE & change.fields.keys():  # the run that sent it was cut off, perhaps before this
        await run.enqueue(SCHEDULE, RemindersAsked(change.task, ref=change.id))
    if done.kept and change.user:
        names = ", ".join(done.kept)
        text = f"Task {change.task} was changed in OpenProject meanwhile: {names} stays as it is there."
        await say(run, opened.engine, f"change-kept-{change.id}", text, user=change.user)


def _kept(change: Change) -> tuple[str, ...]:
    """What an earlier run has noted as kept."""
    return tuple(change.reason.removeprefix(_KEPT).split(", ")) if change.reason.startswith(_KEPT) else ()


async def _failed(run: Run, opened: Records, change: Change, problem: Exception) -> None:
    state = State.CONFLICT if isinstance(problem, _Conflict) else State.FAILED
    async with opened.engine.begin() as connection:
        await changes.end(connection, change, state, told(problem))
    if change.user:
        text = f"Failed to change task {change.task}: {told(problem)}"
        await say(run, opened.engine, f"change-failed-{change.id}", text, user=change.user)
