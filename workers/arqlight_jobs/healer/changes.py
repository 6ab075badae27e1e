"""What a playbook may do to a site, as data: each change knows how to be told, journalled, made and undone.

Nothing is ever deleted: files are moved into quarantine. Paths are relative to the site's root.
"""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Move a file or folder out of the site, into the incident's quarantine."""

    path: str


@dataclass(frozen=True, slots=True)
class Rename:
    """Give a file or folder another name in its own folder."""

    path: str
    name: str


@dataclass(frozen=True, slots=True)
class Pack:
    """Move a file or folder into quarantine compressed: what takes up room then gives most of it back."""

    path: str


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Replace a file's content as a whole, atomically; its mode stays. Without a file there, make it."""

    path: str
    content: bytes
    over: str | None = None
    """The SHA-256 of the content that it was planned on, '' for no file: refused on anything else. None: any."""
    mode: int = 0o644
    """The permissions of a file that was not there."""


@dataclass(frozen=True, slots=True)
class SetMode:
    """Change the permissions of a file or folder."""

    path: str
    mode: int


@dataclass(frozen=True, slots=True)
class Command:
    """Run wp-cli with these words; `undo` are those that take it back, empty when there is nothing to be taken back.

    The words set a state, so that they may be run again where it is not known whether they took effect.
    """

    words: tuple[str, ...]
    undo: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    """Words whose answer, as it was before, stands in the place of `{}` in `undo`."""
    spares: int = 0
    """How many of the changes after it are not needed once it has worked, and are made when it has not."""
    vital: bool = True
    """Its failure breaks off the plan, unless something stands ready for that case."""
    touches_database: bool = False
    """It changes more of the database than `undo` puts back: not without a dump."""
    touches: tuple[str, ...] = ()
    """Files and folders that it may change: kept before, put back by an undo."""


@dataclass(frozen=True, slots=True)
class Hook:
    """Run one of the owner's hooks by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing for a while: what is wrong may pass by itself."""

    time: timedelta


@dataclass(frozen=True, slots=True)
class Recheck:
    """Look at the home page after a while; when it is well, so many of the changes after it are not needed."""

    spares: int
    after: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Provoke:
    """Ask for the home page, so that what is wrong is written to these logs: kept before, put back by an undo."""

    touches: tuple[str, ...]


Change = Quarantine | Rename | Pack | Rewrite | SetMode | Command | Hook | Wait | Recheck | Provoke
Plan = tuple[Change, ...]
