"""What a plan touches of a site's folder: where exactly, how it was before, and what is not as it was after an undo.

All of it works on the disk at once: call it in a thread.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from arqlight_jobs.healer import manifest
from arqlight_jobs.healer.changes import Change, Command, Hook, Plan, Provoke, Recheck, Rename, Rewrite, SetMode, Wait
from arqlight_jobs.healer.file_changes import renamed
from arqlight_jobs.healer.manifest import Difference, Entry, Manifest
from arqlight_jobs.healer.packing import Check, unchecked
from arqlight_jobs.healer.root import PathRefused, Root

CHUNK_BYTES = 1024 * 1024


def grounded(root: Root | None, plan: Plan) -> Plan:
    """The plan with the real paths of what it touches. Raises PathRefused when one leads out of the folder."""
    return tuple(_grounded(root, change) for change in plan)


def before(root: Root | None, plan: Plan, check: Check = unchecked) -> dict[str, Entry]:
    """All that the plan may change, as it is now. Raises OSError."""
    if root is None:
        return {}
    found = manifest.manifest_of(root.path, wholes(plan), lambda _: check())
    for path in _modes(plan):
        entry = found.get(path) or manifest.entry_at(root.path, path)
        if entry:
            found[path] = entry
    return found


def not_as_before(root: Root | None, plan: Plan, was: Manifest, check: Check = unchecked) -> list[Difference]:
    """What the undone plan has left otherwise than it was found. Logs may have grown; that is their life."""
    if root is None:
        return []
    now, modes = before(root, plan, check), set(_modes(plan)) - set(wholes(plan))
    return [
        one
        for one in manifest.differences(was, now)
        if not (one.what == "missing" and one.path in modes)
        and not (one.what == "content" and _has_grown(root, was[one.path], now[one.path]))
    ]


def _grounded(root: Root | None, change: Change) -> Change:
    match change:
        case Command() | Provoke():
            return replace(change, touches=tuple(one for path in change.touches for one in _reached(root, path)))
        case Hook() | Wait() | Recheck():
            return change
        case Rename():
            if "/" in change.name or change.name in ("", ".", ".."):
                raise PathRefused(f"{change.name!r} is no name for a file.")
            return replace(change, path=_real(root, change.path))
        case Rewrite() | SetMode():
            return replace(change, path=_real(root, change.path, through=True))
        case _:
            return replace(change, path=_real(root, change.path))


def _reached(root: Root | None, path: str) -> list[str]:
    """The path, and where it leads. A command follows links: with one on its way that leaves, it must not run."""
    told = [_real(root, path), _real(root, path, through=True)]
    for entry in manifest.walked(root.path, told) if root else ():
        if entry.kind == "link":
            _real(root, entry.path, through=True)
    return list(dict.fromkeys(told))


def _real(root: Root | None, path: str, *, through: bool = False) -> str:
    if root is None:
        raise PathRefused("The site's folder is not known, so that no file of it can be changed.")
    return root.real(path, through=through)


def wholes(plan: Plan) -> list[str]:
    """Paths that may be changed with all that is in them."""
    return [path for change in plan for path in _touched(change)]


def _touched(change: Change) -> Iterable[str]:
    match change:
        case Command() | Provoke():
            return change.touches
        case Hook() | Wait() | Recheck() | SetMode():
            return ()
        case Rename():
            return (change.path, renamed(change))
        case _:
            return (change.path,)


def _modes(plan: Plan) -> list[str]:
    return [change.path for change in plan if isinstance(change, SetMode)]


def _has_grown(root: Root, was: Entry, now: Entry) -> bool:
    if not was.path.endswith((".log", "error_log")) or now.size <= was.size:
        return False
    sum_, left = hashlib.sha256(), was.size
    with manifest.opened_file(root.path, was.path) as file:
        while left and (chunk := file.read(min(left, CHUNK_BYTES))):
            sum_.update(chunk)
            left -= len(chunk)
    return sum_.hexdigest() == was.sha256
