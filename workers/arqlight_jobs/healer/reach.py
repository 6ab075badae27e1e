"""The hands of one attempt on one site: its folder opened, its commands, and a look at it, out of a case."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import ExitStack, asynccontextmanager

from arqlight_jobs.healer.case import Case
from arqlight_jobs.healer.evidence import PageName, Sign
from arqlight_jobs.healer.hands import CommandFailed, Hands, Words
from arqlight_jobs.healer.journal import Journal
from arqlight_jobs.healer.probe import look_at
from arqlight_jobs.healer.registration import open_root
from arqlight_jobs.healer.root import Root, held
from arqlight_jobs.healer.wpcli import Ran, run_hook, run_wp
from arqlight_jobs.offload import in_thread

COMMAND_S, FETCHING_S, HOOK_S = 45.0, 150.0, 90.0
"""How long a command, one that fetches software, and a hook may take."""

FETCHING = (("core", "download"), ("plugin", "install"))


def journal_of(case: Case) -> Journal:
    """The journal of the attempt that the incident is at."""
    return Journal(case.files, case.incident.attempts, tag_of(case))


def tag_of(case: Case) -> str:
    """What names of ours within a site carry."""
    return f"autoheal-{case.incident.id}"


@asynccontextmanager
async def hands_of(case: Case) -> AsyncGenerator[Hands]:
    """All that is needed to change the site; no other process has its journal meanwhile.

    Raises RootRefused, OSError, and Snooze when an older run still works on the site.
    """
    journal, root = journal_of(case), case.site.root
    with ExitStack() as opened:
        await in_thread(lambda: opened.enter_context(journal.alone()))
        await in_thread(journal.leftover.end)
        folder = await in_thread(lambda: opened.enter_context(held(open_root(root)))) if root else None
        yield _hands(case, journal, folder)


def _hands(case: Case, journal: Journal, root: Root | None) -> Hands:
    async def wp(words: Words) -> Ran:
        if root is None or not case.site.command:
            raise CommandFailed("The site has no wp-cli.")
        seconds = FETCHING_S if words[:2] in FETCHING else COMMAND_S
        with journal.leftover.noted() as started:
            return await run_wp(case.site, root.path, words, timeout=seconds, started=started)

    async def hook(name: str) -> Ran:
        if name not in case.site.hooks:
            raise CommandFailed(f"The site has no hook {name}.")
        with journal.leftover.noted() as started:
            return await run_hook(case.site, name, timeout=HOOK_S, started=started)

    async def is_well() -> bool:
        pages = await look_at(case.site, case.client, (PageName.HOME,))
        return all(page.good and Sign.ERROR_PAGE not in page.signs for page in pages)

    def progress(done: int, total: int) -> None:
        case.run.progress(done, total, "change")

    return Hands(journal, root, wp, hook, is_well, pause, case.check, progress)


async def pause(seconds: float) -> None:
    """Let time pass."""
    await asyncio.sleep(seconds)
