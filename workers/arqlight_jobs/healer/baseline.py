"""How a site is at one moment, to compare with later: its pages, its files, its extensions.

Beside the baseline of each incident a site has a healthy one, renewed now and then while all is well, with copies of
the few files that nobody else could give back. It lies beside the site's incidents, private, encrypted where there are
keys.
"""

import json
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import msgspec

from arqlight_core.errors import ArqlightError
from arqlight_core.policy import HOUR
from arqlight_core.settings import Settings
from arqlight_jobs.healer.appearance import Complaint, Look
from arqlight_jobs.healer.artifacts import Artifacts
from arqlight_jobs.healer.backup_scope import SETTINGS
from arqlight_jobs.healer.evidence import Extension, Usual
from arqlight_jobs.healer.manifest import Entry, manifest_of, opened_file
from arqlight_jobs.healer.tree import tree_of
from arqlight_jobs.offload import in_thread

HEALTHY = "healthy"
"""The folder of a site's healthy baseline, beside its incidents."""

NOTE = "baseline.json"
RENEWED = HOUR
"""How long a healthy baseline is good enough."""

CORE_FOLDERS = ("wp-admin", "wp-includes")
COPIED = ("wp-config.php", ".htaccess")
LARGEST_COPY = 1024 * 1024


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """A site at one moment."""

    at: datetime
    degraded: bool = False
    """It was sick: what it looked like is nothing to go back to."""
    healthy_at: datetime | None = None
    """When the last healthy baseline was taken, which counts in the place of a degraded one."""
    pages: tuple[Look, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    wordpress: str = ""
    plugins: tuple[Extension, ...] = ()
    themes: tuple[Extension, ...] = ()
    files: tuple[Entry, ...] = ()
    """Those of the core and of the settings."""

    @property
    def usual(self) -> Usual:
        """What later looks are compared with."""
        return Usual(
            taken_at=self.at,
            sizes={look.name: look.size for look in self.pages},
            ttfb_ms={look.name: look.ttfb_ms for look in self.pages},
            titles={look.name: look.title for look in self.pages},
        )


def with_files(baseline: Baseline, root: Path, read: Callable[[int], None]) -> Baseline:
    """The baseline with what the site's real folder holds. Blocking; raises OSError when it cannot be read."""
    with os.scandir(root) as found:
        own = [entry.name for entry in found if entry.name.endswith(".php") and entry.is_file(follow_symlinks=False)]
    tree = tree_of(root, baseline.at)
    return msgspec.structs.replace(
        baseline,
        files=tuple(manifest_of(root, (*own, *SETTINGS, *CORE_FOLDERS), read).values()),
        wordpress=tree.wordpress,
        plugins=tree.plugins,
        themes=tree.themes,
    )


def store(files: Artifacts, baseline: Baseline) -> None:
    """Keep a baseline in that folder. Blocking."""
    files.write(NOTE, json.dumps(msgspec.to_builtins(baseline)).encode())


def stored(files: Artifacts) -> Baseline | None:
    """The baseline in that folder; None without one that can be read. Blocking."""
    try:
        return msgspec.convert(json.loads(files.read(NOTE)), Baseline)
    except (OSError, ValueError, ArqlightError):
        return None


# ------------------------------------------------------------------ the healthy one


def healthy_files(settings: Settings, site_id: str) -> Artifacts:
    """Where a site's healthy baseline is."""
    return Artifacts.of(settings, site_id, HEALTHY)


async def healthy_of(settings: Settings, site_id: str) -> Baseline | None:
    """The site's last healthy baseline."""
    return await in_thread(lambda: stored(healthy_files(settings, site_id)))


async def usual_of(settings: Settings, site_id: str) -> Usual | None:
    """How the site looked when it was last well."""
    healthy = await healthy_of(settings, site_id)
    return healthy and healthy.usual


def copy_of(settings: Settings, site_id: str, path: str) -> bytes | None:
    """What `wp-config.php` or `.htaccess` held when the site was last well; None when that is not known. Blocking."""
    with suppress(OSError, ArqlightError):
        return healthy_files(settings, site_id).read(f"copies/{path}") if path in COPIED else None
    return None


def modes_of(settings: Settings, site_id: str) -> dict[str, int]:
    """The permissions that the files of the core and of the settings had when the site was last well. Blocking."""
    healthy = stored(healthy_files(settings, site_id))
    return {entry.path: entry.mode for entry in healthy.files} if healthy else {}


async def is_due(settings: Settings, site_id: str, at: datetime) -> bool:
    """Whether the site's healthy baseline is to be renewed."""
    healthy = await healthy_of(settings, site_id)
    return healthy is None or at - healthy.at >= RENEWED


def keep_healthy(settings: Settings, site_id: str, baseline: Baseline, root: Path | None) -> None:
    """Make a baseline the site's healthy one. Blocking; `root` is the real folder."""
    files = healthy_files(settings, site_id)
    copies = {path: _content(root, path) for path in COPIED} if root else {}
    for path, content in copies.items():
        if content:
            files.write(f"copies/{path}", content)
    store(files, baseline)


def _content(root: Path, path: str) -> bytes | None:
    try:
        with opened_file(root, path) as file:
            content = file.read(LARGEST_COPY + 1)
    except OSError:
        return None
    return content if len(content) <= LARGEST_COPY else None
