"""A user with a task and a mail server, and runs of the jobs that plan and send reminders."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import delete, insert, select, update

from arqlight_core.clock import now
from arqlight_core.declaration import JobType
from arqlight_core.policy import DAY, HOUR
from arqlight_core.settings import Settings
from arqlight_jobs.flrts import reminding
from arqlight_jobs.flrts.records import Records, records
from arqlight_jobs.flrts.reminders_schedule import schedule
from arqlight_jobs.flrts.reminders_send import send
from arqlight_jobs.flrts.reminding import Reminder, State, reminder_id
from arqlight_jobs.flrts.requests import ReminderDue, RemindersAsked
from arqlight_jobs.flrts.tables.people import chats, users
from arqlight_jobs.flrts.tables.reminders import reminders
from arqlight_jobs.flrts.tables.speech import messages
from arqlight_jobs.flrts.tables.tasks import tasks
from tests.mailbox import Mailbox, mail_server
from tests.running import FakeRun

TASK = 42
SUBJECT = "Planted subject"
ADDRESS = "ada.planted@example.com"
ADA_THERE = 7
DUE = (now() + 30 * DAY).date()


def settings_in(folder: Path, **more: Any) -> Settings:
    """Of a hub that can write to chats, and mail where a port is named."""
    return Settings(data_dir=folder / "data", telegram_bot_token="1:planted-token", **more)  # noqa: S106 - planted


@dataclass
class Reminded:
    """Ada, whose task 42 is due in a month, and the jobs' runs."""

    settings: Settings
    held: Records
    mailbox: Mailbox
    runs: int = 0

    async def run(self, job: JobType[Any], asked: Any, **how: Any) -> tuple[Mapping[str, Any], FakeRun]:
        """What a run of the job came to, and the run."""
        self.runs += 1
        told: dict[str, Any] = {"job_id": f"job-{self.runs}", **how}
        run = FakeRun(self.settings, **told)
        async with run.stack:
            return await job.handler(run, asked), run

    async def plan(self) -> FakeRun:
        return (await self.run(schedule, RemindersAsked(TASK)))[1]

    async def send(self, one: Reminder, *, version: int = 0, channel: Any = "", **how: Any) -> Mapping[str, Any]:
        return (await self.run(send, ReminderDue(one.id, version or one.version, channel), **how))[0]

    async def task(self, **values: Any) -> None:
        await self._do(update(tasks).values(**values))

    async def without_task(self) -> None:
        await self._do(delete(tasks))

    async def user(self, own: str, zone: str = "Europe/Zurich", there: int | None = None, email: str = "") -> None:
        row = {"id": own, "timezone": zone, "email": email, "openproject_id": there, "created_at": now()}
        await self._do(insert(users).values(**row))

    async def change_user(self, **values: Any) -> None:
        await self._do(update(users).values(**values))

    async def chat(self, own: str = "100", user: str = "ada", *, active: bool = True) -> None:
        row = {"id": own, "user": user, "active": active, "inactive_because": "", "linked_at": now()}
        await self._do(insert(chats).values(**row))

    async def due(self, ago: Any, **values: Any) -> Reminder:
        """A reminder on record that was due so long ago."""
        before = values.pop("before", "0d")
        row = {"id": reminder_id(TASK, "ada", before), "task": TASK, "user": "ada", "before": before}
        state = {"version": 1, "late": False, "state": State.PLANNED, "reason": "", "ended_at": None}
        await self._do(insert(reminders).values(**{**row, "due_at": now() - ago, **state, **values}))
        return await self.one(before)

    async def move(self, one: Reminder, **values: Any) -> None:
        """Another moment, an hour later, as others have put it on record."""
        moved = {"due_at": one.due_at + HOUR, **values}
        await self._do(update(reminders).where(reminders.c.id == one.id).values(**moved))

    async def one(self, before: str = "0d", user: str = "ada") -> Reminder:
        async with self.held.engine.connect() as connection:
            found = await reminding.reminder_of(connection, reminder_id(TASK, user, before))
        assert found is not None
        return found

    async def all(self) -> dict[tuple[str, str], Reminder]:
        async with self.held.engine.connect() as connection:
            return {(one.user, one.before): one for one in await reminding.reminders_of(connection, TASK)}

    async def said(self) -> list[Any]:
        async with self.held.engine.connect() as connection:
            return list((await connection.execute(select(messages).order_by(messages.c.at))).all())

    async def _do(self, statement: Any) -> None:
        async with self.held.engine.begin() as connection:
            await connection.execute(statement)


def a_task(due: date | None = DUE, **values: Any) -> dict[str, Any]:
    """The row of Ada's task."""
    told = {"project": "1", "subject": SUBJECT, "description": "", "status": "New", "closed": False}
    row = {"id": TASK, **told, "due": due, "assignee": ADA_THERE, "lock_version": 1}
    return {**row, "updated_at": now(), "seen_at": now(), **values}


@asynccontextmanager
async def reminded(settings: Settings) -> AsyncGenerator[Reminded]:
    """All of it, in an empty database."""
    async with mail_server(Mailbox()) as mailbox, records(settings) as held:
        made = Reminded(msgspec.structs.replace(settings, **by_mail(mailbox)), held, mailbox)
        await made.user("ada", there=ADA_THERE)
        async with held.engine.begin() as connection:
            await connection.execute(insert(tasks).values(**a_task()))
        yield made


def by_mail(mailbox: Mailbox) -> dict[str, Any]:
    """The settings by which the mailbox is mailed to."""
    return {"smtp_host": "127.0.0.1", "smtp_port": mailbox.port, "smtp_tls": "none", "mail_from": "hub@acme.test"}


def wall(day: date, hour: int = 9, zone: str = "Europe/Zurich") -> datetime:
    """That hour of the day there."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(zone))
