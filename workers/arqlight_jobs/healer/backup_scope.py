"""What of a site belongs in a backup: what playbooks may touch and nobody else could give back.

Uploads are many and no playbook touches them, so they are only kept on request; the core is published, and so is not.
"""

import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from arqlight_jobs.healer.manifest import Entry, walked
from arqlight_jobs.healer.words import Symptom, SymptomId

SETTINGS = (".htaccess", ".user.ini", ".maintenance", "wp-config.php")
DROPINS = tuple(
    f"wp-content/{name}.php"
    for name in (
        "advanced-cache",
        "blog-deleted",
        "blog-inactive",
        "blog-suspended",
        "db",
        "db-error",
        "fatal-error-handler",
        "install",
        "maintenance",
        "object-cache",
        "php-error",
        "sunrise",
    )
)
"""Files that WordPress loads in the place of its own."""

FOLDERS = ("wp-content/plugins", "wp-content/themes", "wp-content/mu-plugins")
WHOLE = (*SETTINGS, *DROPINS, *FOLDERS)
UPLOADS = "wp-content/uploads"

TOUCHED = {
    SymptomId.PLUGIN_FATAL: ("wp-content/plugins/{}", "wp-content/plugins/{}.php"),
    SymptomId.PLUGIN_CORRUPT: ("wp-content/plugins/{}",),
    SymptomId.THEME_FATAL: ("wp-content/themes/{}",),
    SymptomId.DROPIN_FATAL: ("{}", "wp-content/{}"),
    SymptomId.MUPLUGIN_FATAL: ("{}", "wp-content/mu-plugins/{}"),
}
"""What the playbooks for a symptom touch beside the small files that are kept in any case; `{}` is its component."""


def minimal(symptoms: Iterable[Symptom]) -> tuple[str, ...]:
    """What has to be kept when there is no room for the whole: small files, and what is sick."""
    named = (one for one in symptoms if _is_inside(one.component))
    sick = (path.format(one.component) for one in named for path in TOUCHED.get(one.id, ()))
    return tuple(dict.fromkeys((*SETTINGS, *DROPINS, *sick)))


def _is_inside(component: str) -> bool:
    pure = PurePosixPath(component)
    return bool(pure.parts) and not pure.is_absolute() and ".." not in pure.parts


def with_targets(root: Path, paths: Iterable[str]) -> tuple[str, ...]:
    """The paths and whatever the links at and below them lead to within the root. Links out of it lead nowhere.

    Looks at the disk. Raises OSError when the root cannot be read.
    """
    chosen = list(dict.fromkeys(paths))
    for path in chosen:  # grows while it is gone through
        for entry in (*_behind_link(root, path), *walked(root, (path,))):
            target = _target(root, entry)
            is_known = covers(target, entry.path) or any(covers(one, target) for one in chosen)
            if target and not is_known:
                chosen.append(target)
    return tuple(chosen)


def covers(chosen: str, path: str) -> bool:
    """Whether a path is at or below a chosen one."""
    return path == chosen or path.startswith(f"{chosen}/")


def _behind_link(root: Path, path: str) -> Iterable[Entry]:
    """The path itself as a link, when one of the folders above it is one."""
    above = PurePosixPath(path).parents
    return (Entry(path, "link"),) if any((root / one).is_symlink() for one in above[:-1]) else ()


def _target(root: Path, entry: Entry) -> str:
    """Where a link leads within the root; '' when it leads out, to the root itself, or nowhere."""
    if entry.kind != "link":
        return ""
    real = Path(os.path.realpath(root / entry.path))
    inside = real.is_relative_to(root) and real != root and real.exists()
    return real.relative_to(root).as_posix() if inside else ""
