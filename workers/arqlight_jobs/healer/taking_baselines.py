"""Looks at a site from outside and inside, and makes a baseline of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from arqlight_core.clock import now
from arqlight_core.errors import UsageError
from arqlight_core.settings import Settings
from arqlight_jobs.healer.appearance import complaints, looks_of
from arqlight_jobs.healer.baseline import Baseline, healthy_of, is_due, keep_healthy, with_files
from arqlight_jobs.healer.probe import VERIFY_PAGES, Outside, guard_of, look
from arqlight_jobs.healer.registration import open_root
from arqlight_jobs.healer.words import Site
from arqlight_jobs.offload import in_thread, in_thread_until_cancelled

LOOKS = 3
"""How often a page is looked at: its time to the first byte is the middle one."""

LOOKING_S = 60.0
"""After it, a slow site is not looked at once more."""


@dataclass(frozen=True, slots=True)
class Observer:
    """Takes baselines of one site."""

    site: Site
    client: httpx.AsyncClient
    settings: Settings

    async def taken(self, *, sick: bool = False, compared: bool = True) -> Baseline:
        """The site as it is, compared with when it was well. `sick`: it is known to be, however it looks.

        Raises OSError for a folder that cannot be read.
        """
        rounds = await self._rounds()
        healthy = await healthy_of(self.settings, self.site.id)
        told = complaints(rounds[-1], healthy.pages if healthy and compared else ())
        bare = Baseline(
            at=now(),
            degraded=sick or bool(told),
            healthy_at=healthy.at if healthy else None,
            pages=looks_of([one.pages for one in rounds]),
            complaints=told,
        )
        return await self._with_files(bare)

    async def well(self, rounds: Sequence[Outside]) -> None:
        """Make what was seen in these rounds, in which all was well, the site's healthy baseline."""
        bare = Baseline(at=now(), pages=looks_of([one.pages for one in rounds]))
        await self.keep(await self._with_files(bare))

    async def keep(self, baseline: Baseline) -> None:
        """Make a baseline the site's healthy one."""
        root = await self._root()
        await in_thread(lambda: keep_healthy(self.settings, self.site.id, baseline, root))

    async def _rounds(self) -> list[Outside]:
        rounds: list[Outside] = []
        begun = asyncio.get_running_loop().time()
        while len(rounds) < LOOKS:
            rounds.append(await look(self.site, self.client, guard_of(self.settings), VERIFY_PAGES))
            late = asyncio.get_running_loop().time() - begun > LOOKING_S / LOOKS
            if late or not any(page.answered for page in rounds[-1].pages):
                break
        return rounds

    async def _with_files(self, bare: Baseline) -> Baseline:
        root = await self._root()
        if root is None:
            return bare

        return await in_thread_until_cancelled(lambda check: with_files(bare, root, lambda _: check()))

    async def _root(self) -> Path | None:
        """The site's real folder. Raises RootRefused."""
        given = self.site.root
        return await in_thread(lambda: open_root(given)) if given else None


async def renew(site: Site, client: httpx.AsyncClient, settings: Settings) -> bool:
    """Renew the healthy baseline of a site that a check has found well, when it is old. Answers whether that was done.

    A site that is not well after all, or whose folder is beyond reach, keeps the one it has.
    """
    if not await is_due(settings, site.id, now()):
        return False
    observer = Observer(site, client, settings)
    try:
        baseline = await observer.taken(compared=False)
        if not baseline.degraded:
            await observer.keep(baseline)
    except (OSError, UsageError):
        return False
    return not baseline.degraded
