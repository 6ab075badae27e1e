"""One run of a job that makes or changes a task, in a process that kills itself at a named point.

Arguments: data folder, database URL or nothing, addresses of OpenProject and n8n, backend, fence, attempt, point, and
the payload: of a change `task:change`, else a task is made. Prints how it ended.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from functools import wraps
from pathlib import Path
from typing import Any, Literal, cast
from unittest import mock

import msgspec

from arqlight.demo.world.openproject import KEY
from arqlight_core.settings import Settings
from arqlight_jobs.flrts import tasks_create, tasks_update
from arqlight_jobs.flrts.requests import ChangeAsked, TaskAsked
from arqlight_jobs.outbound.effects import Outbox
from arqlight_jobs.providers import n8n, openproject
from tests.running import FakeRun

MAKING = ("before it is posted", "after it is posted", "after it is recorded", "after it is told")
CHANGING = ("before it is sent", "after it is sent", "after it is written down")
ASKED = TaskAsked(user="ann", title="Water the plants", due="2026-05-31")
JOB = "{flrts:tasks:create}:a-job"

Call = Callable[..., Awaitable[Any]]


def _dying(call: Call, before: str = "", after: str = "") -> Call:
    @wraps(call)
    async def called(*given: Any, **told: Any) -> Any:
        _killed_at(before)
        answer = await call(*given, **told)
        _killed_at(after)
        return answer

    return called


def _killed_at(point: str) -> None:
    if point and sys.argv[8] == point:
        os.kill(os.getpid(), signal.SIGKILL)


async def _run(arguments: list[str]) -> Any:
    folder, database, at_openproject, at_n8n, backend, fence, attempt, _, change = arguments
    settings = Settings(
        data_dir=Path(folder),
        database_url=database or None,
        openproject_base_url=at_openproject,
        openproject_api_key=KEY,
        n8n_webhook_url=f"{at_n8n}/webhook",
        flrts_backend=cast("Literal['direct', 'n8n']", backend),
    )
    run = FakeRun(settings, int(fence), int(attempt), job_id=change or JOB)
    async with run.stack:
        if change:
            task, _, own = change.partition(":")
            return await tasks_update.update.handler(run, ChangeAsked(int(task), own))
        return await tasks_create.create.handler(run, ASKED)


def main() -> None:
    first, second, third, fourth = MAKING
    before, sent, written = CHANGING
    with (
        mock.patch.object(openproject, "create", _dying(openproject.create, first, second)),
        mock.patch.object(n8n, "create", _dying(n8n.create, first, second)),
        mock.patch.object(Outbox, "close", _dying(Outbox.close, after=third)),
        mock.patch.object(tasks_create, "answer", _dying(tasks_create.answer, after=fourth)),
        mock.patch.object(openproject, "patch", _dying(openproject.patch, before, sent)),
        mock.patch.object(tasks_update, "follow", _dying(tasks_update.follow, written)),
    ):
        try:
            told = asyncio.run(_run(sys.argv[1:]))
        except Exception as error:  # noqa: BLE001 - the test wants to know
            print(type(error).__name__)  # noqa: T201 - to the test
        else:
            print(msgspec.json.encode(told).decode())  # noqa: T201 - to the test
