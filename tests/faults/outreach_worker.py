"""A worker of outreach that kills itself once at a named point over each contact that is named after one.

`main` takes a server's URL, a folder, and settings as JSON. `deaths` in the folder tells where workers have died.
"""

import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from arqlight_core.settings import Settings
from arqlight_fleet.process import run_process
from arqlight_jobs.outbound.effects import Outbox
from arqlight_jobs.outreach import actions
from arqlight_jobs.outreach import sends as sending
from arqlight_jobs.outreach.journeys import Place
from arqlight_jobs.outreach.reports import reports
from arqlight_jobs.outreach.sends import sends
from arqlight_jobs.outreach.timeouts import timeouts

POINTS = ("taken", "posted", "written", "recorded")
"""After: it was taken in hand; the provider was called; the outbox knows; the campaign knows."""

NODES = {"by-mail": "hello", "by-sms": "call"}
"""Campaigns, and what their contacts begin with."""

DEATHS = {
    Place("acme", campaign, point, node).action: (campaign, point)
    for campaign, node in NODES.items()
    for point in POINTS
}
"""By the action that is in hand."""


ActionOf = Callable[[Sequence[Any]], str]
"""The id of the action that a call is about, from its arguments."""


def _of_action(told: Sequence[Any]) -> str:
    return told[1].id


def _of_key(told: Sequence[Any]) -> str:
    return told[1].rpartition(":")[2]


def _of_case(told: Sequence[Any]) -> str:
    return told[0].action.id


class Mortality:
    """Where this process dies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "deaths"
        self._folder.mkdir(exist_ok=True)

    def begin(self) -> None:
        self._around(actions, "take", _of_action, after="taken")
        self._around(Outbox, "close", _of_key, before="posted", after="written")
        self._around(sending, "followed_up", _of_case, before="recorded")

    def _around(self, owner: Any, name: str, action_of: ActionOf, before: str = "", after: str = "") -> None:
        real = getattr(owner, name)

        async def called(*told: Any, **named: Any) -> Any:
            self._may_die(before, action_of(told))
            answer = await real(*told, **named)
            self._may_die(after, action_of(told))
            return answer

        setattr(owner, name, called)

    def _may_die(self, point: str, action: str) -> None:
        campaign, wanted = DEATHS.get(action, ("", ""))
        death = self._folder / f"{campaign} {wanted}"
        if wanted == point and not death.exists():
            death.touch()
            os.kill(os.getpid(), signal.SIGKILL)


def settings_of(folder: Path, told: Mapping[str, str]) -> Settings:
    return Settings(data_dir=folder / "data", lease=1.0, grace=0.5, capacity=1, **told)  # pyright: ignore[reportArgumentType] - texts alone


def main() -> None:
    url, folder, told = sys.argv[1], Path(sys.argv[2]), msgspec.json.decode(sys.argv[3], type=dict[str, str])
    Mortality(folder).begin()
    run_process([sends, timeouts, reports], url, settings_of(folder, told))
