"""A worker of reminders that kills itself once at a named point.

`main` takes a server's URL, a data folder, the point, and the mail server's port. `died` in the folder tells that it
has.
"""

import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from arqlight_core.catalogue import Catalogue
from arqlight_core.settings import Settings
from arqlight_fleet.process import run_process
from arqlight_jobs.flrts import reminding, saying
from arqlight_jobs.flrts.reminders_schedule import schedules
from arqlight_jobs.flrts.reminders_send import sends
from arqlight_jobs.providers import smtp

POINTS = ("planned", "taken", "sent", "noted")
"""After: it was planned, and no job is queued; it was found wanted; it was handed over; its row tells so."""

Call = Callable[..., Awaitable[Any]]


class Mortality:
    """Where this process dies."""

    def __init__(self, folder: Path, point: str) -> None:
        self.point, self.death = point, folder / "died"

    def begin(self) -> None:
        for owner, name, before, after in (
            (reminding, "reminders_of", "", "planned"),
            (saying, "say", "taken", "sent"),
            (smtp, "send", "taken", "sent"),
            (reminding, "end", "", "noted"),
        ):
            setattr(owner, name, self._mortal(getattr(owner, name), before, after))

    def _mortal(self, real: Call, before: str, after: str) -> Call:
        async def called(*told: Any, **named: Any) -> Any:
            self._may_die(before)
            answer = await real(*told, **named)
            if after != "planned" or answer:
                self._may_die(after)
            return answer

        return called

    def _may_die(self, point: str) -> None:
        if point == self.point and not self.death.exists():
            self.death.touch()
            os.kill(os.getpid(), signal.SIGKILL)


def settings_of(folder: Path, port: int) -> Settings:
    told = Settings(data_dir=folder / "data", lease=1.0, grace=0.5, telegram_bot_token="1:none")  # noqa: S106 - none
    return replace(told, smtp_host="127.0.0.1", smtp_port=port, smtp_tls="none", mail_from="hub@acme.test")


def main() -> None:
    url, folder, point, port = sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    Catalogue.discover("arqlight_jobs")  # whom its jobs may queue others of
    Mortality(folder, point).begin()
    run_process([schedules, sends], url, settings_of(folder, port))
