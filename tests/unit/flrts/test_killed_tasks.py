"""`kill -9` at every point of a task: it is made once at the most, and a change is carried out once."""

import asyncio
import os
import signal
from datetime import date

import pytest

from arqlight_jobs.flrts.changes import State, propose
from arqlight_jobs.flrts.mirror import note
from arqlight_jobs.flrts.tables.speech import messages
from arqlight_jobs.flrts.tables.tasks import changes, processed_jobs
from arqlight_jobs.providers.openproject import parse
from tests import forked
from tests.unit.flrts.dying_tasks import CHANGING, MAKING
from tests.unit.flrts.hub import ANN, Hub

pytestmark = pytest.mark.fault


async def died(hub: Hub, fence: int, point: str = "", *, backend: str = "direct", change: str = "") -> tuple[int, str]:
    settings, world = hub.settings, hub.world
    places = [str(settings.data_dir), settings.database_url or "", world.at_openproject.url, world.at_n8n.url]
    told = [*places, backend, str(fence), str(fence), point, change]
    done = await asyncio.to_thread(forked.run, "tests.unit.flrts.dying_tasks", told, os.environ)
    return done.returncode, done.stdout.strip()


@pytest.mark.parametrize("backend", ["direct", "n8n"])
@pytest.mark.parametrize("point", MAKING)
async def test_a_task_is_made_once_wherever_its_run_is_killed(hub: Hub, point: str, backend: str) -> None:
    assert await died(hub, 1, point, backend=backend) == (-signal.SIGKILL, "")
    code, told = await died(hub, 2, backend=backend)
    in_doubt = point == MAKING[0]
    assert (code, told) == (0, "Retry" if in_doubt else '{"task":1}')
    if in_doubt:
        assert await died(hub, 3, backend=backend) == (0, "Discard")
    assert len(hub.world.openproject.packages) == (0 if in_doubt else 1)
    [message] = await hub.rows(messages)
    assert message["text"].startswith("Failed to create task" if in_doubt else "Task created: Water the plants")
    assert len(await hub.rows(processed_jobs)) == (0 if in_doubt else 1)


@pytest.mark.parametrize("point", MAKING[1:3])
async def test_a_task_is_made_once_on_either_database(both: Hub, point: str) -> None:
    assert await died(both, 1, point) == (-signal.SIGKILL, "")
    assert await died(both, 2) == (0, '{"task":1}')
    assert len(both.world.openproject.packages) == 1
    assert len(await both.rows(processed_jobs)) == 1


@pytest.mark.parametrize("point", CHANGING)
async def test_a_change_is_carried_out_once_wherever_its_run_is_killed(hub: Hub, point: str) -> None:
    hub.world.openproject.make("Water the plants")
    async with hub.records.engine.begin() as connection:
        await note(connection, parse(hub.world.openproject.told(1)))
        change = await propose(connection, 1, {"due": date(2026, 6, 1)}, ANN)
    assert await died(hub, 1, point, change=f"1:{change}") == (-signal.SIGKILL, "")
    code, told = await died(hub, 2, change=f"1:{change}")
    assert code == 0
    assert '"outcome":"noop"' in told if point == CHANGING[1] else '"outcome":"applied"' in told
    package = hub.world.openproject.packages[1]
    assert (package.due, package.lock_version) == (date(2026, 6, 1), 1)
    [row] = await hub.rows(changes)
    assert row["state"] == (State.NOOP if point == CHANGING[1] else State.APPLIED)
