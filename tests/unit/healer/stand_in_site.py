"""The stand-in site as a registered one, at rest or served."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from arqlight.demo.world.state import World
from arqlight.demo.world.wordpress import wordpress
from arqlight_jobs.healer.words import Site


def site_of(world: World, base_url: str = "http://127.0.0.1:1") -> Site:
    return Site(
        "s",
        "s",
        base_url,
        root=world.root,
        command=world.command,
        logs=(world.php_log, world.web_log),
        key_phrase="Welcome to WordPress",
        samples=("/hello-world/", "/sample-page/"),
    )


@asynccontextmanager
async def served(world: World) -> AsyncGenerator[Site]:
    async with wordpress(world) as base_url:
        yield site_of(world, base_url)
