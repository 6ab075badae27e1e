"""Runs of the job that makes tasks, and what they came to."""

from typing import Any

import pytest

from arqlight_jobs.flrts.requests import TaskAsked
from arqlight_jobs.flrts.tables.speech import messages
from arqlight_jobs.flrts.tasks_create import create, mark_of
from tests.running import FakeRun
from tests.unit.flrts.hub import ANN, Hub

ASKED = TaskAsked(user=ANN, title="Water the plants", description="All of them", due="2026-05-31")
JOB = "{flrts:tasks:create}:a-job"
MARK = mark_of(JOB)


async def made(hub: Hub, asked: TaskAsked = ASKED, **how: Any) -> FakeRun:
    run = hub.run(how.pop("job_id", JOB), **how)
    assert await create.handler(run, asked) == {"task": 1}
    return run


async def failed(hub: Hub, asked: TaskAsked = ASKED, **how: Any) -> BaseException:
    """What a run raises."""
    with pytest.raises(Exception) as problem:  # noqa: PT011 - the test looks at it
        await create.handler(hub.run(how.pop("job_id", JOB), **how), asked)
    return problem.value


async def said(hub: Hub) -> list[str]:
    return [row["text"] for row in await hub.rows(messages, "id")]
