"""Which part of a site a file belongs to, by its path alone."""

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from arqlight_jobs.healer.evidence import Component

CONTENT = "wp-content"
DROPINS = frozenset(
    {
        "advanced-cache.php",
        "blog-deleted.php",
        "blog-inactive.php",
        "blog-suspended.php",
        "db-error.php",
        "db.php",
        "fatal-error-handler.php",
        "install.php",
        "maintenance.php",
        "object-cache.php",
        "php-error.php",
        "sunrise.php",
    }
)
"""Files in wp-content that WordPress loads in place of its own."""

_MARKS = re.compile(r"/(?=(?:wp-content|wp-includes|wp-admin)/)")
_CORE_FILE = re.compile(r"(?:index|xmlrpc|wp-[\w-]{1,60})\.php")
_SLUG = re.compile(r"[\w][\w.-]{0,99}")
"""What a folder of a plugin or theme is called; what a log says it is may be anything."""


def within(path: str, root: Path | None) -> str:
    """The path within the site, also where the site lies elsewhere for PHP; '' for a file that is not the site's."""
    plain = path.replace("\\", "/")
    if root is not None and plain.startswith(f"{root}/"):
        plain = plain[len(str(root)) + 1 :]
    elif mark := next(reversed(list(_MARKS.finditer(plain))), None):
        plain = plain[mark.end() :]
    elif plain.startswith("/"):
        name = plain.rpartition("/")[2]
        plain = name if _CORE_FILE.fullmatch(name) else ""
    return "" if ".." in PurePosixPath(plain).parts else plain


def component_of(file: str, frames: Iterable[str] = ()) -> Component | None:
    """What the file is part of; a core file only when no plugin or theme is among `frames`, which called it."""
    own = _component(file)
    if own is not None and own.kind != "core":
        return own
    callers = (_component(frame) for frame in frames)
    return next((one for one in callers if one and one.kind in ("plugin", "theme", "muplugin", "dropin")), own)


def _component(file: str) -> Component | None:
    if file.startswith(f"{CONTENT}/"):
        return _of_content(file)
    if file == "wp-config.php":
        return Component("config", file)
    is_core = file.startswith(("wp-includes/", "wp-admin/")) or _CORE_FILE.fullmatch(file)
    return Component("core" if is_core else "other", file) if file else None


def _of_content(file: str) -> Component | None:
    match PurePosixPath(file).parts:
        case ("wp-content", "plugins" | "themes" as folder, name, *_):
            return _extension(folder, name)
        case ("wp-content", "mu-plugins", name, *_):
            return Component("muplugin", f"{CONTENT}/mu-plugins/{name}")
        case ("wp-content", name) if name in DROPINS:
            return Component("dropin", f"{CONTENT}/{name}")
        case _:
            return Component("other", file)


def _extension(folder: str, name: str) -> Component | None:
    slug = name.removesuffix(".php")
    if not _SLUG.fullmatch(slug):
        return None
    return Component("plugin" if folder == "plugins" else "theme", slug)
