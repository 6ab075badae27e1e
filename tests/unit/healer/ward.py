"""A stand-in site in treatment from its first bad look to the end of its incident, by the real jobs and phases."""

import ssl
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from arqlight.demo.world.breaking import authority_file
from arqlight.demo.world.state import World
from arqlight.demo.world.wordpress import wordpress
from arqlight_core.clock import now
from arqlight_core.settings import Settings
from arqlight_jobs.healer import health_checks, reach, taking_baselines
from arqlight_jobs.healer.evidence import Evidence
from arqlight_jobs.healer.gathering import inside, outside
from arqlight_jobs.healer.health.deciding import IN_A_ROW
from arqlight_jobs.healer.health.samples import SLOT
from arqlight_jobs.healer.incident import limits_of
from arqlight_jobs.healer.incidents import Opening
from arqlight_jobs.healer.machine import Phase
from arqlight_jobs.healer.phases import discovery
from arqlight_jobs.healer.taking_baselines import renew
from arqlight_jobs.healer.words import Site
from arqlight_jobs.outbound.client import site_client
from tests.unit.healer.attempts import snapshot
from tests.unit.healer.clinic import Clinic, ClinicRun
from tests.unit.healer.quick_commands import quick_commands
from tests.unit.healer.sick_sites import PHRASE

Break = Callable[[World], object]
HOOKS = ("restart_php", "restart_web", "restart_db", "renew_tls")


@dataclass
class Ward:
    """One site, and the clinic that heals it."""

    clinic: Clinic
    world: World
    site: Site
    patch: pytest.MonkeyPatch
    moment: datetime = field(default_factory=now)
    """By the clock of the health checks."""

    def tree(self) -> dict[str, tuple[object, ...]]:
        """The site's folder."""
        return snapshot(self.world.root)

    def database(self) -> dict[str, Any]:
        """The site's database."""
        return self.world.read()["db"]

    async def remember(self) -> None:
        """Keep how the site looks while it is well, as a check does; that of the incident is one look only."""
        assert await renew(self.site, await self.clinic.open(site_client), self.clinic.settings)
        self.patch.setattr(taking_baselines, "LOOKS", 1)

    async def check(self) -> bool:
        """Look at the site as often as it takes to open an incident. Answers whether one was asked for."""
        handler = health_checks.health_checks.job_types["wp.health.site"].handler
        for number in range(IN_A_ROW):
            self.clinic.fence += 1
            self.moment += SLOT
            run = ClinicRun(self.clinic, f"check-{number}", 1)
            if (await handler(run, health_checks.CheckAsked(self.site.id)))["incident"]:
                return True
        return False

    async def ask(self) -> None:
        """Have the site looked at by a person's wish, who does not say what is wrong."""
        incidents = await self.clinic.incidents()
        wish = Opening(self.site.id, by="a person", forced=True)
        opened, _ = await incidents.open(wish, limits_of(self.clinic.settings))
        await self.clinic.ask(incident=opened.id)

    async def heal(self, after: Callable[[Phase], None]) -> None:
        """Run each job that waits; `after` is told which phase is over."""
        while self.clinic.waiting:
            job_id, (name, payload) = next(iter(self.clinic.waiting.items()))
            del self.clinic.waiting[job_id]
            await self.clinic.run(job_id, name, payload)
            incident, steps = await self.clinic.only()
            after(steps[-1].source if incident.report is None else Phase.ESCALATED)

    async def evidence(self) -> Evidence:
        """All that can be known of the site now; of its logs, what they tell from now on."""
        for log in self.site.logs:
            log.unlink(missing_ok=True)
        seen = await outside(self.site, await self.clinic.open(site_client), self.clinic.settings)
        return await inside(self.site, seen, thorough=True)


@asynccontextmanager
async def ward(
    settings: Settings,
    folder: Path,
    patch: pytest.MonkeyPatch,
    *,
    tls: Break | None = None,
    hooks: Sequence[str] = HOOKS,
    wp: bool = True,
) -> AsyncGenerator[Ward]:
    """A site that is well and has a neighbour; with `tls` it is served over TLS, and has that certificate."""
    hurried = msgspec.structs.replace(settings, verify_pause=0.0)
    world = _neighbouring(folder / "www")
    if tls:
        tls(world)
        patch.setenv(ssl.get_default_verify_paths().openssl_cafile_env, str(authority_file(world)))
    clinic = Clinic(hurried)
    async with quick_commands(folder) as commands, wordpress(world, tls=tls is not None) as url, clinic.stack:
        site = Site(
            "shop",
            "shop",
            url,
            root=world.root,
            command=commands.wp if wp else (),
            hooks={name: commands.hook(name, world.root) for name in hooks},
            logs=(world.php_log, world.web_log),
            key_phrase=PHRASE,
            samples=("/hello-world/", "/sample-page/"),
        )
        await clinic.register(site)
        made = Ward(clinic, world, site, patch)
        _hurry(made)
        yield made


def _neighbouring(folder: Path) -> World:
    for name in ("shop", "neighbour"):
        world = World(folder / name)
        world.create()
    (folder / "shop/wp-config.php").chmod(0o644)  # as many have it, though not as it should be
    return World(folder / "shop")


async def _at_once(_: float) -> None:
    pass


def _hurry(made: Ward) -> None:
    """Nobody waits, and five minutes lie between the looks of health checks."""
    made.patch.setattr(discovery, "PAUSE_S", 0.0)
    made.patch.setattr(reach, "pause", _at_once)
    made.patch.setattr(health_checks, "now", lambda: made.moment)
