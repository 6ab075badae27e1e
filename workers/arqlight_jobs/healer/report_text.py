"""A report as Markdown, for people. Texts of the site are shown so that nothing in them is taken for markup."""

import re
from collections.abc import Iterable, Iterator

from arqlight_jobs.healer.report import Attempt, Report

_BREAK = re.compile(r"\s+")
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|!~])")


def markdown(report: Report) -> str:
    """The whole report."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"# {'CRITICAL: ' if report.critical else ''}{plain(report.name)} needs a person"
    yield ""
    yield plain(report.reason)
    yield ""
    yield f"- Site: {plain(report.url)}"
    yield f"- Incident: {code(report.incident)}"
    yield f"- Opened: {report.opened_at:%Y-%m-%d %H:%M} UTC, by {plain(report.opened_by)}"
    yield f"- About: {code(report.fingerprint or 'not known')}"
    yield f"- Correlation id: {code(report.correlation_id)}"
    yield from _section("What to do next", (f"{n}. {plain(step)}" for n, step in enumerate(report.next_steps, 1)))
    yield from _section("How the site is now", _state(report))
    yield from _section("What was found", _found(report))
    yield from _section("What was tried", (line for one in report.attempts for line in _attempt(one)))
    yield from _section("Backup", _backup(report))
    yield from _section("Timeline", _timeline(report))


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    told = list(lines)
    if told:
        yield from ("", f"## {title}", "", *told)


def _state(report: Report) -> Iterator[str]:
    if report.looked_at is None:
        yield "It could not be looked at in time."
    elif not report.state:
        yield f"At {report.looked_at:%H:%M:%S} UTC its pages were well."
    for sentence in report.state:
        yield f"- {plain(sentence)}"


def _found(report: Report) -> Iterator[str]:
    for one in report.symptoms:
        about = f" in {code(one.component)}" if one.component else ""
        yield f"- {code(one.id)}{about}, {one.confidence:.0%} sure: {plain(' '.join(one.because))}"
    for fatal in report.fatals:
        place = f"{fatal['file']}:{fatal['line']}" if fatal["file"] else "not told"
        yield f"- {code(fatal['kind'])} {fatal['times']} times, in {code(place)}: {code(fatal['message'])}"
    if report.pages:
        yield from ("", "| page | status | bytes | first byte |", "|---|---|---|---|")
    for page in report.pages:
        status = page["status"] or plain(page["fault"]) or "none"
        yield f"| {plain(page['page'])} | {status} | {page['bytes']} | {page['ttfbMs']:.0f} ms |"
    if report.versions:
        yield ""
        yield "Versions: " + ", ".join(f"{code(name)} {plain(told) or '?'}" for name, told in report.versions.items())


def _attempt(attempt: Attempt) -> Iterator[str]:
    about = f" for {code(attempt.component)}" if attempt.component else ""
    dry = ", a dry run" if attempt.dry_run else ""
    yield f"- {code(attempt.playbook)}{about}: {attempt.changes} changes{dry}"
    for line in attempt.plan:
        yield f"  - {code(line)}"
    for line in attempt.ended:
        yield f"  - {plain(line)}"


def _backup(report: Report) -> Iterator[str]:
    if report.backup.get("backup"):
        database = "with" if report.backup.get("database") else "without"
        files, scope = report.backup.get("files", 0), report.backup.get("scope", "")
        yield f"{files} files ({plain(scope)}), {database} the database, in the incident's folder."


def _timeline(report: Report) -> Iterator[str]:
    yield from ("| at (UTC) | from | to | after | why |", "|---|---|---|---|---|")
    for one in report.timeline:
        seconds = f"{one.duration_ms / 1000:.1f} s"
        yield f"| {one.at:%H:%M:%S} | {one.source} | {one.target} | {seconds} | {plain(one.reason)} |"


def plain(text: str) -> str:
    """Text of whatever origin in one line, of which nothing is markup."""
    return _MARKUP.sub(r"\\\1", _shown(text))


def code(text: str) -> str:
    """The same as code."""
    told = _shown(text).replace("`", "'").replace("|", "¦")
    return f"`{told or ' '}`"


def _shown(text: str) -> str:
    """In one line; what would steer a terminal is a dot."""
    return "".join(sign if sign.isprintable() else "·" for sign in _BREAK.sub(" ", text).strip())
