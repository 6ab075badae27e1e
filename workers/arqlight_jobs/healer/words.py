"""The words of auto-healing: sites and what may be done to them, symptoms, and what is known of a sick site."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from pathlib import Path

HIGHEST_PORT = 65535


class Level(IntEnum):
    """What can be reached of a site; each level includes those below it."""

    HTTP = 0
    FOLDER = 1
    COMMANDS = 2
    """wp-cli."""
    HOOKS = 3
    """Restarts, certificates and dumps, by commands that the site's owner has given."""


class Treatment(StrEnum):
    """What is done about a symptom."""

    AUTO = "auto"
    DIAGNOSE = "diagnose"
    """Something is changed for a moment to learn more."""
    ESCALATE = "escalate"
    """A person has to look; nothing is changed."""


class SymptomId(StrEnum):
    """What can be wrong with a site."""

    MAINTENANCE_STUCK = "maintenance_stuck"
    DB_DOWN = "db_down"
    DB_TABLES = "db_tables"
    PLUGIN_FATAL = "plugin_fatal"
    PLUGIN_CORRUPT = "plugin_corrupt"
    THEME_FATAL = "theme_fatal"
    DROPIN_FATAL = "dropin_fatal"
    MUPLUGIN_FATAL = "muplugin_fatal"
    CORE_CORRUPT = "core_corrupt"
    WSOD = "wsod"
    MEMORY = "memory"
    HTACCESS_CORRUPT = "htaccess_corrupt"
    PERMALINKS_404 = "permalinks_404"
    REDIRECT_LOOP = "redirect_loop"
    TLS_EXPIRED = "tls_expired"
    TLS_INVALID = "tls_invalid"
    DISK_FULL = "disk_full"
    PERMS = "perms"
    UPSTREAM_DOWN = "upstream_down"
    INSTALL_SCREEN = "install_screen"
    PHP_VERSION = "php_version"
    NO_MYSQLI = "no_mysqli"
    CRON_STALLED = "cron_stalled"
    DEFACED = "defaced"
    MALWARE = "malware"
    SLOW = "slow"
    CONTENT_REGRESSION = "content_regression"


@dataclass(frozen=True, slots=True)
class Symptom:
    """One thing that is wrong, which part of the site it is about ('' for all of it), and how sure that is (0 to 1)."""

    id: SymptomId
    component: str = ""
    """A plugin's or theme's slug, a file within the root, a table."""
    confidence: float = 1.0
    because: tuple[str, ...] = ()
    """What was seen, one sentence each, fit to be shown to anybody."""

    @property
    def fingerprint(self) -> str:
        """What makes two incidents the same."""
        return f"{self.id}:{self.component}" if self.component else self.id


@dataclass(frozen=True, slots=True)
class Site:
    """A registered site and what may be done to it."""

    id: str
    name: str
    base_url: str
    root: Path | None = None
    command: tuple[str, ...] = ()
    """wp-cli as an argv template, such as ("wp", "--path={root}", "--no-color"); empty without it."""
    hooks: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """restart_php, restart_web, restart_db, renew_tls, db_dump, db_restore: an argv each."""
    logs: tuple[Path, ...] = ()
    """Log files beside wp-content/debug.log."""
    playbooks: tuple[str, ...] = ()
    """The only playbooks that may be used; empty: all."""
    dry_run: bool = False
    key_phrase: str = ""
    """Text that the home page has when all is well."""
    samples: tuple[str, ...] = ()
    """Paths of two pages to look at beside the home page."""

    @property
    def level(self) -> Level:
        """The highest level that is open to us."""
        if self.root is None:
            return Level.HTTP
        if not self.command:
            return Level.FOLDER
        return Level.HOOKS if self.hooks else Level.COMMANDS
