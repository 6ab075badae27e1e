"""One run of a job of Telegram's bot in a process that kills itself at a named point.

Arguments: data folder, database URL or nothing, address of Telegram, fence, point, and the update's number, or nothing
for the message m1 to Ann. Prints how it ended.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from functools import wraps
from pathlib import Path
from typing import Any
from unittest import mock

import msgspec

from arqlight.demo.world.telegram import TOKEN
from arqlight_core.settings import Settings
from arqlight_jobs.flrts import saying, telegram_command, telegram_outbound
from arqlight_jobs.flrts.requests import CommandCame, Said
from arqlight_jobs.outbound.effects import Outbox
from tests.running import FakeRun
from tests.unit.flrts.hub import CHAT

SAYING = ("before it is sent", "after it is sent", "after it is recorded")
HEEDING = ("before it is queued", "after it is queued", "after it is answered", "after it is heeded")

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
    if point and sys.argv[5] == point:
        os.kill(os.getpid(), signal.SIGKILL)


async def _run(folder: str, database: str, telegram: str, fence: str, _: str, update: str) -> Any:
    at = {"telegram_base_url": telegram, "telegram_bot_token": TOKEN}
    settings = msgspec.structs.replace(Settings(data_dir=Path(folder), database_url=database or None), **at)
    run = FakeRun(settings, int(fence), job_id=update or "m1")
    async with run.stack:
        if update:
            return await telegram_command.command.handler(run, CommandCame(int(update)))
        return await telegram_outbound.say.handler(run, Said("m1", CHAT))


def main() -> None:
    before, sent, recorded = SAYING
    unqueued, queued, answered, heeded = HEEDING
    with (
        mock.patch.object(telegram_outbound, "send", _dying(telegram_outbound.send, before, sent)),
        mock.patch.object(Outbox, "close", _dying(Outbox.close, after=recorded)),
        mock.patch.object(FakeRun, "enqueue", _dying(FakeRun.enqueue, unqueued, queued)),
        mock.patch.object(saying, "say", _dying(saying.say, after=answered)),
        mock.patch.object(telegram_command, "heeded", _dying(telegram_command.heeded, after=heeded)),
    ):
        try:
            told = asyncio.run(_run(*sys.argv[1:]))
        except Exception as error:  # noqa: BLE001 - the test wants to know
            print(type(error).__name__)  # noqa: T201 - to the test
        else:
            print(msgspec.json.encode(told).decode())  # noqa: T201 - to the test
