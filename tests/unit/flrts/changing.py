"""Runs of the job that changes tasks, and what they came to."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from arqlight.demo.world.stand_in import Answer, Call
from arqlight_jobs.flrts.changes import propose
from arqlight_jobs.flrts.mirror import note
from arqlight_jobs.flrts.requests import ChangeAsked
from arqlight_jobs.flrts.tables.speech import messages
from arqlight_jobs.flrts.tasks_update import update
from arqlight_jobs.providers.openproject import parse
from tests.running import FakeRun
from tests.unit.flrts.hub import ANN, ANN_THERE, Hub

DUE = date(2026, 5, 31)
SCHEDULE, SEND = "flrts.reminders.schedule", "flrts.telegram.outbound"


async def mirrored(hub: Hub, **fields: Any) -> None:
    """There is a task, and we know of it."""
    hub.world.openproject.make("Water the plants", **{"due": DUE, "assignee": ANN_THERE, **fields})
    async with hub.records.engine.begin() as connection:
        await note(connection, parse(hub.world.openproject.told(1)))


async def proposed(hub: Hub, user: str = ANN, **fields: Any) -> ChangeAsked:
    async with hub.records.engine.begin() as connection:
        return ChangeAsked(1, await propose(connection, 1, fields, user))


async def change(hub: Hub, asked: ChangeAsked, **how: Any) -> tuple[dict[str, Any], FakeRun]:
    run = hub.run(f"{asked.task}:{asked.change}", **how)
    return await update.handler(run, asked), run


async def failed(hub: Hub, asked: ChangeAsked, **how: Any) -> BaseException:
    with pytest.raises(Exception) as problem:  # noqa: PT011 - the test looks at it
        await change(hub, asked, **how)
    return problem.value


async def said(hub: Hub) -> list[str]:
    return [row["text"] for row in await hub.rows(messages, "at")]


def planned(run: FakeRun) -> list[tuple[int, str]]:
    """The tasks whose reminders are to be reckoned anew, and nothing else is queued."""
    assert {name for name, _ in run.queued} <= {SCHEDULE}
    return [(asked.task, asked.due) for _, asked in run.queued]


def before_each_patch(hub: Hub, act: Callable[[], Any], times: int = 99) -> None:
    """Somebody acts between our reading and our writing, so often."""
    left = [act] * times

    def answer(call: Call) -> Answer:
        if call.method == "PATCH" and left:
            left.pop()()
        return hub.world.openproject.answer(call)

    hub.world.at_openproject.answer = answer


def methods(hub: Hub) -> list[str]:
    return [call.method for call in hub.world.at_openproject.calls]
