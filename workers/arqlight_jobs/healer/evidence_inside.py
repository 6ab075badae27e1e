"""What is known of a site from inside, as data: its folder, its disk, its logs, and what wp-cli says.

Whatever text of the site is in here is redacted before it is stored. Paths are relative to the site's root.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from arqlight_jobs.healer.evidence_outside import Fatal


class Extension(msgspec.Struct, frozen=True):
    """An installed plugin or theme."""

    slug: str
    path: str
    """Its folder, or its only file."""
    name: str = ""
    version: str = ""
    entry: str = ""
    """A plugin's main file as WordPress names it: `akismet/akismet.php`."""
    parent: str = ""
    """A child theme's parent."""


class Maintenance(msgspec.Struct, frozen=True):
    """The `.maintenance` file."""

    age_s: float
    """Since it was written."""
    started: int | None = None
    """The moment in it, in Unix seconds; None when it is no plain number: WordPress then never ends it by itself."""


class Htaccess(msgspec.Struct, frozen=True):
    """The `.htaccess` in the root."""

    has_block: bool
    """There is a block between `# BEGIN WordPress` and `# END WordPress`."""
    rewrites: bool
    """It sends what is no file to index.php."""
    problems: tuple[str, ...] = ()
    """What a web server would not take, one sentence each."""
    redirects: tuple[str, ...] = ()
    """Lines outside of the block that redirect."""


class Config(msgspec.Struct, frozen=True):
    """What wp-config.php says, without its secrets."""

    db_host: str = ""
    memory_limit: str = ""
    debug: bool = False
    debug_log: bool = False
    debug_display: bool = True
    home: str = ""
    siteurl: str = ""
    cron_disabled: bool = False
    complete: bool = True
    """It goes on to load wp-settings.php."""


class WrongMode(msgspec.Struct, frozen=True):
    """A file or folder whose permissions keep the web server out, or let everybody write."""

    path: str
    mode: int


class Changed(msgspec.Struct, frozen=True):
    """A file that was changed lately."""

    path: str
    at: datetime


class Tree(msgspec.Struct, frozen=True):
    """The site's folder."""

    wordpress: str = ""
    """The version in wp-includes/version.php; '' when it cannot be read."""
    php_needed: str = ""
    config: Config | None = None
    maintenance: Maintenance | None = None
    htaccess: Htaccess | None = None
    plugins: tuple[Extension, ...] = ()
    themes: tuple[Extension, ...] = ()
    muplugins: tuple[str, ...] = ()
    dropins: tuple[str, ...] = ()
    """Paths of those that are there, such as `wp-content/object-cache.php`."""
    core_missing: tuple[str, ...] = ()
    """Files without which no WordPress runs."""
    wrong_modes: tuple[WrongMode, ...] = ()
    uploaded_php: tuple[str, ...] = ()
    suspicious: tuple[str, ...] = ()
    """PHP files that run what they decode."""
    foreign_index: str = ""
    """A file in the root that answers in WordPress's place."""
    leaving_links: tuple[str, ...] = ()
    changed: tuple[Changed, ...] = ()
    """Changed within 72 hours, newest first."""
    files: int = 0
    truncated: bool = False
    """There were more files than are looked at."""


class BigLog(msgspec.Struct, frozen=True):
    """A log worth rotating."""

    path: str
    bytes: int


class Disk(msgspec.Struct, frozen=True):
    """The file system that the site lies on."""

    free_bytes: int
    total_bytes: int
    free_inodes: int = 0
    total_inodes: int = 0
    cache_bytes: int = 0
    """In folders that may be emptied at any time."""
    big_logs: tuple[BigLog, ...] = ()


# ------------------------------------------------------------------ logs


class NoteKind(StrEnum):
    """What else a log may tell."""

    DB_TOO_MANY = "too many database connections"
    DB_DENIED = "the database denies access"
    DB_GONE = "the database has gone away"
    DB_TABLE = "a table is broken"
    NO_SPACE = "no space left"
    MEMORY = "memory exhausted"
    PERMISSION = "permission denied"
    HTACCESS = "the web server refuses .htaccess"
    CACHE = "the cache server refuses"


class Note(msgspec.Struct, frozen=True):
    """One thing a log tells, newest mention."""

    kind: NoteKind
    line: str
    source: str
    component: str = ""
    at: datetime | None = None
    times: int = 1


class Tail(msgspec.Struct, frozen=True):
    """The end of a log."""

    source: str
    lines: tuple[str, ...] = ()
    problem: str = ""


class Logs(msgspec.Struct, frozen=True):
    """What the logs say; fatals and notes newest last."""

    tails: tuple[Tail, ...] = ()
    fatals: tuple[Fatal, ...] = ()
    notes: tuple[Note, ...] = ()


# ------------------------------------------------------------------ wp-cli


class Installed(msgspec.Struct, frozen=True):
    """A plugin or theme as WordPress lists it."""

    name: str
    status: str = ""
    version: str = ""

    @property
    def is_active(self) -> bool:
        """Whether it is loaded."""
        return self.status in ("active", "active-network")


class Check(msgspec.Struct, frozen=True):
    """One check of `wp doctor`."""

    name: str
    status: str
    message: str = ""


class Answer(msgspec.Struct, frozen=True):
    """How one command ended."""

    words: tuple[str, ...]
    status: int | None
    """None: it was stopped, or could not be started."""
    output: str = ""
    problem: str = ""


class Commands(msgspec.Struct, frozen=True):
    """What wp-cli says; None is not known."""

    wordpress: str | None = None
    plugins: tuple[Installed, ...] | None = None
    themes: tuple[Installed, ...] | None = None
    home: str | None = None
    siteurl: str | None = None
    core_changed: tuple[str, ...] | None = None
    """Core files that are not as they were published."""
    core_extra: tuple[str, ...] = ()
    """Files among the core's that do not belong to it."""
    plugins_changed: tuple[str, ...] | None = None
    """Slugs of plugins with such files; only the suspects are checked."""
    database_works: bool | None = None
    tables_broken: tuple[str, ...] = ()
    cron_late_s: float | None = None
    """By how much the most overdue event is late; negative or 0: none is."""
    cron_disabled: bool | None = None
    doctor: tuple[Check, ...] = ()
    answers: tuple[Answer, ...] = ()
