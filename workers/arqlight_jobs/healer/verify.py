"""Decides whether a site is well again: three good looks in a row, or three bad ones, whichever comes first. Pure."""

from collections.abc import Sequence
from enum import StrEnum
from statistics import median

from msgspec.structs import replace

from arqlight_jobs.healer.appearance import Complaint
from arqlight_jobs.healer.evidence import Fatal, Logs, Note, Page

GOOD_ROUNDS = 3
"""In a row."""

BAD_ROUNDS = 3
"""In all: a site that was just changed may need a moment."""


class Verdict(StrEnum):
    """What the looks at a site come to."""

    WELL = "pass"
    FAIL = "fail"
    WORSE = "worse"
    """Something is wrong that was not before."""


def verdict_on(rounds: Sequence[Sequence[Complaint]], before: Sequence[Complaint]) -> Verdict | None:
    """The verdict on what was wrong in each round so far, and before the fix; None when another look is needed."""
    if len(rounds) >= GOOD_ROUNDS and not any(rounds[-GOOD_ROUNDS:]):
        return Verdict.WELL
    bad = [told for told in rounds if told]
    if len(bad) < BAD_ROUNDS:
        return None
    new = {one.about for one in bad[-1]} - {one.about for one in before}
    return Verdict.WORSE if new else Verdict.FAIL


def since(known: Logs, now: Logs) -> Logs:
    """What the logs tell that they did not tell before, or tell once more."""
    fatals = {_fatal(one): one.times for one in known.fatals}
    notes = {_note(one): one.times for one in known.notes}
    return Logs(
        fatals=tuple(one for one in now.fatals if one.times > fatals.get(_fatal(one), 0)),
        notes=tuple(one for one in now.notes if one.times > notes.get(_note(one), 0)),
    )


def with_middle_times(pages: Sequence[Page], rounds: Sequence[Sequence[Page]]) -> tuple[Page, ...]:
    """The pages, each with the middle one of its times to the first byte: a single slow answer says nothing."""
    told = [page for looks in (*rounds, pages) for page in looks if page.answered]
    times = {page.name: [one.ttfb_ms for one in told if one.name is page.name] for page in told}
    return tuple(replace(page, ttfb_ms=median(times[page.name])) if page.answered else page for page in pages)


def in_logs(known: Logs, now: Logs, component: str) -> tuple[Complaint, ...]:
    """The errors in the logs since the fix that speak against it: new ones, and those of the sick component."""
    before = {_fatal(one) for one in known.fatals}
    told = (one for one in since(known, now).fatals if _fatal(one) not in before or _is_of(one, component))
    return tuple(Complaint("log", f"tells of a {one.kind.lower()}{_place(one)}") for one in told)


def _is_of(fatal: Fatal, component: str) -> bool:
    return fatal.component is not None and fatal.component.name == component


def _fatal(fatal: Fatal) -> tuple[str, ...]:
    return (fatal.source, fatal.kind, fatal.file, str(fatal.line), fatal.message)


def _note(note: Note) -> tuple[str, ...]:
    return (note.source, note.kind, note.component)


def _place(fatal: Fatal) -> str:
    return f" in {fatal.component.name}" if fatal.component else ""
