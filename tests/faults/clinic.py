"""Workers that heal for real and kill themselves at named points of the code, at each of them once in an incident.

`main` takes a server's URL and a folder. In the folder are `data`, `deaths/SITE/PHASE POINT` for each death so far, and
`trees/SITE/VERSION`, which tells how the site was when that fix or that escalation was first begun.
"""

import hashlib
import inspect
import logging
import os
import signal
import sys
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from arqlight.demo.world.state import World
from arqlight_core.catalogue import Catalogue
from arqlight_core.settings import Settings
from arqlight_fleet.process import run_process
from arqlight_jobs.healer import carrying, command_changes, file_changes, incident_processing
from arqlight_jobs.healer.artifacts import Artifacts
from arqlight_jobs.healer.backup import Shelf
from arqlight_jobs.healer.case import Case, Finding, Phase
from arqlight_jobs.healer.incidents import Incidents
from arqlight_jobs.healer.journal import Journal
from arqlight_jobs.healer.notices import Notices
from arqlight_jobs.healer.notifications import notifications
from arqlight_jobs.healer.phases import CarryOut, backup
from tests.faults import journal
from tests.unit.healer.attempts import snapshot


def _at(point: str, *phases: Phase) -> tuple[str, ...]:
    return tuple(f"{phase} {point}" for phase in phases)


LOOKING = (Phase.DISCOVERY, Phase.BASELINE, Phase.BACKUP, Phase.OBSERVABILITY)
ALL = (*LOOKING, Phase.FIX_ATTEMPT, Phase.VERIFY, Phase.ROLLBACK, Phase.ESCALATED)
DEATHS: dict[str, tuple[str, ...]] = {
    "begun": (*_at("begun", *ALL), "NEW opened", "FIX_ATTEMPT queued", "ESCALATED queued"),
    "ended": (*_at("ended", Phase.NEW, *ALL), "FIX_ATTEMPT compared", "ESCALATED moved"),
    "moved": (
        *_at("moved", Phase.NEW, *LOOKING, Phase.FIX_ATTEMPT, Phase.VERIFY, Phase.ROLLBACK),
        *("BACKUP archived", "FIX_ATTEMPT planned", "FIX_ATTEMPT written", "ROLLBACK back"),
    ),
    "queued": (
        *_at("queued", *LOOKING, Phase.VERIFY, Phase.ROLLBACK),
        *("BACKUP noted", "FIX_ATTEMPT kept", "FIX_ATTEMPT made", "FIX_ATTEMPT done", "ROLLBACK undone"),
    ),
    "calls": (
        *("BACKUP dumped", "FIX_ATTEMPT written", "FIX_ATTEMPT made", "FIX_ATTEMPT done"),
        *("ROLLBACK undone", "ROLLBACK back", "ESCALATED half told", "NOTICE raised", "NOTICE sent"),
    ),
}
"""At which points workers die, by the site whose incident they have in hand: at most three at one job, which is not yet
taken for poison. Over other sites they live."""

NOBODY = ("", "")
HAND: ContextVar[tuple[str, str]] = ContextVar("HAND", default=NOBODY)
"""The site and the phase that this run has in hand."""

Point = Callable[..., str]
"""What a point is called, from the arguments of the call before or behind which it is; '' is none."""


def settings_of(folder: Path) -> Settings:
    return Settings(
        data_dir=folder / "data", lease=4.0, grace=0.5, capacity=1, ssrf_allowlist="127.0.0.1", verify_pause=0.02
    )


def main() -> None:
    url, folder = sys.argv[1], Path(sys.argv[2])
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(name)s %(message)s")
    Mortality(folder).begin()
    queues = [incident_processing.incident_processing, notifications]
    Catalogue.of(queues)
    run_process(queues, url, settings_of(folder))


class Mortality:
    """Where workers die."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._journal = journal.Journal(folder / "journal")

    def begin(self) -> None:
        """From here on this process may die."""
        carrying.carry_out_of = self._watched(carrying.carry_out_of)
        self._around(Incidents, "open", after=_opened)
        self._around(Incidents, "move", before=_named("ended"), after=_named("moved"))
        self._around(Incidents, "file_report", before=_named("ended"), after=_named("moved"))
        self._around(incident_processing, "carried_out", after=_named("queued"))
        self._around(backup, "dumped", after=_named("dumped"))
        self._around(Shelf, "note", before=_named("archived"), after=_named("noted"))
        self._around(Artifacts, "write", after=_file)
        self._around(Journal, "write_plan", after=_named("planned"))
        self._around(Journal, "note", after=_line)
        for changes in (file_changes, command_changes):
            self._around(changes, "remembered", after=_named("kept"))
            self._around(changes, "made", after=_named("made"))
            self._around(changes, "undone", after=_named("undone"))
        self._around(Notices, "raised", after=_raised)
        self._around(Notices, "put_into_inbox", after=_sent)

    def _watched(self, real: Callable[[Phase], CarryOut]) -> Callable[[Phase], CarryOut]:
        async def carry_out(case: Case) -> Finding:
            site, phase = case.site.id, case.incident.phase
            HAND.set((site, phase))
            self._journal.note("start", f"{site}:{phase}", case.run.attempt, case.run.fence)
            if phase in (Phase.FIX_ATTEMPT, Phase.ESCALATED) and case.site.root:
                self._keep_tree(World(case.site.root), site, case.incident.version)
            self._may_die("begun")
            return await real(phase)(case)

        return lambda _: carry_out

    def _keep_tree(self, world: World, site: str, version: int) -> None:
        kept = self._folder / "trees" / site / str(version)
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            told = repr((snapshot(world.root), world.read()["db"]["options"]))
            kept.write_text(hashlib.sha256(told.encode()).hexdigest())

    def _around(self, owner: Any, name: str, before: Point = lambda *_: "", after: Point = lambda *_: "") -> None:
        real = getattr(owner, name)

        async def awaited(*told: Any, **named: Any) -> Any:
            self._may_die(before(*told))
            answer = await real(*told, **named)
            self._may_die(after(*told))
            return answer

        def called(*told: Any, **named: Any) -> Any:
            self._may_die(before(*told))
            answer = real(*told, **named)
            self._may_die(after(*told))
            return answer

        setattr(owner, name, awaited if inspect.iscoroutinefunction(real) else called)

    def _may_die(self, point: str) -> None:
        site, phase = HAND.get()
        if f"{phase} {point}" not in DEATHS.get(site, ()):
            return
        death = self._folder / "deaths" / site / f"{phase} {point}"
        if not death.exists():
            death.parent.mkdir(parents=True, exist_ok=True)
            death.touch()
            os.kill(os.getpid(), signal.SIGKILL)


# ------------------------------------------------------------------ what points are called


def _named(name: str) -> Point:
    return lambda *_: name


def _opened(_: Incidents, opening: Any, *__: Any) -> str:
    HAND.set((opening.site_id, Phase.NEW))
    return "opened"


def _file(_: Artifacts, name: str, *__: Any) -> str:
    return {"before": "compared", "report.json": "half told"}.get(name.rpartition("/")[2], "")


def _line(_: Journal, lines: Any) -> str:
    return {"begun": "written", "done": "done", "undone": "back"}.get(lines[0].state, "") if lines else ""


def _raised(_: Notices, wish: Any) -> str:
    HAND.set((wish.subject.removeprefix("site "), "NOTICE"))
    return "raised"


def _sent(_: Notices, notice: Any, *__: Any) -> str:
    HAND.set((notice.subject.removeprefix("site "), "NOTICE"))
    return "sent"
