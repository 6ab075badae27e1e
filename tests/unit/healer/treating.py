"""A stand-in site under treatment: broken, backed up, fixed by one playbook, undone, by the phases themselves."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from arqlight.demo.world.state import World
from arqlight_core.clock import now
from arqlight_core.settings import Settings
from arqlight_jobs.healer.case import Case, Finding, Phase
from arqlight_jobs.healer.disk import disk_of
from arqlight_jobs.healer.evidence import Evidence, encoded
from arqlight_jobs.healer.log_reading import read_logs
from arqlight_jobs.healer.phases import backup, fix_attempt, rollback
from arqlight_jobs.healer.tree import tree_of
from arqlight_jobs.healer.words import Site
from tests.healing import a_case
from tests.running import FakeRun
from tests.unit.healer.attempts import snapshot

CLOSED = "http://127.0.0.1:9"
"""Where no server answers: a look at the home page finds it sick."""


def a_site(world: World, base_url: str = CLOSED, *, level: int = 2, hooks: tuple[str, ...] = (), **more: Any) -> Site:
    """The stand-in's site; below level 2 without wp-cli."""
    command = world.command if level > 1 else ()
    argv = {name: world.hook(name) for name in hooks}
    return Site("s", "s", base_url, root=world.root, command=command, hooks=argv, logs=(world.php_log,), **more)


@dataclass
class Treatment:
    """One attempt on a site."""

    case: Case
    world: World
    run: FakeRun

    async def fix(self) -> Finding:
        return await fix_attempt.carry_out(self.case)

    async def undo(self) -> Finding:
        return await rollback.carry_out(self.case)

    def tree(self) -> dict[str, tuple[object, ...]]:
        return snapshot(self.world.root)

    def options(self) -> dict[str, Any]:
        return self.world.read()["db"]["options"]


@asynccontextmanager
async def treated(
    settings: Settings, world: World, site: Site, playbook: str, component: str = "", **evidence: Any
) -> AsyncGenerator[Treatment]:
    """The site in FIX_ATTEMPT, backed up, with this playbook to try. What is said of the evidence replaces what is."""
    output = {"evidence": "evidence.json", "playbooks": [{"id": playbook, "component": component}]}
    outputs: Mapping[Phase, Mapping[str, Any]] = {Phase.OBSERVABILITY: output}
    run = FakeRun(settings)
    async with a_case(settings, site, Phase.FIX_ATTEMPT, outputs, run) as case:
        case.files.write("evidence.json", encoded(msgspec.structs.replace(seen(world, site), **evidence)))
        if not site.dry_run:
            await backup.carry_out(case)
        yield Treatment(case, world, run)


def seen(world: World, site: Site) -> Evidence:
    """What the folder and the logs tell; no page is looked at, and wp-cli is not asked."""
    root = world.root.resolve()
    return Evidence(
        base_url=site.base_url,
        at=now(),
        tree=tree_of(root, now()),
        logs=read_logs(root, site.logs),
        disk=disk_of(root),
    )


def linked_out(world: World, path: str, outside: Path) -> dict[str, tuple[object, ...]]:
    """Move what is at a path of the site out of it, and put a link in its place. Answers how it is outside."""
    inside, target = world.root / path, outside / Path(path).name
    outside.mkdir(parents=True, exist_ok=True)
    if inside.exists():
        inside.rename(target)
    inside.symlink_to(target)
    return snapshot(outside)
