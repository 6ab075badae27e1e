"""A stand-in site at one moment, part by part, and what its visitors would say of it: what healing is judged by.

It is written apart from all that heals, so that a fault there is not made here, too.
"""

import hashlib
import json
import stat
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import cast

from arqlight.demo.world.state import State, World
from arqlight.demo.world.web_server import answer

Snapshot = Mapping[str, str]
"""A mark for each file and folder, by its path, and for each part of the database, as `database/options/home`."""

DATABASE = "database"
PAGES = ("/", "/wp-login.php", "/wp-json/", "/hello-world/", "/wp-includes/css/dashicons.min.css")
TEXT = "Welcome to WordPress"
"""Of the first post, which the home page shows."""

SLOWEST_S = 1.5
LATEST_S = 900
"""After it an event of WordPress is late."""


def snapshot_of(world: World) -> Snapshot:
    """The site as it is: permissions and contents of its folder, and its database; not the faults of its server."""
    files = {str(path.relative_to(world.root)): _mark(path) for path in world.root.rglob("*")}
    return {**files, **dict(_parts(world.read()))}


def changed(now: Snapshot, allowed: Sequence[Snapshot], left: Iterable[str] = ()) -> list[str]:
    """The parts that are as in none of the snapshots that are allowed, but for those that begin as one of `left`."""
    names = set(now).union(*allowed)
    meant = tuple(left)
    return sorted(
        name for name in names if now.get(name) not in {one.get(name) for one in allowed} and not name.startswith(meant)
    )


def complaints(world: World, base: str) -> list[str]:
    """What is wrong with the site, one sentence each: its pages, its speed, its events, its uploads."""
    return [*_of_pages(world, base), *_of_events(world.read()), *_of_uploads(world.root)]


def _of_pages(world: World, base: str) -> Iterator[str]:
    for path in PAGES:
        response = answer(world, path, base)
        if response.status != HTTPStatus.OK:
            yield f"{path} answers {response.status}"
        if response.delay_s > SLOWEST_S:
            yield f"{path} takes {response.delay_s:.1f} s"
        if path == "/" and TEXT not in str(response.body):
            yield "the home page is without its posts"


def _of_events(state: State) -> Iterator[str]:
    moment = time.time()  # noqa: TID251 - the stand-in's own clock
    for event in state["db"]["cron"]:
        if event["time"] < moment - LATEST_S:
            yield f"{event['hook']} is late"


def _of_uploads(root: Path) -> Iterator[str]:
    for path in (root / "wp-content/uploads").rglob("*.php"):
        yield f"{path.name} lies among the uploads"


def _mark(path: Path) -> str:
    told = path.lstat()
    if stat.S_ISLNK(told.st_mode):
        return f"link {path.readlink()}"
    content = hashlib.sha256(path.read_bytes()).hexdigest() if stat.S_ISREG(told.st_mode) else "folder"
    return f"{stat.S_IMODE(told.st_mode):o} {content}"


def _parts(state: State) -> Iterator[tuple[str, str]]:
    for name, value in state["db"].items():
        if isinstance(value, dict):
            parts = cast("dict[str, object]", value)
            yield from ((f"{DATABASE}/{name}/{part}", json.dumps(one)) for part, one in parts.items())
        else:
            yield f"{DATABASE}/{name}", json.dumps(value)
