"""Evidence read in the terms that detectors think in."""

from collections.abc import Iterator
from datetime import timedelta

from arqlight_jobs.healer.evidence import Evidence, Fatal, Fault, Note, NoteKind, Page, PageName, Sign
from arqlight_jobs.healer.words import Symptom, SymptomId

SERVER_ERROR, NOT_FOUND, FORBIDDEN, OK = 500, 404, 403, 200
STALE = timedelta(hours=24)
"""What was logged longer ago says nothing about now."""

JUST_NOW = timedelta(minutes=15)
BLANK = 100
"""Bytes: a page with fewer is white."""

SHOWN = (PageName.HOME, PageName.SAMPLE_1, PageName.SAMPLE_2, PageName.LOGIN, PageName.REST)
"""Pages that are there when a site is well."""

BY_PHP = (*SHOWN, PageName.ADMIN, PageName.FEED, PageName.MISSING)


def symptom(symptom_id: SymptomId, confidence: float, *because: str, component: str = "") -> Symptom:
    """A symptom, its confidence within bounds."""
    return Symptom(symptom_id, component, round(min(1.0, max(0.0, confidence)), 2), tuple(filter(None, because)))


def pages(evidence: Evidence, *names: PageName) -> Iterator[Page]:
    """The pages of these names that were looked at."""
    return (page for page in evidence.pages if page.name in names and page.fault is not Fault.NOT_PROBED)


def home(evidence: Evidence) -> Page | None:
    """The home page, when it answered."""
    found = evidence.page(PageName.HOME)
    return found if found and found.answered else None


def by_wordpress(page: Page) -> bool:
    """Whether WordPress itself answered, be it with an error."""
    return any(sign in page.signs for sign in (Sign.ERROR_PAGE, Sign.LINK, Sign.GENERATOR, Sign.LOGIN, Sign.REST))


def errors(evidence: Evidence) -> list[Page]:
    """The pages that PHP ought to give and that ended with a server's error."""
    return [page for page in pages(evidence, *BY_PHP) if page.status >= SERVER_ERROR]


def is_blank(page: Page) -> bool:
    """Whether it has nothing on it where something should be."""
    return page.answered and page.size < BLANK and page.status in (OK, SERVER_ERROR)


def is_broken(evidence: Evidence) -> bool:
    """Whether visitors are turned away now."""
    return bool(errors(evidence)) or any(is_blank(page) or page.fault for page in pages(evidence, *SHOWN[:4]))


def says(evidence: Evidence, *words: str) -> Page | None:
    """The first page with one of these words on it."""
    return next((page for page in evidence.pages if any(word in page.text for word in words)), None)


def fatals(evidence: Evidence) -> list[Fatal]:
    """The errors that ended requests lately, newest first."""
    shown = [fatal for page in evidence.pages for fatal in page.fatals]
    logged = reversed(evidence.logs.fatals if evidence.logs else ())
    return shown + [one for one in logged if one.at is None or evidence.at - one.at < STALE]


def notes(evidence: Evidence, *kinds: NoteKind) -> list[Note]:
    """Other complaints of these kinds, lately, newest first."""
    told = evidence.logs.notes if evidence.logs else ()
    return [one for one in reversed(told) if one.kind in kinds and (one.at is None or evidence.at - one.at < STALE)]


def sureness(evidence: Evidence, fatal: Fatal) -> float:
    """How sure it is that an error is what is wrong now: a look at the site makes it be told again."""
    if any(fatal in page.fatals for page in evidence.pages):
        return 0.95
    recent = fatal.at is None or evidence.at - fatal.at < JUST_NOW
    if not is_broken(evidence):
        return 0.5 if recent else 0.2
    newest = fatal == next(iter(fatals(evidence)), None)
    return 0.95 if newest and recent else 0.55


def is_explained(evidence: Evidence) -> bool:
    """Whether an error is known that may well be what is wrong now."""
    return any(sureness(evidence, fatal) > 0.9 for fatal in fatals(evidence)[:1])  # noqa: PLR2004 - as given above


def told(fatal: Fatal) -> str:
    """An error in one sentence."""
    where = f" in {fatal.file}, line {fatal.line}" if fatal.file else ""
    return f"{fatal.source} says: {fatal.kind}: {fatal.message}{where}."
