"""What logs and pages tell: errors that ended a request, whose file it was, and other complaints.

Logs of PHP, Apache, nginx and FPM are understood, and PHP's own writing on pages. Whoever can be logged writes these
lines: each is cut, every pattern is linear, and what is kept is redacted.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec.structs import replace

from arqlight_jobs.healer.components import component_of, within
from arqlight_jobs.healer.evidence import Fatal, Note, NoteKind
from arqlight_jobs.healer.redaction import redacted

T = TypeVar("T", Fatal, Note)

LONGEST_LINE = 1000
LONGEST_MESSAGE = 400
MOST = 50
"""Different fatals, and different notes, that are kept."""

_FATAL = re.compile(r"\b((?:Fatal|Parse|Compile|Core) error)(?:</b>)?:\s{1,4}(.{1,1000})")
_PLACE = re.compile(
    r" in (?:<b>)?(/[^\s<>\"':]{1,300}|[A-Z]:\\[^<>\"':]{1,300})(?:</b>)?(?::(\d{1,7})| on line (?:<b>)?(\d{1,7}))"
)
_PLAIN = re.compile(r"[^\s<>\"':]+")
_FRAME = re.compile(r"#\d{1,4} (/[^\s(]{1,300})\(\d{1,7}\)")
_THROWN = re.compile(r"^(?:\s*thrown in |Stack trace:|#\d{1,4} )")
_PHP_TIME = re.compile(r"^\[(\d{2}-\w{3}-\d{4} \d{2}:\d{2}:\d{2}) ([\w/+-]{1,40})\]")
_APACHE_TIME = re.compile(r"^\[\w{3} (\w{3} \d{2} \d{2}:\d{2}:\d{2})(?:\.\d{1,6})? (\d{4})\]")
_NGINX_TIME = re.compile(r"^(\d{4}/\d{2}/\d{2} \d{2}:\d{2}:\d{2}) ")

NOTES = (
    (NoteKind.DB_TOO_MANY, re.compile(r"Too many connections")),
    (NoteKind.DB_DENIED, re.compile(r"Access denied for user")),
    (
        NoteKind.DB_TABLE,
        re.compile(r"Table '(?:[^'/]{0,100}/)*(\w{1,64})' is marked as crashed|key file for table '([^']{1,100})'"),
    ),
    (NoteKind.DB_GONE, re.compile(r"MySQL server has gone away|Can't connect to (?:local )?(?:MySQL )?server")),
    (NoteKind.NO_SPACE, re.compile(r"No space left on device|Errcode: 28|errno=28")),
    (NoteKind.MEMORY, re.compile(r"Allowed memory size of \d{1,20} bytes exhausted")),
    (NoteKind.CACHE, re.compile(r"(?:Redis|Memcache)\w{0,20}.{0,120}(?:refused|went away|timed out)", re.IGNORECASE)),
    (NoteKind.HTACCESS, re.compile(r"\.htaccess: ")),
    (NoteKind.PERMISSION, re.compile(r"Permission denied")),
)
"""The first that fits a line counts."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line with the lines that belong to it, such as a stack trace."""

    text: str
    more: tuple[str, ...]
    at: datetime | None


def fatals_in(text: str, source: str, root: Path | None = None, at: datetime | None = None) -> tuple[Fatal, ...]:
    """The fatal errors in a log or page, each once, newest last; `at` is the moment of lines that tell none."""
    found = (fatal for line in _lines(_readable(text, root), at) if (fatal := _fatal(line, source, root)))
    return tuple(_once(found, _same_fatal))


def notes_in(text: str, source: str, root: Path | None = None, at: datetime | None = None) -> tuple[Note, ...]:
    """Other complaints in a log, each kind once, newest last."""
    found = (note for line in _lines(text, at) if (note := _note(line, source, root)))
    return tuple(_once(found, _same_note))


def _readable(text: str, root: Path | None) -> str:
    """The text with another name for a root whose own would hide where a path ends."""
    return text.replace(f"{root}/", "/site/") if root and not _PLAIN.fullmatch(str(root)) else text


def _lines(text: str, at: datetime | None) -> Iterator[Line]:
    held: list[str] = []
    for line in (line[:LONGEST_LINE] for line in text.splitlines()):
        if held and _THROWN.match(line):
            held.append(line)
            continue
        if held:
            yield _line(held, at)
        held = [line]
    if held:
        yield _line(held, at)


def _line(held: Sequence[str], at: datetime | None) -> Line:
    return Line(held[0], tuple(held[1:]), moment_of(held[0]) or at)


def _fatal(line: Line, source: str, root: Path | None) -> Fatal | None:
    found = _FATAL.search(line.text)
    if not found:
        return None
    message, place = _message_and_place(found[2], line.more)
    file = within(place[1], root) if place else ""
    return Fatal(
        kind=found[1],
        message=redacted(message.strip(), root)[:LONGEST_MESSAGE],
        file=redacted(file, root),
        line=int(place[2] or place[3]) if place else 0,
        component=component_of(file, (within(frame, root) for frame in _frames(line.more))),
        source=source,
        at=line.at,
    )


def _message_and_place(told: str, more: Sequence[str]) -> "tuple[str, re.Match[str] | None]":
    """What happened and where: the last place that its line names, else one in the lines that belong to it."""
    places = list(_PLACE.finditer(told))
    if places:
        return told[: places[-1].start()], places[-1]
    return told, next((place for one in more if (place := _PLACE.search(one))), None)


def _frames(lines: Iterable[str]) -> Iterator[str]:
    return (found[1] for line in lines if (found := _FRAME.match(line)))


def _note(line: Line, source: str, root: Path | None) -> Note | None:
    for kind, pattern in NOTES:
        if found := pattern.search(line.text):
            component = next((group for group in found.groups() if group), "")
            return Note(kind, redacted(line.text, root), source, component, line.at)
    return None


def _once(found: Iterable[T], same: Callable[[T], object]) -> list[T]:
    """Each once, where it was told last, and how often."""
    kept: dict[object, T] = {}
    for one in found:
        before = kept.pop(same(one), None)
        kept[same(one)] = replace(one, times=before.times + 1) if before else one
    return list(kept.values())[-MOST:]


def _same_fatal(fatal: Fatal) -> object:
    return (fatal.kind, fatal.file, fatal.line, fatal.message)


def _same_note(note: Note) -> object:
    return (note.kind, note.component)


def moment_of(line: str) -> datetime | None:
    """The moment that a line of a log begins with; one without a time zone is taken for this machine's."""
    if found := _PHP_TIME.match(line):
        return _zoned(found[1], "%d-%b-%Y %H:%M:%S", found[2])
    if found := _APACHE_TIME.match(line):
        return _zoned(f"{found[1]} {found[2]}", "%b %d %H:%M:%S %Y")
    if found := _NGINX_TIME.match(line):
        return _zoned(found[1], "%Y/%m/%d %H:%M:%S")
    return None


def _zoned(told: str, form: str, zone: str = "") -> datetime | None:
    try:
        plain = datetime.strptime(told, form)  # noqa: DTZ007 - its zone follows
        return (plain.replace(tzinfo=ZoneInfo(zone)) if zone else plain.astimezone()).astimezone(UTC)
    except (ValueError, OSError, OverflowError, ZoneInfoNotFoundError):
        return None
