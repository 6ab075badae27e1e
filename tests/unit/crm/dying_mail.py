"""One run of a mail's job in a process that kills itself at a named point.

Arguments: data folder, database URL or nothing, mail server's port, fence, point, campaign or nothing. Prints how it
ended.
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

from arqlight_core.settings import Settings
from arqlight_jobs.crm import email_delivery
from arqlight_jobs.crm.email import send_by_smtp
from arqlight_jobs.crm.requests import EmailAsked
from arqlight_jobs.outbound.effects import Outbox
from arqlight_jobs.providers import smtp
from tests.running import FakeRun

POINTS = ("before it is handed over", "after it is handed over", "after it is recorded", "after the campaign knows")
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


async def _run(folder: str, database: str, port: str, fence: str, _: str, campaign: str) -> None:
    settings = Settings(
        data_dir=Path(folder),
        database_url=database or None,
        smtp_host="127.0.0.1",
        smtp_port=int(port),
        smtp_tls="none",
        mail_from="shop@acme.test",
    )
    asked = EmailAsked("acme", "jane", "news", "order-7", campaign)
    run = FakeRun(settings, int(fence))
    async with run.stack:
        try:
            told = await send_by_smtp.handler(run, asked)
        except Exception as error:  # noqa: BLE001 - the test wants to know
            print(type(error).__name__)  # noqa: T201 - to the test
        else:
            print(msgspec.json.encode(told).decode())  # noqa: T201 - to the test


def main() -> None:
    first, second, third, fourth = POINTS
    with (
        mock.patch.object(smtp, "send", _dying(smtp.send, first, second)),
        mock.patch.object(Outbox, "close", _dying(Outbox.close, after=third)),
        mock.patch.object(email_delivery, "settled", _dying(email_delivery.settled, after=fourth)),
    ):
        asyncio.run(_run(*sys.argv[1:]))
