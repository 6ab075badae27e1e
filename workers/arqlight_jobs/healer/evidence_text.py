"""Evidence in words, for whoever looks at an incident: what is wrong first told as such, the rest as it is."""

from collections.abc import Iterator

from arqlight_core.incidents import Fact
from arqlight_jobs.healer.evidence import Evidence, Logs, Page, Tree

MOST = 5
"""Lines of one kind."""

_GIGABYTE = 1e9
_LITTLE_FREE = 0.05


def facts_of(evidence: Evidence) -> tuple[Fact, ...]:
    """Pages, name and certificate, folder, disk, and what the logs say."""
    return (
        *_outside(evidence),
        *(_page(page) for page in evidence.pages),
        *(_tree(evidence.tree) if evidence.tree else ()),
        *_machine(evidence),
        *(_logs(evidence.logs) if evidence.logs else ()),
    )


def _outside(evidence: Evidence) -> Iterator[Fact]:
    yield Fact("looked at", f"{evidence.at:%Y-%m-%d %H:%M:%S} UTC, with access L{evidence.level}")
    if evidence.name and evidence.name.problem:
        yield Fact("name", evidence.name.problem, bad=True)
    if evidence.certificate and evidence.certificate.problem:
        yield Fact("certificate", evidence.certificate.problem, bad=True)
    elif evidence.certificate and evidence.certificate.days_left is not None:
        yield Fact("certificate", f"ends in {evidence.certificate.days_left:.0f} days")


def _page(page: Page) -> Fact:
    answer = f"{page.status}" if page.status else page.fault.value or "no answer"
    told = [answer, f"{page.size:,} bytes", f"first byte after {page.ttfb_ms:.0f} ms"] if page.status else [answer]
    if page.looped:
        told.append("redirects in a circle")
    elif page.hops:
        told.append(f"{len(page.hops)} redirects")
    title = f': "{page.title}"' if page.title else ""
    broken = page.status >= 500 or not page.status or page.looped or bool(page.fatals)  # noqa: PLR2004 - HTTP's own number
    return Fact(page.name.value, ", ".join(told) + title, bad=broken)


def _tree(tree: Tree) -> Iterator[Fact]:
    extensions = f"{len(tree.plugins)} plugins, {len(tree.themes)} themes, {tree.files:,} files looked at"
    yield Fact("WordPress", f"{tree.wordpress or 'of unknown version'}, {extensions}")
    if tree.maintenance:
        yield Fact(".maintenance", f"{tree.maintenance.age_s / 60:.0f} minutes old", bad=True)
    if tree.core_missing:
        yield Fact("missing", ", ".join(tree.core_missing[:MOST]), bad=True)
    for problem in (tree.htaccess.problems if tree.htaccess else ())[:MOST]:
        yield Fact(".htaccess", problem, bad=True)
    for path in (*tree.suspicious, *tree.uploaded_php)[:MOST]:
        yield Fact("suspicious", path, bad=True)
    if tree.changed:
        yield Fact("changed", ", ".join(f"{one.path} {one.at:%H:%M}" for one in tree.changed[:MOST]))


def _machine(evidence: Evidence) -> Iterator[Fact]:
    disk, commands = evidence.disk, evidence.commands
    if disk:
        told = f"{disk.free_bytes / _GIGABYTE:.1f} of {disk.total_bytes / _GIGABYTE:.1f} GB free"
        yield Fact("disk", told, bad=disk.free_bytes < _LITTLE_FREE * disk.total_bytes)
    if evidence.database_port is not None:
        took = "takes connections" if evidence.database_port else "takes no connection"
        yield Fact("database", took, bad=not evidence.database_port)
    if commands and commands.tables_broken:
        yield Fact("tables", f"broken: {', '.join(commands.tables_broken[:MOST])}", bad=True)


def _logs(logs: Logs) -> Iterator[Fact]:
    for fatal in reversed(logs.fatals[-MOST:]):
        place = f"{fatal.file}:{fatal.line}: " if fatal.file else ""
        times = f", {fatal.times:,} times" if fatal.times > 1 else ""
        yield Fact("log", f"{fatal.kind}{times}: {place}{fatal.message}", bad=True)
    for note in reversed(logs.notes[-MOST:]):
        yield Fact("log", f"{note.kind.value}: {note.line}", bad=True)
