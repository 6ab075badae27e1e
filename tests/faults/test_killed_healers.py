"""`kill -9` of the worker at every point of an incident, with real phases, playbooks and backups on stand-in sites.

The incident goes on, and ends on the same way as one over which nobody dies; no playbook is applied twice.
"""

import signal
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from arqlight_core.enqueue import enqueue
from arqlight_core.store.gateway import Store
from arqlight_jobs.healer.backup import Shelf
from arqlight_jobs.healer.incident_processing import process
from arqlight_jobs.healer.incidents import Incidents
from arqlight_jobs.healer.machine import Phase
from arqlight_jobs.healer.records import Records, records
from arqlight_jobs.healer.request import IncidentAsked
from arqlight_jobs.healer.sites import Sites
from tests.faults.clinic import DEATHS, settings_of
from tests.faults.fleet import eventually
from tests.faults.journal import Journal
from tests.faults.ward import COMMANDS, ESCALATES, HEALS, Ended, Staff, ended, in_inbox, sick
from tests.unit.healer.quick_commands import quick_commands

pytestmark = [pytest.mark.fault, pytest.mark.timeout(200)]

CALM = {"healing": HEALS, "escalating": ESCALATES, "calling": COMMANDS}
"""Sites over which nobody dies."""

MORTAL = {"begun": ESCALATES, "ended": ESCALATES, "moved": HEALS, "queued": HEALS, "calls": COMMANDS}
"""Those of `DEATHS`."""

SITES = CALM | MORTAL
ENDS = {"healing": (Phase.FIXED, 2), "escalating": (Phase.ESCALATED, 1), "calling": (Phase.ESCALATED, 1)}
"""How each of the calm ones ends, after how many fixes."""


@pytest.fixture
def staff(shop: Store, folder: Path) -> Generator[Staff]:
    made = Staff(shop.url, folder)
    yield made
    made.dismiss()


@asynccontextmanager
async def taken_in(shop: Store, folder: Path) -> AsyncGenerator[Records]:
    """All sites registered, served and sick, and an incident asked for on each."""
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(records(settings_of(folder)))
        wp = (await stack.enter_async_context(quick_commands(folder))).wp
        for name, illness in SITES.items():
            await Sites(opened.engine).add(await stack.enter_async_context(sick(folder, name, illness, wp)))
            await enqueue(shop, process, IncidentAsked(name))
        yield opened


async def all_over(opened: Records) -> bool:
    """Whether every incident is over, and of every one that was escalated somebody was told."""
    over = [one for one in await Incidents(opened.engine).listed() if one.phase.is_over]
    escalated = {one.id for one in over if one.phase is Phase.ESCALATED}
    return len(over) == len(SITES) and escalated <= {*await in_inbox(opened)}


async def test_an_incident_survives_kills_at_every_point_and_nothing_is_done_twice(
    shop: Store, staff: Staff, folder: Path
) -> None:
    async with taken_in(shop, folder) as opened:

        async def done() -> bool:
            staff.hire()
            return await all_over(opened) and sum(map(len, staff.deaths.values())) == sum(map(len, DEATHS.values()))

        await eventually(done, 170)
        left = {name: await ended(opened, folder, name) for name in SITES}
    assert staff.deaths == {site: set(deaths) for site, deaths in DEATHS.items()}
    assert staff.ends[-signal.SIGKILL] == sum(map(len, DEATHS.values()))
    assert staff.ends.keys() <= {-signal.SIGKILL, None}  # nobody has ended otherwise
    assert Journal(folder / "journal").highest_attempt == 1
    assert {name: (left[name].incident.phase, left[name].incident.attempts) for name in CALM} == ENDS
    for name, illness in MORTAL.items():
        is_as_calm(left[name], next(left[one] for one, its in CALM.items() if its is illness))
    for one in left.values():
        is_in_order(one)


def is_as_calm(killed: Ended, calm: Ended) -> None:
    """Neither its way nor the site tells that workers died."""
    assert killed.way == calm.way
    assert killed.incident.closed_reason == calm.incident.closed_reason
    assert killed.site == calm.site
    assert killed.journals == calm.journals
    again = (
        {"plugin deactivate": 1} if killed.commands else {}
    )  # it had ended when its worker died, unknown to the next
    assert killed.commands - calm.commands == again


def is_in_order(one: Ended) -> None:
    """Whatever was done was done once, undone before the next, backed up, and told once."""
    assert [step.number for step in one.steps] == list(range(1, len(one.steps) + 1))
    assert {count for journal in one.journals for count in journal.values()} == {1}
    assert len(one.trees) == sum(step.target in (Phase.FIX_ATTEMPT, Phase.ESCALATED) for step in one.steps)
    assert len(set(one.trees)) == 1
    shelf = Shelf(one.files)
    backup = shelf.load()
    shelf.verify(backup, lambda _: None)
    kept = {str(path.relative_to(one.files.folder)) for path in one.files.folder.glob("[bd]*p/*")}
    assert kept == {"backup/backup.json", backup.archive}
    escalated = one.incident.phase is Phase.ESCALATED
    assert (one.notices, one.incident.report is not None) == (escalated, escalated)
    assert [one.files.has(name) for name in ("report.md", "report.json")] == [escalated, escalated]
