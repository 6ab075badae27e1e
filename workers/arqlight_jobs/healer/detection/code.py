"""Symptoms of code that fails: plugins, themes, drop-ins, the core, memory, white pages, and an unfit PHP."""

import re
from collections.abc import Iterator

from arqlight_jobs.healer.detection.reading import (
    SERVER_ERROR,
    errors,
    fatals,
    is_blank,
    is_broken,
    is_explained,
    pages,
    says,
    sureness,
    symptom,
    told,
)
from arqlight_jobs.healer.evidence import Evidence, Fatal, Page, PageName, Sign
from arqlight_jobs.healer.words import Symptom, SymptomId

OUT_OF_MEMORY = "Allowed memory size"
MISSING_FILE = ("Failed opening required", "failed to open stream", "Failed to open stream")
DENIED = "Permission denied"
NO_MYSQL = "missing the MySQL extension"
NO_FUNCTION = re.compile(r"undefined function \\?mysqli?_")
OLD_PHP = re.compile(r"running PHP version \S{1,40} but WordPress \S{1,40} requires at least")
SMALL_SHARE = 0.1
"""Of its usual size: a page with less, cut off, is as good as white."""

HARMLESS = frozenset({"readme.html", "license.txt", "wp-config-sample.php"})


def plugin_fatal(evidence: Evidence) -> Iterator[Symptom]:
    """A plugin's code ends requests."""
    corrupt = {one.component for one in plugin_corrupt(evidence)}
    for fatal, name in _blamed(evidence, "plugin"):
        share = 0.6 if name in corrupt or OUT_OF_MEMORY in fatal.message else 1.0
        yield symptom(SymptomId.PLUGIN_FATAL, share * sureness(evidence, fatal), told(fatal), component=name)


def plugin_corrupt(evidence: Evidence) -> Iterator[Symptom]:
    """A plugin's files are not whole."""
    changed = (evidence.commands.plugins_changed if evidence.commands else None) or ()
    for fatal, name in _blamed(evidence, "plugin"):
        missing = DENIED not in fatal.message and any(words in fatal.message for words in MISSING_FILE)
        if name in changed:
            because = "Its files are not as they were published."
            yield symptom(SymptomId.PLUGIN_CORRUPT, sureness(evidence, fatal), told(fatal), because, component=name)
        elif missing:
            because = "One of its files is missing."
            share = sureness(evidence, fatal) - 0.05
            yield symptom(SymptomId.PLUGIN_CORRUPT, share, told(fatal), because, component=name)


def theme_fatal(evidence: Evidence) -> Iterator[Symptom]:
    """A theme's code ends requests."""
    return _fatal(evidence, "theme", SymptomId.THEME_FATAL)


def dropin_fatal(evidence: Evidence) -> Iterator[Symptom]:
    """A drop-in ends requests."""
    return _fatal(evidence, "dropin", SymptomId.DROPIN_FATAL)


def muplugin_fatal(evidence: Evidence) -> Iterator[Symptom]:
    """A must-use plugin ends requests."""
    return _fatal(evidence, "muplugin", SymptomId.MUPLUGIN_FATAL)


def core_corrupt(evidence: Evidence) -> Iterator[Symptom]:
    """Files of the core are missing, or not as they were published."""
    missing = evidence.tree.core_missing if evidence.tree else ()
    changed = [name for name in _changed(evidence) if name not in HARMLESS]
    blamed = [fatal for fatal, _ in _blamed(evidence, "core") if OUT_OF_MEMORY not in fatal.message]
    broken = is_broken(evidence)
    because = [told(blamed[0])] if blamed else []
    if missing:
        because.append(f"{missing[0]} is missing.")
    if changed:
        because.append(f"{changed[0]} is not as it was published.")
    sure = max(
        (0.95 if broken else 0.6) if missing else 0.0,
        (0.97 if blamed else 0.8 if broken else 0.4) if changed else 0.0,
        0.75 * sureness(evidence, blamed[0]) if blamed else 0.0,
    )
    if because:
        yield symptom(SymptomId.CORE_CORRUPT, sure, *because)


def memory(evidence: Evidence) -> Iterator[Symptom]:
    """PHP's memory does not suffice."""
    for fatal in fatals(evidence):
        if OUT_OF_MEMORY in fatal.message:
            yield symptom(SymptomId.MEMORY, sureness(evidence, fatal), told(fatal))
            return


def wsod(evidence: Evidence) -> Iterator[Symptom]:
    """White pages, or WordPress's words for an error, and no log that tells why."""
    if any(php_version(evidence)):  # a page of one short sentence
        return
    shown = list(pages(evidence, PageName.HOME, PageName.LOGIN, PageName.SAMPLE_1, PageName.SAMPLE_2))
    white = next((page for page in shown if is_blank(page) or _is_cut_off(evidence, page.name)), None)
    silent = next((page for page in errors(evidence) if _says_critical(page)), None)
    known = 0.3 if is_explained(evidence) else 1.0
    if white:
        yield symptom(SymptomId.WSOD, 0.9 * known, f"The page {white.name} has {white.size} bytes.")
    elif silent:
        yield symptom(
            SymptomId.WSOD, 0.7 * known, f"WordPress ended on the page {silent.name}, and no log that we know says why."
        )


def php_version(evidence: Evidence) -> Iterator[Symptom]:
    """PHP is older than WordPress can do with."""
    found = next((match for page in evidence.pages if (match := OLD_PHP.search(page.text))), None)
    if found:
        yield symptom(SymptomId.PHP_VERSION, 1.0, "WordPress says that PHP is too old for it.")


def no_mysqli(evidence: Evidence) -> Iterator[Symptom]:
    """PHP lacks its extension for the database."""
    if says(evidence, NO_MYSQL):
        yield symptom(SymptomId.NO_MYSQLI, 1.0, "WordPress says that PHP's extension for MySQL is missing.")
        return
    for fatal in fatals(evidence):
        if NO_FUNCTION.search(fatal.message):
            yield symptom(SymptomId.NO_MYSQLI, sureness(evidence, fatal), told(fatal))
            return


def _fatal(evidence: Evidence, kind: str, symptom_id: SymptomId) -> Iterator[Symptom]:
    for fatal, name in _blamed(evidence, kind):
        share = 0.6 if OUT_OF_MEMORY in fatal.message else 1.0
        yield symptom(symptom_id, share * sureness(evidence, fatal), told(fatal), component=name)


def _blamed(evidence: Evidence, kind: str) -> list[tuple[Fatal, str]]:
    """The newest error of each part of that kind."""
    found: dict[str, Fatal] = {}
    for fatal in fatals(evidence):
        if fatal.component and fatal.component.kind == kind:
            found.setdefault(fatal.component.name, fatal)
    return [(fatal, name) for name, fatal in found.items()]


def _changed(evidence: Evidence) -> tuple[str, ...]:
    return (evidence.commands.core_changed if evidence.commands else None) or ()


def _is_cut_off(evidence: Evidence, name: PageName) -> bool:
    page, usual = evidence.page(name), evidence.usual.sizes.get(name, 0) if evidence.usual else 0
    return bool(page and page.good and not page.complete and page.size < SMALL_SHARE * usual)


def _says_critical(page: Page) -> bool:
    """Whether it is WordPress's page after a fatal error, in any language: that of the database has a heading."""
    died = page.status == SERVER_ERROR and Sign.ERROR_PAGE in page.signs
    return died and "<h1>" not in page.text.partition("wp-die-message")[2]
