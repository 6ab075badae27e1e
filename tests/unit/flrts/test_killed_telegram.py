"""`kill -9` at every point of a message and of a command: it is said, and what is asked for is one thing."""

import asyncio
import os
import signal

import pytest

from arqlight_jobs.flrts import updates
from arqlight_jobs.flrts.tables.reminders import reminders
from arqlight_jobs.flrts.tables.speech import messages, uses
from tests import forked
from tests.unit.flrts.dying_telegram import HEEDING, SAYING
from tests.unit.flrts.hub import CHAT, Hub
from tests.unit.flrts.telling import TEXT, Telling
from tests.unit.flrts.test_telegram_command import task

pytestmark = pytest.mark.fault


async def died(hub: Hub, fence: int, point: str = "", update: str = "") -> tuple[int, str]:
    settings = hub.settings
    told = [str(settings.data_dir), settings.database_url or "", settings.telegram_base_url, str(fence), point, update]
    done = await asyncio.to_thread(forked.run, "tests.unit.flrts.dying_telegram", told, os.environ)
    return done.returncode, done.stdout.strip()


@pytest.mark.parametrize("point", SAYING)
async def test_a_message_arrives_wherever_its_run_is_killed(both: Hub, point: str) -> None:
    telling = Telling(both)
    await telling.put()
    assert await died(both, 1, point) == (-signal.SIGKILL, "")
    code, told = await died(both, 2)
    assert (code, '"status":"sent"' in told) == (0, True)
    assert telling.bot.told(CHAT) == [TEXT] * (2 if point == SAYING[1] else 1)
    assert await telling.message() == ("sent", "")


@pytest.mark.parametrize("point", HEEDING)
async def test_a_command_is_heeded_once_wherever_its_run_is_killed(both: Hub, point: str) -> None:
    telling = Telling(both)
    await task(both, 7)
    number = (await updates.take(both.records, telling.bot.write(CHAT, "/remind 7 +2h"))).update_id
    assert await died(both, 1, point, str(number)) == (-signal.SIGKILL, "")
    code, told = await died(both, 2, update=str(number))
    assert (code, '"status":"done"' in told) == (0, True)
    assert '"noop"' in (await died(both, 3, update=str(number)))[1]
    assert [len(await both.rows(table)) for table in (reminders, messages, uses)] == [1, 1, 1]
