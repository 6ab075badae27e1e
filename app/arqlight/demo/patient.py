"""A stand-in site that is served, registered, and now and then ill."""

import random
import shlex
import shutil
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from arqlight.demo.site_account import Illness
from arqlight.demo.snapshot import TEXT, Snapshot, snapshot_of
from arqlight.demo.world.breaking import BREAKS
from arqlight.demo.world.state import World
from arqlight.demo.world.wordpress import wordpress
from arqlight_core.clock import now
from arqlight_core.errors import LeaseLost, UsageError
from arqlight_jobs.healer.incident import Finding
from arqlight_jobs.healer.incidents import Incidents
from arqlight_jobs.healer.machine import Outcome
from arqlight_jobs.healer.registration import SiteForm, admitted
from arqlight_jobs.healer.sites import Sites
from arqlight_jobs.healer.words import Site, SymptomId

HOOKS = ("restart_php", "restart_web", "restart_db", "db_dump", "db_restore")
NOT_SHOWN = frozenset({SymptomId.TLS_EXPIRED, SymptomId.TLS_INVALID})
"""The workers of this machine would have to trust the authority of an invented certificate."""

GONE = "The demonstration is over, and the site is gone."
WAYS = tuple(symptom for symptom in BREAKS if symptom not in NOT_SHOWN)


@dataclass(slots=True)
class Patient:
    """One site of the show. `last_well`: as it was left by the last incident that made it well, or at first."""

    site: Site
    world: World
    healthy: Snapshot
    last_well: Snapshot
    known: bool = False
    """A health check has looked at it while it was well, and remembers how it looks."""
    illness: Illness | None = None
    seen_ill: set[datetime] = field(default_factory=set[datetime])
    """When it was looked at since it fell ill."""

    def fall_ill(self, symptom: SymptomId, breaks: Callable[[World], None] | None = None) -> Illness:
        """Break it; in a way of its own, if given."""
        (breaks or BREAKS[symptom])(self.world)
        self.seen_ill.clear()
        self.illness = Illness(self.site.id, symptom, now(), snapshot_of(self.world))
        return self.illness

    def restore(self) -> None:
        """Its owner makes it as it was: all at once, for it is served by the same event loop.

        Its logs begin anew: what a site meets here in a minute, others meet in a year.
        """
        shutil.rmtree(self.world.root)
        shutil.rmtree(self.world.php_log.parent, ignore_errors=True)
        self.world.create(self.site.base_url)
        self.healthy = snapshot_of(self.world)
        self.illness = None


@asynccontextmanager
async def patient(name: str, folder: Path, data_dir: Path, sites: Sites) -> AsyncGenerator[Patient]:
    """A site, well, served and registered; forgotten in the end."""
    world = World(folder / name)
    world.create()
    async with wordpress(world) as base:
        site = await _registered(name, world, base, data_dir, sites)
        healthy = snapshot_of(world)
        try:
            yield Patient(site, world, healthy, healthy)
        finally:
            await _forgotten(site, sites)


async def _registered(name: str, world: World, base: str, data_dir: Path, sites: Sites) -> Site:
    """Registered as a person would, under another name where this one is taken."""
    taken = {one.id for one in await sites.listed()}
    names = (name, *(f"{name}-{number}" for number in range(2, len(taken) + 3)))
    form = SiteForm(
        url=base,
        name=next(one for one in names if one not in taken),
        root=world.root,
        command=shlex.join(world.command),
        hooks=[f"{hook}={shlex.join(world.hook(hook))}" for hook in HOOKS],
        logs=(world.php_log, world.web_log),
        key_phrase=TEXT,
        samples=("/hello-world/", "/sample-page/"),
    )
    site = admitted(form, data_dir)
    await sites.add(site)
    return site


async def _forgotten(site: Site, sites: Sites) -> None:
    """Gone from the registry; an incident that is open on it has nothing left to heal."""
    incidents = Incidents(sites.engine)
    with suppress(LeaseLost, UsageError):  # somebody else's workers have it in hand
        if left := await incidents.open_one(site.id):
            await incidents.move(left, Finding(Outcome.GIVEN_UP, GONE, {}), "demo")
        await sites.remove(site.id)


def shuffled(seed: int) -> Generator[SymptomId]:
    """Every way to fall ill once, in an order that the seed makes, then again in another."""
    order = random.Random(seed)  # noqa: S311 - a show
    while True:
        yield from order.sample(WAYS, len(WAYS))
