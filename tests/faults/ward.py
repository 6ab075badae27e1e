"""Sick stand-in sites, a staff of mortal workers, and what is left of an incident when it is over."""

import json
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from sqlalchemy import select

from arqlight.demo.world import breaking
from arqlight.demo.world.state import World
from arqlight.demo.world.wordpress import wordpress
from arqlight_jobs.healer.artifacts import Artifacts
from arqlight_jobs.healer.incident import Incident, Step
from arqlight_jobs.healer.incidents import Incidents
from arqlight_jobs.healer.records import Records
from arqlight_jobs.healer.tables import inbox, notices
from arqlight_jobs.healer.words import Site
from tests import forked
from tests.unit.healer.attempts import snapshot

WORKERS = 5

# ------------------------------------------------------------------ sick sites


def wasteful(world: World) -> None:
    """A plugin wants more memory than PB10 gives."""
    shop = world.root / breaking.SHOP / "acme-shop.php"
    shop.write_text(shop.read_text() + "allocate_megabytes( 200 );\n")


def twice_broken(world: World) -> None:
    """Behind the plugin that is seen to be broken the theme is, too: what is done about the plugin does not help."""
    breaking.plugin_fatal(world)
    breaking.theme_fatal(world)


@dataclass(frozen=True, slots=True)
class Illness:
    """What is wrong with a site, and what may be done about it."""

    breaks: Callable[[World], None]
    playbooks: tuple[str, ...] = ()
    commands: bool = False


HEALS, ESCALATES, COMMANDS = Illness(wasteful), Illness(wasteful, ("PB10",)), Illness(twice_broken, commands=True)
"""A second fix helps; the only one that is allowed does not; the same, done by commands and taken back by commands."""


@asynccontextmanager
async def sick(folder: Path, name: str, illness: Illness, wp: tuple[str, ...]) -> AsyncGenerator[Site]:
    """A stand-in site of that name that is served, and has that illness; `wp` is wp-cli."""
    world = World(folder / "www" / name)
    world.create()
    async with wordpress(world) as url:
        illness.breaks(world)
        command = wp if illness.commands else ()
        yield Site(name, name, url, world.root, command, logs=(world.php_log,), playbooks=illness.playbooks)


# ------------------------------------------------------------------ workers


@dataclass
class Staff:
    """As many workers as there should be, whoever dies."""

    url: str
    folder: Path
    hired: list[BaseProcess] = field(default_factory=list[BaseProcess])

    def hire(self) -> None:
        """One for each that is missing."""
        while sum(one.exitcode is None for one in self.hired) < WORKERS:
            log = self.folder / f"log-{len(self.hired)}"
            self.hired.append(forked.begin("tests.faults.clinic", (self.url, str(self.folder)), log))

    @property
    def ends(self) -> Counter[int | None]:
        """How many have ended how."""
        return Counter(one.exitcode for one in self.hired)

    @property
    def deaths(self) -> dict[str, set[str]]:
        """Over which sites they died, and where."""
        return {site.name: {death.name for death in site.iterdir()} for site in (self.folder / "deaths").glob("*")}

    def dismiss(self) -> None:
        """Ends those that are left, and shows what all of them said: pytest prints it when the test failed."""
        for number, one in enumerate(self.hired):
            one.kill()
            one.join()
            sys.stdout.write(f"--- worker {number}\n{(self.folder / f'log-{number}').read_text()[-3000:]}\n")


# ------------------------------------------------------------------ what is left


@dataclass(frozen=True, slots=True)
class Ended:
    """An incident that is over, and what it has left behind."""

    incident: Incident
    steps: Sequence[Step]
    notices: int
    """How many lie in the inbox."""
    files: Artifacts
    world: World
    trees: Sequence[str]
    """How the site was when each fix, and the escalation, was begun."""

    @property
    def way(self) -> str:
        """What was planned, done and decided, step by step."""
        told = ("playbook", "plan", "changes", "verdict", "differences")
        return self._nameless([(step.target, step.outcome, *map(step.output.get, told)) for step in self.steps])

    @property
    def journals(self) -> list[Counter[tuple[int, str]]]:
        """How often each change of each attempt was written down as begun, done and undone."""
        return [_states(lines) for lines in sorted(self.files.folder.glob("fixes/*/lines"))]

    @property
    def site(self) -> str:
        """How the site is now."""
        return self._nameless([snapshot(self.world.root), self.world.read()["db"]["options"]["active_plugins"]])

    @property
    def commands(self) -> Counter[str]:
        """How often wp-cli was told to change something."""
        changing = (["plugin", "deactivate"], ["option", "update"])
        return Counter(" ".join(call[:2]) for call in self.world.calls() if call[:2] in changing)

    def _nameless(self, told: Any) -> str:
        return repr(told).replace(self.incident.id, "")


def _states(lines: Path) -> Counter[tuple[int, str]]:
    told = [json.loads(line) for line in lines.read_text().splitlines()]
    return Counter((line["number"], line["state"]) for line in told)


async def ended(opened: Records, folder: Path, site: str) -> Ended:
    """The only incident of the site."""
    [incident] = await Incidents(opened.engine).listed(site)
    steps = await Incidents(opened.engine).steps(incident.id)
    told = (await in_inbox(opened)).count(incident.id)
    files = Artifacts.of(opened.settings, site, incident.id)
    trees = [path.read_text() for path in (folder / "trees" / site).iterdir()]
    return Ended(incident, steps, told, files, World(folder / "www" / site), trees)


async def in_inbox(opened: Records) -> list[str]:
    """The incidents that notices in the inbox tell of."""
    chosen = select(notices.c.facts).join(inbox, inbox.c.notice_id == notices.c.id)
    async with opened.engine.connect() as connection:
        return [facts["incident"] for (facts,) in await connection.execute(chosen)]
