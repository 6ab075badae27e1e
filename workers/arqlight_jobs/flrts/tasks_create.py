"""The queue of tasks that are to be made, and its job type: each is made once, and whoever asked for it is told.

What a task is to be called and to say is sealed on its way. It is made by OpenProject itself or by a workflow of n8n's.
"""

import asyncio
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from arqlight_core.clock import now
from arqlight_core.errors import Discard, Signal, UnknownOutcome
from arqlight_core.hashing import canonical_key
from arqlight_core.policy import HOUR, Dependency, Mode, Unique
from arqlight_core.run import Run
from arqlight_jobs.flrts.failing import WAITING_S, is_last, told
from arqlight_jobs.flrts.mirror import note, task_of
from arqlight_jobs.flrts.people import User, user_of
from arqlight_jobs.flrts.records import Records, records
from arqlight_jobs.flrts.requests import RemindersAsked, TaskAsked
from arqlight_jobs.flrts.saying import SEND, send
from arqlight_jobs.flrts.saying import note as note_word
from arqlight_jobs.flrts.tables.tasks import processed_jobs
from arqlight_jobs.flrts.tasks_create_making import Making
from arqlight_jobs.flrts.terms import RETRY, TIMEOUT, per_user, queue
from arqlight_jobs.flrts.wishing import WITHIN, over
from arqlight_jobs.outbound.client import provider_client
from arqlight_jobs.outbound.effects import outbox
from arqlight_jobs.outbound.outbox import Policy, once
from arqlight_jobs.outbound.rows import put_if_new
from arqlight_jobs.providers import openproject
from arqlight_jobs.providers.n8n import N8N
from arqlight_jobs.providers.openproject import OPENPROJECT, Draft

SCHEDULE = "flrts.reminders.schedule"

tasks_to_make = queue("flrts:tasks:create", "Makes tasks in OpenProject, once each.", per_user("tasks-create"))


def sameness(asked: TaskAsked) -> str:
    """What two wishes for the same task have in common: whose it is and the caller's own id, else every word."""
    return f"{asked.user}:{asked.ref}" if asked.ref else canonical_key(asked)


def effect_of(asked: TaskAsked, job_id: str = "") -> str:
    """The effect's key. Without an id of the caller's, the same words are another task in another hour."""
    return f"flrts:tasks:create:{sameness(asked)}" if asked.ref else job_id


def mark_of(effect: str) -> str:
    """The word by which the task of an effect is found again."""
    return f"flrts-{canonical_key({'effect': effect})}"


@tasks_to_make.job(
    "flrts.tasks.create",
    TaskAsked,
    timeout=TIMEOUT,
    retry=RETRY,
    deadline=WITHIN,
    sensitive=("title", "description"),
    unique=Unique(HOUR, Mode.THROTTLE, by=sameness),
    needs=(Dependency(OPENPROJECT.dependency), Dependency(N8N.dependency)),
    follow_ups=(SEND, SCHEDULE),
)
async def create(run: Run, asked: TaskAsked) -> dict[str, Any]:
    """Make a task, once, and tell who asked for it."""
    opened = await run.open(records)
    async with opened.engine.connect() as connection:
        user = await user_of(connection, asked.user)
    mark = mark_of(effect_of(asked, run.job_id))
    try:
        async with asyncio.timeout(WAITING_S):
            made = await _made(run, opened, asked, user, mark)
    except Exception as problem:
        if is_last(problem, run.attempt, at_least_once=False):
            await answer(run, opened, asked, mark, "failed", f"Failed to create task: {told(problem)}")
        if isinstance(problem, UnknownOutcome):
            raise _in_doubt(problem) from problem
        raise
    if asked.due and made.is_known:
        await run.enqueue(SCHEDULE, RemindersAsked(made.task, asked.due, mark))
    await answer(run, opened, asked, mark, "created", f"Task created: {made.subject}")
    run.progress(100, 100, "told")
    return {"task": made.task}


def _in_doubt(problem: UnknownOutcome) -> Discard | UnknownOutcome:
    """What the dead letter tells the operator; a crash of ours is nobody else's fault."""
    reason = f"{problem.reason}; look in OpenProject, say it by `arqlight effects settle`, then retry the job"
    blamed = problem.dependency
    return UnknownOutcome(reason, dependency=blamed) if blamed else Discard(f"unknown outcome: {reason}")


async def answer(run: Run, opened: Records, asked: TaskAsked, mark: str, end: str, text: str) -> None:
    """Tell who asked for the task with that mark how it has ended: `created` or `failed`."""
    effect = f"task-{end}-{mark}"
    async with opened.engine.begin() as connection:
        await note_word(connection, effect, text, user=asked.user)
        await over(connection, mark, asked.user)
    await send(run, effect)


@dataclass(frozen=True, slots=True)
class _Made:
    """A task that was made. While it is not `is_known`, nobody can be reminded of it; a later sync sees to that."""

    task: int
    subject: str
    is_known: bool


async def _made(run: Run, opened: Records, asked: TaskAsked, user: User, mark: str) -> _Made:
    """The task: made by this run, or by one before it."""
    task = await _processed(opened, run.job_id)
    run.progress(20, 100, "looked up")
    client, box, key = await run.open(provider_client), await run.open(outbox), effect_of(asked, run.job_id)
    making = Making(run, client, opened.settings, _draft(opened, asked, user, mark), box, key)
    if task is None:
        effect = await once(
            box,
            run,
            key,
            Policy.AT_MOST_ONCE,
            making.post,
            making.look_up,
            record=making.record,
        )
        task = _id_of(effect.provider_id)
    run.progress(60, 100, "posted")
    made = await _stored(run, opened, making, task)
    run.progress(80, 100, "stored")
    return made


async def _processed(opened: Records, job_id: str) -> int | None:
    """The task that this job has made already."""
    mine = select(processed_jobs.c.task).where(processed_jobs.c.job_id == job_id)
    async with opened.engine.connect() as connection:
        return (await connection.execute(mine)).scalar_one_or_none()


async def _stored(run: Run, opened: Records, making: Making, task: int) -> _Made:
    """The task, on record as this job's, and as OpenProject has it if it can be read there."""
    async with opened.engine.begin() as connection:
        row = {"job_id": run.job_id, "task": task, "at": now()}
        await put_if_new(connection, processed_jobs, row)
        known = await task_of(connection, task)
    if known:
        return _Made(task, known.subject, is_known=True)
    try:
        package = await openproject.read(making.client, opened.settings, task, run.correlation_id)
    except Signal as problem:  # it is made, whatever this says
        run.log(f"the task could not be read back: {problem}")
        return _Made(task, making.draft.subject, is_known=False)
    async with opened.engine.begin() as connection:
        await note(connection, package)
    return _Made(task, package.subject, is_known=True)


def _draft(opened: Records, asked: TaskAsked, user: User, mark: str) -> Draft:
    settings = opened.settings
    return Draft(
        subject=_fit(asked.title),
        description=_fit(asked.description),
        due=_day(asked.due),
        project=asked.project or str(settings.openproject_project),
        type=settings.openproject_type,
        assignee=user.openproject_id,
        mark=mark,
    )


def _fit(text: str) -> str:
    if "\0" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise Discard("its words hold a sign that is none")
    return text


def _day(due: str) -> date | None:
    try:
        return date.fromisoformat(due) if due else None
    except ValueError:
        raise Discard("the due date is no day of the calendar") from None


def _id_of(provider_id: str | None) -> int:
    if provider_id is None or not provider_id.isdigit():
        raise Discard("the effect was settled with what is no work package's id")
    return int(provider_id)
