"""The same operation by screen, command line and HTTP leaves the same line in the audit trail, but for the way in.

On the screen it is begun as from the menu of actions: its form is filled in and sent, and what is asked is answered.
"""

import os
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from arqlight.store_fleet import StoreFleet
from arqlight_core import observe
from arqlight_core.jobs import State
from arqlight_core.operations import OPERATIONS, Selection, Target
from arqlight_core.store.gateway import Store
from arqlight_screens.confirm import Confirm
from arqlight_screens.forms import FieldLine, Form
from arqlight_screens.meant import Meant
from arqlight_screens.operating import Operating
from tests import forked
from tests.screens.conftest import Visit, visit
from tests.store.line import QUEUE, Line, eventually
from tests.unit.http.house import House, housed, settings_in

NAME, ACTOR = QUEUE.name, "the-admin"
OWN = ("id", "at_ms", "ref", "ended_ms", "hash", "via")
"""What differs from line to line, and the way in."""
NAMED_BY_CHANCE = re.compile(r"(hold|silence) [0-9a-f]{8}")
OF_J1 = (NAME, "j1", "--state", "waiting")


@dataclass(frozen=True)
class Case:
    """One operation: on what, what is typed into its form, and what is said on the command line; each with a reason."""

    target: Target
    words: tuple[str, ...]
    typed: Mapping[str, str] = field(default_factory=dict[str, str])
    named: Mapping[str, Any] = field(default_factory=lambda: {"queue": NAME})

    @property
    def meant(self) -> Meant:
        """What stands under the cursor."""
        return Meant(self.target, NAME, self.named)

    @property
    def body(self) -> dict[str, Any]:
        """What is posted."""
        named = {name: one.told if isinstance(one, Selection) else one for name, one in self.named.items()}
        return {**named, **self.typed, "reason": "why"}


JOB = {"selection": Selection(NAME, State.WAITING, ("j1",))}
QUEUES_ALERTS = {"subject": NAME}
CASES = {
    "pause": Case(Target.QUEUE, ("pause", NAME)),
    "set_hold": Case(Target.QUEUE, ("set-hold", NAME, "--job-type", "work"), {"job_type": "work"}),
    "purge": Case(Target.JOBS, ("purge", *OF_J1), named=JOB),
    "set_concurrency": Case(Target.SETTING, ("set-concurrency", NAME, "3", "--for", "2h"), {"value": "3", "for": "2h"}),
    "silence_alerts": Case(Target.ALERT, ("alerts", "silence", NAME, "--for", "2h"), {"for": "2h"}, QUEUES_ALERTS),
}
Told = dict[str, Any]
Does = Callable[[str, Case], Awaitable[None]]


def by_screen(guest: Visit) -> Does:
    async def does(name: str, case: Case) -> None:
        screen = guest.room.screen
        assert isinstance(screen, Operating)
        screen.begin(name, case.meant)
        await guest.until(lambda: isinstance(guest.room.focused, Input), f"the form of {name}")
        for one in guest.room.screen.query(FieldLine):
            one.input.value = {**case.typed, "reason": "why"}.get(one.field.name.strip("_"), one.input.value)
        await guest.press("enter")
        await guest.until(lambda: not isinstance(guest.room.screen, Form), f"{name} is taken")
        if isinstance(guest.room.screen, Confirm):
            await guest.press("y")

    return does


def by_command(store: Store) -> Does:
    async def does(_name: str, case: Case) -> None:
        environment = {**os.environ, "REDIS_URL": store.url, "ARQLIGHT_ACTOR": ACTOR}
        done = forked.run("arqlight.__main__", (*case.words, "--reason", "why"), environment, "")
        assert done.returncode == 0, done.stderr

    return does


def by_http(house: House) -> Does:
    async def does(name: str, case: Case) -> None:
        told = await house.admin.post(f"/api/v1/operations/{name}", json=case.body)
        assert told.status_code == 200, told.text

    return does


async def begun_anew(line: Line) -> None:
    """A queue with one job that waits and one in the trash, and an empty trail; tokens stay."""
    kept = [name for name in await line.raw.keys("*") if b"token" not in name]
    if kept:
        await line.raw.delete(*kept)
    await line.store.publish_queues({NAME: {"wire": QUEUE.wire, "settings": {"concurrency": "5"}}})
    await line.put("j0")
    await OPERATIONS["purge"].run(line.store, Selection(NAME, State.WAITING, ("j0",)), actor="nobody")
    await line.put("j1")


async def lines_of(way: str, does: Does, line: Line) -> dict[str, Told]:
    """What each operation leaves behind, by its name."""
    lines: dict[str, Told] = {}
    for name, case in CASES.items():
        await begun_anew(line)
        await does(name, case)
        lines[name] = await _left(line.store, name, way)
    return lines


async def _left(store: Store, name: str, way: str) -> Told:
    async def ended() -> bool:
        return any(row.actor == ACTOR and row.ended_ms for row in (await observe.audit(store)).rows)

    await eventually(ended)
    [row] = [one for one in (await observe.audit(store)).rows if one.actor == ACTOR]
    assert (row.operation, row.via, row.condition) == (name, way, "done"), row.outcome
    told = asdict(replace(row, outcome=NAMED_BY_CHANCE.sub(r"\1 ID", row.outcome)))
    return {name: value for name, value in told.items() if name not in OWN}


@pytest.mark.timeout(120)
async def test_each_way_in_leaves_the_same_line(store: Store, line: Line, folder: Path) -> None:
    async with housed(store, settings_in(folder)) as house:
        http = await lines_of("http", by_http(house), line)
    async with visit(StoreFleet(lambda: store.url, ACTOR)) as guest:
        screen = await lines_of("screen", by_screen(guest), line)
    assert screen == http
    assert await lines_of("cli", by_command(store), line) == http
