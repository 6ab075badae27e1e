"""Symptoms of a site's state: maintenance, database, set-up, events, and what an intruder or a cache has left."""

import re
from collections.abc import Iterator

from arqlight_jobs.healer.detection.reading import (
    OK,
    by_wordpress,
    home,
    is_blank,
    is_broken,
    notes,
    says,
    symptom,
)
from arqlight_jobs.healer.evidence import Evidence, Maintenance, NoteKind, Page, PageName, Sign
from arqlight_jobs.healer.words import Symptom, SymptomId

MAINTAINING = "Briefly unavailable for scheduled maintenance"
UNAVAILABLE = 503
UPDATING_S = 600
"""An update is over by then, or will never be."""

NO_DATABASE = ("Error establishing a database connection", "<title>Database Error</title>")
NO_TABLES = "One or more database tables are unavailable"
DATABASE_NOTES = (NoteKind.DB_DENIED, NoteKind.DB_GONE, NoteKind.DB_TOO_MANY)
INSTALLING, CONFIGURING = "/wp-admin/install.php", "/wp-admin/setup-config.php"
LATE_S, MISSED_S = 900.0, 3600.0
INTRUDERS = re.compile(r"\b(?:hacked|h4cked|owned|pwned|defaced) by\b", re.IGNORECASE)
FILE_CHECKS = frozenset({"file-eval", "php-in-upload"})
SMALL_SHARE = 0.4
"""Of its usual size: a home page with less has lost something."""


def maintenance_stuck(evidence: Evidence) -> Iterator[Symptom]:
    """WordPress says that it is being updated, and nobody updates it."""
    shown = next((page for page in evidence.pages if _is_maintained(page)), None)
    file = evidence.tree.maintenance if evidence.tree else None
    if shown is None:
        return
    because = f"The page {shown.name} says that the site is being updated."
    if evidence.tree is None:
        yield symptom(SymptomId.MAINTENANCE_STUCK, 0.8, because)
    elif file is None:
        told = "There is no `.maintenance` file: a cache or a plugin says so."
        yield symptom(SymptomId.MAINTENANCE_STUCK, 0.5, because, told)
    else:
        yield symptom(SymptomId.MAINTENANCE_STUCK, *_age(evidence, file), because)


def db_down(evidence: Evidence) -> Iterator[Symptom]:
    """The database does not answer WordPress."""
    shown, logged = says(evidence, *NO_DATABASE), notes(evidence, *DATABASE_NOTES)
    works = evidence.commands.database_works if evidence.commands else None
    heading = any(_has_heading(page) for page in evidence.pages)
    tables = next(db_tables(evidence), None)
    because = [f"The page {shown.name} says that there is no database."] if shown else []
    because += ["wp-cli does not reach it, either."] if works is False else []
    because += ["Nobody answers at its address."] if evidence.database_port is False else []
    because += [f"{note.source} says: {note.kind}." for note in logged[:2]]
    failing = works is False or (evidence.database_port is False and heading)
    sure = 0.97 if shown else 0.85 if failing else 0.6 if heading and logged else 0.0
    if sure and tables and works is not False:
        sure = 0.4
    if sure:
        yield symptom(SymptomId.DB_DOWN, sure, *because)


def db_tables(evidence: Evidence) -> Iterator[Symptom]:
    """Tables of the database are broken."""
    broken = evidence.commands.tables_broken if evidence.commands else ()
    logged = [note.component for note in notes(evidence, NoteKind.DB_TABLE)]
    shown = says(evidence, NO_TABLES)
    because = [f"The page {shown.name} says that tables are unavailable."] if shown else []
    because += [f"The table {name} is broken." for name in broken[:3]]
    because += [f"A log says that the table {name} is broken." for name in logged[:1] if name]
    sure = 0.97 if broken else 0.9 if shown else 0.6 if is_broken(evidence) else 0.4
    if because:
        yield symptom(SymptomId.DB_TABLES, sure, *because)


def install_screen(evidence: Evidence) -> Iterator[Symptom]:
    """WordPress wants to be set up: its configuration or its tables are gone."""
    front = evidence.page(PageName.HOME)
    told = [front.url, *(hop.location for hop in front.hops)] if front else []
    if any(CONFIGURING in url for url in told):
        gone = evidence.tree is not None and evidence.tree.config is None
        because = "wp-config.php is gone." if gone else ""
        yield symptom(
            SymptomId.INSTALL_SCREEN, 0.98, "WordPress asks for its configuration.", because, component="wp-config.php"
        )
    elif any(INSTALLING in url for url in told):
        yield symptom(SymptomId.INSTALL_SCREEN, 0.98, "WordPress wants to be installed: its database is empty.")


def cron_stalled(evidence: Evidence) -> Iterator[Symptom]:
    """What WordPress should do from time to time is not done."""
    late = evidence.commands.cron_late_s if evidence.commands else None
    if late is not None and late > LATE_S:
        because = f"The oldest event is {late / 60:.0f} minutes late."
        yield symptom(SymptomId.CRON_STALLED, 0.85 if late > MISSED_S else 0.6, because)


def defaced(evidence: Evidence) -> Iterator[Symptom]:
    """Somebody else's page is shown."""
    front = home(evidence)
    if front is None or front.status != OK:
        return
    foreign = evidence.tree.foreign_index if evidence.tree else ""
    boast = INTRUDERS.search(f"{front.title}\n{front.text}") is not None and not _is_wordpress(front)
    changed = "index.php" in ((evidence.commands.core_changed if evidence.commands else None) or ())
    if not _is_wordpress(front) and (foreign == "index.php" or changed or boast):
        because = ("The home page is not WordPress's.", f"{foreign} answers in its place." if foreign else "")
        yield symptom(SymptomId.DEFACED, 0.95, *because, "An intruder boasts on it." if boast else "")
    elif foreign and not _is_wordpress(front):
        sure = 0.8 if front.has_phrase is False else 0.45
        yield symptom(SymptomId.DEFACED, sure, f"{foreign} answers in WordPress's place.")


def malware(evidence: Evidence) -> Iterator[Symptom]:
    """There is code that hides what it does, or code where only pictures belong."""
    uploaded = evidence.tree.uploaded_php if evidence.tree else ()
    hiding = evidence.tree.suspicious if evidence.tree else ()
    checks = [one for one in (evidence.commands.doctor if evidence.commands else ()) if one.name in FILE_CHECKS]
    both = [path for path in uploaded if path in hiding]
    because = [f"{path} is code among the uploads." for path in uploaded[:3]]
    because += [f"{path} runs what it decodes." for path in hiding[:3]]
    because += [f"wp doctor: {one.message}" for one in checks if one.status == "error"]
    if because:
        sure = 0.95 if both else 0.6 if hiding else 0.5
        yield symptom(SymptomId.MALWARE, sure, *because, component=next(iter((*both, *hiding, *uploaded)), ""))


def content_regression(evidence: Evidence) -> Iterator[Symptom]:
    """The home page is there, and something is missing on it."""
    front = home(evidence)
    if front is None or not front.good or is_blank(front):
        return
    usual = evidence.usual.sizes.get(PageName.HOME, 0) if evidence.usual else 0
    small, lost = front.size < SMALL_SHARE * usual, front.has_phrase is False
    because = [f"The home page has {front.size} bytes, and used to have {usual}."] if small else []
    because += ["The words that belong on the home page are missing."] if lost else []
    if because:
        ours = _is_wordpress(front)
        yield symptom(SymptomId.CONTENT_REGRESSION, (0.9 if small and lost else 0.8) if ours else 0.4, *because)


def _is_maintained(page: Page) -> bool:
    if page.status != UNAVAILABLE:
        return False
    told = page.headers.get("retry-after") == str(UPDATING_S) and Sign.ERROR_PAGE in page.signs
    return told or MAINTAINING in page.text


def _age(evidence: Evidence, file: Maintenance) -> tuple[float, str]:
    if file.age_s < UPDATING_S:
        return 0.4, f"The update began {file.age_s:.0f} seconds ago, and may be going on."
    if file.started is not None and evidence.at.timestamp() - file.started >= UPDATING_S:
        return 0.5, "WordPress no longer heeds its `.maintenance`: a cache or a plugin shows this."
    return 0.97, f"`.maintenance` is {file.age_s / 60:.0f} minutes old, and does not end by itself."


def _has_heading(page: Page) -> bool:
    """Whether it is the page of WordPress without a database, in any language."""
    return Sign.ERROR_PAGE in page.signs and "<h1>" in page.text.partition("wp-die-message")[2]


def _is_wordpress(page: Page) -> bool:
    return by_wordpress(page) or Sign.ASSETS in page.signs
