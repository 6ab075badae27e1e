"""What tests of the senses share: a stand-in site that is served, broken and looked at."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from arqlight.demo.world.state import World
from arqlight.demo.world.wordpress import wordpress
from arqlight_core.settings import Settings
from arqlight_jobs.healer.evidence import Evidence, Usual
from arqlight_jobs.healer.gathering import inside, outside
from arqlight_jobs.healer.words import Site
from arqlight_jobs.outbound.client import site_client

PHRASE = "Welcome to WordPress"
LOOPBACK = Settings(ssrf_allowlist="127.0.0.1")


def a_world(folder: Path) -> World:
    """A healthy site that nobody serves yet."""
    world = World(folder / "site")
    world.create()
    return world


def site_of(world: World, base_url: str, *, command: bool = True) -> Site:
    """The site as its owner would register it."""
    return Site(
        "site",
        "site",
        base_url,
        root=world.root,
        command=world.command if command else (),
        logs=(world.php_log, world.web_log),
        key_phrase=PHRASE,
        samples=("/hello-world/", "/sample-page/"),
    )


@asynccontextmanager
async def served(world: World, *, tls: bool = False, command: bool = True) -> AsyncGenerator[Site]:
    """The site, served."""
    async with wordpress(world, tls=tls) as base_url:
        yield site_of(world, base_url, command=command)


async def seen_from_outside(site: Site, usual: Usual | None = None) -> Evidence:
    """What is seen from outside."""
    async with site_client(LOOPBACK) as client:
        return await outside(site, client, LOOPBACK, usual)


async def known_of(site: Site, *, thorough: bool = False, usual: Usual | None = None) -> Evidence:
    """All that can be known of it."""
    return await inside(site, await seen_from_outside(site, usual), thorough=thorough)
