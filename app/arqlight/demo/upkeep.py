"""What keeps a house in order: schedules whose time does not come are run now, and alerts come from elsewhere."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import cycle

from arqlight.demo.playbill import BY
from arqlight.demo.telling import Section
from arqlight.demo.traffic import Ground, System
from arqlight_core.errors import ScheduleIdle, UsageError
from arqlight_core.operations import OPERATIONS
from arqlight_jobs.healer.data_retention import data_retention
from arqlight_jobs.healer.notice_request import AlertAsked
from arqlight_jobs.healer.notifications import alert

SCHEDULES = (
    "healer-system-checks",
    "healer-weekly-report",
    "healer-server-checks",
    "flrts-references",
    "flrts-tasks",
    "flrts-reminders",
    "healer-purge",
    "healer-incidents",
    "healer-clean-up",
    "healer-audit-purge",
)
"""In this order, again and again."""

FIRST_AFTER, RUN_EVERY, ALERT_EVERY = 3.0, 3.0, 9.0
"""Seconds."""

ALERTS = ("A certificate has 10 days left", "Backups of web2 are a day old", "A disk of db1 is 91 % full")


class Upkeep:
    """Runs schedules and raises alerts."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._over = False

    @property
    def settled(self) -> bool:
        """Whether nothing of it waits for a worker."""
        return not self._ground.account.waits(data_retention.name)

    def wind_down(self) -> None:
        """Begin nothing new."""
        self._over = True

    async def run(self) -> None:
        """Both at a time."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._run_schedules())
            group.create_task(self._raise_alerts())

    async def look(self) -> None:
        """What follows from these jobs is in the account."""

    def section(self) -> Section | None:
        """The account of jobs says it all."""
        return None

    async def _run_schedules(self) -> None:
        await asyncio.sleep(FIRST_AFTER)
        for schedule in cycle(SCHEDULES):
            if self._over:
                return
            await self._run_now(schedule)
            await asyncio.sleep(RUN_EVERY)

    async def _run_now(self, schedule: str) -> None:
        run = OPERATIONS["run_schedule"].run
        try:
            report = await run(self._ground.store, schedule=schedule, actor=BY, reason="its time does not come here")
        except (ScheduleIdle, UsageError):
            return  # no worker has looked after it yet: there is another time
        await self._ground.note_id(report.summary.removeprefix("queued "))

    async def _raise_alerts(self) -> None:
        for number, title in enumerate(cycle(ALERTS)):
            await asyncio.sleep(ALERT_EVERY)
            if self._over:
                return
            asked = AlertAsked(f"demo:{number}", "warning", "monitoring", title)
            await self._ground.queue(alert, asked, flow=f"alert-{self._ground.fleet}-{number}")


@asynccontextmanager
async def upkeep(ground: Ground) -> AsyncGenerator[Upkeep]:
    """It needs no world of its own."""
    yield Upkeep(ground)


UPKEEP = System((data_retention.name,), upkeep)
