"""Installed plugins and themes, by the headers of their files."""

import re
from collections.abc import Iterator
from pathlib import Path

from arqlight_jobs.healer.components import CONTENT, DROPINS
from arqlight_jobs.healer.evidence import Extension
from arqlight_jobs.healer.reading import read_inside

HEADER_BYTES = 8192
"""What WordPress itself reads of a file to find its header."""

MOST = 500
_LONGEST = 100
_HEADER = r"^[ \t/*#@]{{0,40}}{}:([^\n]{{0,300}})"


def plugins_of(root: Path) -> tuple[Extension, ...]:
    """Every plugin in wp-content/plugins."""
    found = (plugin for entry in _entries(root, "plugins") if (plugin := _plugin(root, entry)))
    return tuple(found)[:MOST]


def themes_of(root: Path) -> tuple[Extension, ...]:
    """Every theme in wp-content/themes."""
    found = (theme for entry in _entries(root, "themes") if (theme := _theme(root, entry)))
    return tuple(found)[:MOST]


def muplugins_of(root: Path) -> tuple[str, ...]:
    """The must-use plugins that WordPress loads, as paths."""
    return tuple(str(path.relative_to(root)) for path in _entries(root, "mu-plugins") if path.suffix == ".php")[:MOST]


def dropins_of(root: Path) -> tuple[str, ...]:
    """The drop-ins that are there, as paths."""
    return tuple(f"{CONTENT}/{name}" for name in sorted(DROPINS) if (root / CONTENT / name).exists())


def _entries(root: Path, folder: str) -> list[Path]:
    try:
        return sorted((root / CONTENT / folder).iterdir())
    except OSError:
        return []


def _plugin(root: Path, entry: Path) -> Extension | None:
    for path in _candidates(entry):
        header = _header(root, path, "Plugin Name")
        if header.get("Plugin Name"):
            told = path.relative_to(root / CONTENT / "plugins").as_posix()
            place = entry.relative_to(root).as_posix()
            slug = entry.name.removesuffix(".php")
            return Extension(slug, place, header["Plugin Name"], header.get("Version", ""), told)
    return None


def _candidates(entry: Path) -> Iterator[Path]:
    if entry.suffix == ".php":
        yield entry
        return
    likely = entry / f"{entry.name}.php"
    yield likely
    try:
        yield from (path for path in sorted(entry.glob("*.php")) if path != likely)
    except OSError:
        return


def _theme(root: Path, entry: Path) -> Extension | None:
    header = _header(root, entry / "style.css", "Theme Name", "Template")
    if not header.get("Theme Name"):
        return None
    place = entry.relative_to(root).as_posix()
    return Extension(
        entry.name, place, header["Theme Name"], header.get("Version", ""), parent=header.get("Template", "")
    )


def _header(root: Path, path: Path, *names: str) -> dict[str, str]:
    content = read_inside(root, path.relative_to(root).as_posix(), HEADER_BYTES)
    text = (content or b"").decode(errors="replace")
    found = {name: re.search(_HEADER.format(name), text, re.MULTILINE) for name in (*names, "Version")}
    return {name: match[1].strip()[:_LONGEST] for name, match in found.items() if match}
