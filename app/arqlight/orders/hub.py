"""What an operator asks of the task hub: put on record first, then the job is queued that carries it out."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from arqlight_core.breaker_defaults import with_breaker_defaults
from arqlight_core.clock import now
from arqlight_core.enqueue import Enqueued, enqueue_many
from arqlight_core.errors import UsageError
from arqlight_core.operations.enqueueing import submit_on_record
from arqlight_core.store.declarations import make_known
from arqlight_core.store.gateway import Store
from arqlight_jobs.flrts import changes
from arqlight_jobs.flrts.answers import Wanted, tasks_listed
from arqlight_jobs.flrts.mirror import task_of
from arqlight_jobs.flrts.moments import day_of, moment_of
from arqlight_jobs.flrts.openproject_sync import look
from arqlight_jobs.flrts.people import User
from arqlight_jobs.flrts.records import Records
from arqlight_jobs.flrts.registration import needed_user
from arqlight_jobs.flrts.reminders_schedule import schedule
from arqlight_jobs.flrts.reminders_send import send
from arqlight_jobs.flrts.reminding import plan_own
from arqlight_jobs.flrts.requests import ChangeAsked, ReferenceAsked, ReminderDue, RemindersAsked, SyncAsked
from arqlight_jobs.flrts.tasks_create import create, effect_of, mark_of
from arqlight_jobs.flrts.tasks_sync import ROUND, sync
from arqlight_jobs.flrts.tasks_update import update
from arqlight_jobs.flrts.wishing import wish

AT_ONCE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Planned:
    """A reminder that its job is queued for."""

    id: str
    version: int
    at: datetime


async def task_asked(store: Store, records: Records, actor: str, user: str, told: Mapping[str, str]) -> Enqueued:
    """Have a task made for a user, who is told how that has ended. `told`: title, and due as people write days.

    Raises UsageError.
    """
    async with records.engine.connect() as connection:
        known = await needed_user(connection, user)
    due = day_of(told["due"], known.timezone, now()).isoformat() if told.get("due") else ""
    asked = create.parse({**told, "due": due, "user": known.id})
    queued = await submit_on_record(store, create, asked, records.settings, actor=actor)
    async with records.engine.begin() as connection:
        await wish(connection, asked, mark_of(effect_of(asked, queued.job_id)))
    return queued


async def change_asked(
    store: Store, records: Records, actor: str, task: int, told: Mapping[str, Any], user: str = ""
) -> str:
    """Have a task changed; the change's id. `told` as in `changes.propose`; `user` is told how it ends."""
    async with records.engine.begin() as connection:
        if user:
            await needed_user(connection, user)
        change = await changes.propose(connection, task, told, user)
    await submit_on_record(store, update, ChangeAsked(task, change), records.settings, actor=actor)
    return change


async def reminder_asked(store: Store, records: Records, actor: str, task: int, user: str, when: str) -> Planned:
    """Have a user reminded of a task at a moment that people write. Raises UsageError."""
    async with records.engine.begin() as connection:
        known, found = await needed_user(connection, user), await task_of(connection, task)
        if found is None or found.closed:
            told = "is closed" if found else "is not known; `arqlight hub sync` reads what OpenProject has"
            raise UsageError(f"Task {task} {told}.")
        at = moment_of(when, known.timezone, now())
        own, version = await plan_own(connection, task, user, at)
    asked, delay = ReminderDue(own, version), max(at - now(), AT_ONCE)
    await submit_on_record(store, send, asked, records.settings, actor=actor, delay=delay)
    return Planned(own, version, at)


async def sync_asked(store: Store, records: Records, actor: str, scopes: Collection[str]) -> list[Enqueued]:
    """Have OpenProject read: these scopes, `project:<id>` or `user:<id>`; without any, all that there is."""
    bucket = f"{now():%Y%m%d%H%M}"
    asked = [(sync, sync.parse({"scope": scope, "bucket": bucket})) for scope in scopes]
    wanted = asked or [(look, ReferenceAsked()), (sync, SyncAsked(ROUND, bucket))]
    return [await submit_on_record(store, job, one, records.settings, actor=actor) for job, one in wanted]


async def planned_anew(store: Store, records: Records, before: User | None, after: User | None) -> int:
    """Have the reminders of somebody's tasks planned by who they are now; of how many tasks."""
    async with records.engine.connect() as connection:
        found = [
            task
            for own in {one.openproject_id for one in (before, after) if one and one.openproject_id}
            for task in await tasks_listed(connection, Wanted(assignee=own))
            if task.due
        ]
    await make_known(store, with_breaker_defaults(schedule.queue, records.settings))
    due = [RemindersAsked(task.id, f"{task.due}") for task in found]
    return len(await enqueue_many(store, schedule, due))
