"""The ends of a site's logs, read within bounds. What is no plain file, or is a link out of the site, is not read."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from arqlight_jobs.healer.evidence import Fatal, Logs, Note, Tail
from arqlight_jobs.healer.fatal_lines import LONGEST_LINE, fatals_in, notes_in
from arqlight_jobs.healer.reading import moment_of, opened_plain
from arqlight_jobs.healer.redaction import redacted

MOST_BYTES = 64 * 1024
MOST_LINES = 200
DEBUG_LOG = "wp-content/debug.log"


def read_logs(root: Path | None, logs: Sequence[Path]) -> Logs:
    """What the site's own debug.log and the logs that its owner named say. Blocking; `root` is the real folder."""
    own = {} if root is None else {root / DEBUG_LOG: DEBUG_LOG}
    read = [_read(path, name, root) for path, name in {**{path: path.name for path in logs}, **own}.items()]
    fatals = sorted((fatal for _, found, _ in read for fatal in found), key=_moment)
    notes = sorted((note for *_, found in read for note in found), key=_moment)
    tails = tuple(tail for tail, *_ in read if tail.source != DEBUG_LOG or not tail.problem)
    return Logs(tails, tuple(fatals), tuple(notes))


def _read(path: Path, name: str, root: Path | None) -> tuple[Tail, tuple[Fatal, ...], tuple[Note, ...]]:
    try:
        text, at = tail_of(path, inside=root if root and path.is_relative_to(root) else None)
    except OSError as problem:
        return Tail(name, problem=problem.strerror or "It cannot be read."), (), ()
    kept = tuple(redacted("\n".join(line[:LONGEST_LINE] for line in text.splitlines()), root).splitlines())
    return Tail(name, kept), fatals_in(text, name, root, at), notes_in(text, name, root, at)


def tail_of(path: Path, inside: Path | None = None) -> tuple[str, datetime]:
    """The last lines of a file and when it was written. Raises OSError, also for a link out of `inside`."""
    with opened_plain(path, inside) as file:
        found = os.fstat(file.fileno())
        file.seek(max(0, found.st_size - MOST_BYTES))
        text = file.read(MOST_BYTES).decode(errors="replace")
    lines = text.splitlines()[-MOST_LINES:]
    cut = len(lines) > 1 and found.st_size > MOST_BYTES and len(lines) < MOST_LINES
    return "\n".join(lines[1:] if cut else lines), moment_of(found.st_mtime)


def _moment(told: Fatal | Note) -> datetime:
    return told.at or datetime.min.replace(tzinfo=UTC)
