"""Evidence, gathered: a site from outside, and where it is open to us its folder, its logs and what wp-cli says."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
import msgspec

from arqlight_core.clock import now
from arqlight_core.settings import Settings
from arqlight_jobs.healer.disk import disk_of
from arqlight_jobs.healer.evidence import Evidence, Logs, Tree, Usual, sound
from arqlight_jobs.healer.log_reading import read_logs
from arqlight_jobs.healer.probe import guard_of, look, unheard
from arqlight_jobs.healer.registration import open_root
from arqlight_jobs.healer.tree import tree_of
from arqlight_jobs.healer.words import Level, Site
from arqlight_jobs.healer.wp_facts import BRIEF, BRIEF_S, QUESTIONS, TIMEOUT_S, Asking, facts_of
from arqlight_jobs.offload import in_thread

PORT = 3306
KNOCKING_S = 3.0
MOST_SUSPECTS = 5


async def outside(
    site: Site,
    client: httpx.AsyncClient,
    settings: Settings,
    usual: Usual | None = None,
    seen: Callable[[str], None] = unheard,
) -> Evidence:
    """What is seen of a site from outside; `usual` is how it was when it was well."""
    found = await look(site, client, guard_of(settings), seen=seen)
    return Evidence(
        base_url=site.base_url,
        at=now(),
        level=site.level,
        name=found.name,
        certificate=found.certificate,
        pages=found.pages,
        usual=usual,
    )


async def inside(site: Site, evidence: Evidence, *, thorough: bool = False) -> Evidence:
    """The evidence with what is known from inside; without a folder nothing is. Raises RootRefused.

    Thorough is with checksums, events and `wp doctor`, which take their time.
    """
    if site.root is None:
        return evidence
    place = site.root
    root = await in_thread(lambda: open_root(place))
    tree = await in_thread(lambda: tree_of(root, evidence.at))
    logs = await in_thread(lambda: read_logs(root, site.logs))
    found = msgspec.structs.replace(
        evidence,
        tree=tree,
        logs=logs,
        disk=await in_thread(lambda: disk_of(root)),
        database_port=await is_open(tree.config.db_host) if tree.config else None,
    )
    if site.level >= Level.COMMANDS:
        found = await _asked(site, root, found, tree, thorough=thorough)
    return sound(found)


async def _asked(site: Site, root: Path, evidence: Evidence, tree: Tree, *, thorough: bool) -> Evidence:
    if thorough:
        suspects = _suspects(evidence.logs, tree)
        commands = await facts_of(Asking(site, root, TIMEOUT_S), evidence.at, tuple(QUESTIONS), suspects)
    else:
        commands = await facts_of(Asking(site, root, BRIEF_S), evidence.at, BRIEF)
    return msgspec.structs.replace(evidence, commands=commands)


def _suspects(logs: Logs | None, tree: Tree) -> tuple[str, ...]:
    """The installed plugins that logs blame."""
    blamed = [fatal.component.name for fatal in (logs.fatals if logs else ()) if fatal.component]
    installed = {one.slug for one in tree.plugins} | {Path(one.path).stem for one in tree.plugins}
    return tuple(name for name in dict.fromkeys(blamed) if name in installed)[-MOST_SUSPECTS:]


async def is_open(db_host: str) -> bool | None:
    """Whether somebody answers at a database's address; None for one that cannot be asked so, such as a socket."""
    host, port = address_of(db_host)
    if not host:
        return None
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(KNOCKING_S):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError, UnicodeError, ValueError, OverflowError):  # the last for a port beyond all
        return False
    finally:
        if writer is not None:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
    return True


def address_of(db_host: str) -> tuple[str, int]:
    """Host and port of a DB_HOST; '' for a socket, which is what MySQL's clients take a bare `localhost` for."""
    host, colon, port = db_host.strip().rpartition(":")
    if db_host.startswith("["):
        host, _, port = db_host[1:].partition("]")
        colon, port = "]", port.lstrip(":") or str(PORT)
    if not colon:
        host, port = port, str(PORT)
        return ("", PORT) if host == "localhost" else (host, PORT)
    return (host, int(port)) if port.isdecimal() and host else ("", PORT)
