"""What wp-config.php and other PHP files declare, read as text: nothing of a site is ever run."""

import re
from pathlib import Path

from arqlight_jobs.healer.evidence import Config
from arqlight_jobs.healer.reading import read_inside

MOST_BYTES = 256 * 1024
_DEFINED = re.compile(
    r"\bdefine\s{0,9}\(\s{0,9}['\"](\w{1,60})['\"]\s{0,9},\s{0,9}('[^'\n]{0,400}'|\"[^\"\n]{0,400}\"|[^,;)\n]{1,200})"
)
_VERSION = re.compile(r"\$wp_version\s{0,9}=\s{0,9}['\"]([\w.-]{1,40})")
_PHP = re.compile(r"\$required_php_version\s{0,9}=\s{0,9}['\"]([\w.-]{1,40})")
LOADS_SETTINGS = "wp-settings.php"


def config_of(root: Path) -> Config | None:
    """What wp-config.php says, without its secrets; None without one.

    As WordPress does, a wp-config.php one folder up is heeded, unless that belongs to another WordPress.
    """
    content = read_inside(root, "wp-config.php", MOST_BYTES)
    if content is None and not (root.parent / "wp-settings.php").exists():
        content = read_inside(root.parent, "wp-config.php", MOST_BYTES)
    return None if content is None else read_config(content.decode(errors="replace"))


def read_config(text: str) -> Config:
    """What the text of a wp-config.php says."""
    constants = constants_in(text)
    return Config(
        db_host=constants.get("DB_HOST", ""),
        memory_limit=constants.get("WP_MEMORY_LIMIT", ""),
        debug=_is_true(constants.get("WP_DEBUG", "false")),
        debug_log=_is_true(constants.get("WP_DEBUG_LOG", "false")),
        debug_display=_is_true(constants.get("WP_DEBUG_DISPLAY", "true")),
        home=constants.get("WP_HOME", ""),
        siteurl=constants.get("WP_SITEURL", ""),
        cron_disabled=_is_true(constants.get("DISABLE_WP_CRON", "false")),
        complete=LOADS_SETTINGS in text,
    )


def constants_in(text: str) -> dict[str, str]:
    """The constants that PHP code defines, without quotes; the first definition of each counts, as in PHP."""
    found: dict[str, str] = {}
    for name, value in _DEFINED.findall(without_comments(text)):
        found.setdefault(name, value.strip().strip("'\""))
    return found


def without_comments(text: str) -> str:
    """PHP code without the comments that take whole lines or stand between `/*` and `*/`."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith(("//", "#"))]
    first, *pieces = "\n".join(lines).split("/*")
    return first + "".join(piece.partition("*/")[2] for piece in pieces)


def versions_of(root: Path) -> tuple[str, str]:
    """WordPress's version and the PHP it needs, by wp-includes/version.php; '' for what cannot be read."""
    text = (read_inside(root, "wp-includes/version.php", MOST_BYTES) or b"").decode(errors="replace")
    version, php = _VERSION.search(text), _PHP.search(text)
    return (version[1] if version else "", php[1] if php else "")


def _is_true(value: str) -> bool:
    return value.strip().lower() not in ("false", "0", "", "null")
