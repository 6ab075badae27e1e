"""A job's failed attempts side by side: what differed between them, and where each came to grief."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from arqlight_core.jobs import Failure
from arqlight_core.observe import JobView
from arqlight_screens.figures import age, duration, moment
from arqlight_screens.lines import Line, Part
from arqlight_screens.text import pad
from arqlight_screens.traceback_lines import highlighted, own_frames

_LABEL, _NARROWEST, _WIDEST = 10, 20, 44
_LONGER = 2.0
"""So many times as long is told as a difference."""


@dataclass(frozen=True, slots=True)
class _Row:
    label: str
    cell: Callable[[Failure], str]
    """'' for what is not known: that is neither shown nor compared."""
    compared: bool = True


def attempts(job: JobView, versions: Mapping[str, str], width: int) -> Iterator[Line]:
    """All of them, the newest at the right; as many as there is room for. `versions` are those of living workers."""
    if not job.failures:
        yield (Part("   no attempt has failed", "dim"),)
        return
    shown = job.failures[-max(1, (width - _LABEL - 3) // _NARROWEST) :]
    rows = _rows(job, versions)
    different = [row.label for row in rows if row.compared and _differs(row, job.failures)]
    yield _verdict(job.failures, different)
    yield ()
    yield from _table(rows, shown, different, width)
    if len(shown) < len(job.failures):
        yield (Part(f"   the last {len(shown)} of {len(job.failures)}: a wider terminal shows more", "dim"),)
    yield from _tracebacks(job.failures)


def _rows(job: JobView, versions: Mapping[str, str]) -> Sequence[_Row]:
    return (
        _Row("attempt", lambda one: str(one.attempt), compared=False),
        _Row("error", lambda one: one.error),
        _Row("message", lambda one: one.message),
        _Row("failure", lambda one: one.fingerprint.id),
        _Row("worker", lambda one: one.worker),
        _Row("version", lambda one: versions.get(one.worker, "")),
        _Row("began", lambda one: moment(one.started_ms, job.at_ms), compared=False),
        _Row("took", lambda one: duration(one.finished_ms - one.started_ms)),
        _Row("ago", lambda one: age(job.at_ms - one.finished_ms), compared=False),
    )


def _differs(row: _Row, failures: Sequence[Failure]) -> bool:
    if row.label == "took":
        times = [max(1, one.finished_ms - one.started_ms) for one in failures]
        return max(times) >= _LONGER * min(times)
    return len({row.cell(one) for one in failures} - {""}) > 1


def _verdict(failures: Sequence[Failure], different: Sequence[str]) -> Line:
    if len(failures) == 1:
        return (Part(f" 1 attempt failed: {failures[0].error}", "bad"),)
    many = f" {len(failures)} attempts failed"
    if not {"error", "message", "failure"} & set(different):
        beside = f"; what differed: {', '.join(different)}" if different else ""
        return (Part(f"{many}, all in the same way", "bad"), Part(beside))
    return (Part(many, "bad"), Part(f", not in the same way: what differed is {', '.join(different)}", "warn"))


def _table(rows: Sequence[_Row], shown: Sequence[Failure], different: Sequence[str], width: int) -> Iterator[Line]:
    room = min(_WIDEST, (width - _LABEL - 3) // len(shown) - 1)
    for row in rows:
        if not any(map(row.cell, shown)):
            continue
        marked = row.label in different
        line = [Part(f" {'≠' if marked else ' '} ", "warn"), Part(f"{row.label:<{_LABEL}}", "dim")]
        for one in shown:
            line += [Part(pad(row.cell(one), room), "warn" if marked else "plain"), Part(" ")]
        yield tuple(line)


def _tracebacks(failures: Sequence[Failure]) -> Iterator[Line]:
    """The last first; one that is like a later one is named only."""
    told: dict[str, int] = {}
    for one in reversed(failures):
        yield ()
        if one.traceback in told:
            yield (Part(f" ✗ attempt {one.attempt}  ", "bad"), Part(f"as attempt {told[one.traceback]}", "dim"))
        else:
            told[one.traceback] = one.attempt
            yield from failure_lines(one)


def failure_lines(failure: Failure, *, own: bool = False) -> Iterator[Line]:
    """One failed attempt with its traceback; with `own` only the frames of the job's own code."""
    yield (Part(f" ✗ attempt {failure.attempt}  ", "bad"), Part(f"{failure.error}: {failure.message}", "bad"))
    shown, left_out = own_frames(failure.traceback) if own else (failure.traceback, 0)
    yield from highlighted(shown, "   ")
    if left_out:
        frames = "1 frame" if left_out == 1 else f"{left_out} frames"
        yield (Part(f"   {frames} of libraries left out: `attempts` has them", "dim"),)
