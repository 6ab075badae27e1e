"""What is known of a sick site, as data: gathered at the edge, judged by pure functions, kept as JSON."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from arqlight_jobs.healer.evidence_inside import (
    Answer,
    BigLog,
    Changed,
    Check,
    Commands,
    Config,
    Disk,
    Extension,
    Htaccess,
    Installed,
    Logs,
    Maintenance,
    Note,
    NoteKind,
    Tail,
    Tree,
    WrongMode,
)
from arqlight_jobs.healer.evidence_outside import Certificate, Component, Fatal, Fault, Hop, Name, Page, PageName, Sign
from arqlight_jobs.healer.sound_text import sound_json

__all__ = [
    "Answer",
    "BigLog",
    "Certificate",
    "Changed",
    "Check",
    "Commands",
    "Component",
    "Config",
    "Disk",
    "Evidence",
    "Extension",
    "Fatal",
    "Fault",
    "Hop",
    "Htaccess",
    "Installed",
    "Logs",
    "Maintenance",
    "Name",
    "Note",
    "NoteKind",
    "Page",
    "PageName",
    "Sign",
    "Tail",
    "Tree",
    "Usual",
    "WrongMode",
    "decoded",
    "encoded",
    "sound",
]


class Usual(msgspec.Struct, frozen=True):
    """How the site was when it was last well, by page name."""

    taken_at: datetime
    sizes: Mapping[str, int] = {}
    ttfb_ms: Mapping[str, float] = {}
    titles: Mapping[str, str] = {}


class Evidence(msgspec.Struct, frozen=True):
    """All that is known of a site at one moment; None is what could not be looked at."""

    base_url: str
    at: datetime
    level: int = 0
    name: Name | None = None
    certificate: Certificate | None = None
    pages: tuple[Page, ...] = ()
    tree: Tree | None = None
    disk: Disk | None = None
    logs: Logs | None = None
    commands: Commands | None = None
    database_port: bool | None = None
    """Whether DB_HOST takes connections."""
    usual: Usual | None = None

    def page(self, name: PageName) -> Page | None:
        """The page of that name, None when it was not looked at."""
        return next((page for page in self.pages if page.name is name), None)


def sound(evidence: Evidence) -> Evidence:
    """The evidence with names of files, and answers, that are no valid text made such: as it can be kept."""
    try:
        encoded(evidence)
    except UnicodeEncodeError:
        return msgspec.convert(sound_json(msgspec.to_builtins(evidence)), Evidence)
    return evidence


def encoded(evidence: Evidence) -> bytes:
    """The evidence as JSON."""
    return msgspec.json.encode(evidence)


def decoded(content: bytes) -> Evidence:
    """The evidence again. Raises msgspec.ValidationError for what is none."""
    return msgspec.json.decode(content, type=Evidence)
