"""One job in short: why it is where it is first, then what it is, its last error, its payload and what it says."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, cast

from arqlight_core.jobs import State
from arqlight_core.observe import JobView, Why
from arqlight_screens.figures import age, duration, moment, stopwatch, time_of_day
from arqlight_screens.job_attempts import failure_lines
from arqlight_screens.job_commands import commands
from arqlight_screens.job_progress import progress_line
from arqlight_screens.lines import Line, Part
from arqlight_screens.pretty import pretty
from arqlight_screens.tones import STATES, Tone

_LABEL = 10
_PAYLOAD, _LOG = 12, 6
"""Lines of payload and log that the story has; their own sections have the rest."""


def story(told: Why) -> list[Line]:
    """What is most wanted; the sections have all of it."""
    job = told.job
    return [
        *_why(told),
        *filter(None, [progress_line(job)]),
        *_facts(job),
        *_last_failure(job),
        *_payload(job),
        *_log(job),
        *_commands(job),
    ]


def _why(told: Why) -> Iterator[Line]:
    """The state, what binds the job most, and below it whatever else does."""
    state = told.job.state
    glyph, tone = STATES[state]
    first, *others = [reason.text for reason in told.reasons] or [told.line]
    label = "" if first.startswith(state) else f" {state} "
    yield (Part(f" {glyph}{label}", tone), Part(" "), Part(first, "strong"))
    for text in others:
        yield (Part("   also ", "dim"), Part(text))


def _facts(job: JobView) -> Iterator[Line]:
    yield ()
    yield _fact("job", job.id)
    yield _fact("type", job.job_type)
    lost = f", {job.lapses} workers lost under it" if job.lapses else ""
    replayed = f", replayed {job.replays} time{'' if job.replays == 1 else 's'}" if job.replays else ""
    yield _fact("attempt", f"{job.attempt}{lost}{replayed}")
    yield _fact("queued", _ago(job.enqueued_ms, job.at_ms))
    if job.state in (State.SCHEDULED, State.RETRYING, State.HELD):
        yield _fact("due", f"{moment(job.due_ms, job.at_ms)}, in {age(job.due_ms - job.at_ms)}")
    if job.claimed_ms and job.state is State.ACTIVE:
        yield _fact("running", f"{stopwatch(job.at_ms - job.claimed_ms)} on {job.worker}")
    if job.ended_ms:
        took = f", after {duration(job.ended_ms - job.started_ms)}" if job.started_ms else ""
        yield _fact("ended", _ago(job.ended_ms, job.at_ms) + took)
    yield from _kin(job)


def _kin(job: JobView) -> Iterator[Line]:
    if job.correlation_id:
        yield _fact("belongs to", job.correlation_id)
    if job.parent:
        yield _fact("parent", job.parent)
    if job.origin:
        yield _fact("queued by", job.origin)
    if job.flow:
        tally = job.flow.tally
        dead = f", {tally.dead:,} dead" if tally.dead else ""
        yield _fact("children", f"{tally.ended:,} of {tally.total:,} have ended{dead}")


def _fact(label: str, text: str) -> Line:
    return (Part(f" {label:<{_LABEL}} ", "dim"), Part(text))


def _ago(moment_ms: int, now_ms: int) -> str:
    return f"{moment(moment_ms, now_ms)}, {age(now_ms - moment_ms)} ago" if moment_ms else "unknown"


def _heading(text: str) -> Iterator[Line]:
    yield ()
    yield (Part(f" {text}", "busy"),)


def _last_failure(job: JobView) -> Iterator[Line]:
    if not job.failures:
        return
    others = len(job.failures) - 1
    more = f", the last of {others + 1} that failed" if others else ""
    one = job.failures[-1]
    took = duration(one.finished_ms - one.started_ms)
    yield ()
    yield (
        Part(" last error", "busy"),
        Part(f"  {moment(one.finished_ms, job.at_ms)} after {took} on {one.worker}{more}", "dim"),
    )
    yield from failure_lines(one, own=True)


def _plain(indent: str, lines: list[str], tone: Tone = "plain") -> Iterator[Line]:
    for line in lines:
        yield (Part(indent), Part(line, tone))


def _payload(job: JobView) -> Iterator[Line]:
    lines = list(payload_lines(job))
    yield from islice(lines, _PAYLOAD + 2)
    if len(lines) > _PAYLOAD + 2:
        yield (Part(f"   … {len(lines) - _PAYLOAD - 2} lines more in its section", "dim"),)


def payload_lines(job: JobView, revealed: object = None) -> Iterator[Line]:
    """The payload, masked unless it was revealed, and the result of a job that has one."""
    yield from _heading("payload" if revealed is None else "payload, revealed: the audit trail says so")
    if isinstance(job.payload, str) and revealed is None:
        yield (Part("   "), Part(job.payload, "dim"))
    else:
        yield from _plain("   ", pretty(_unwrapped(job.payload if revealed is None else revealed)))
    if job.state is State.COMPLETED:
        yield from _heading("result")
        yield from _plain("   ", pretty(job.result))


def _unwrapped(payload: Any) -> Any:
    """A declared job's payload is its one argument; only what a stock producer gave has several, or names."""
    match payload:
        case {"args": [only], "kwargs": {**named}} if isinstance(only, dict) and not named:
            return cast("dict[str, Any]", only)
        case _:
            return payload


def _log(job: JobView) -> Iterator[Line]:
    if job.log:
        more = f", the last {_LOG} of {len(job.log)} lines" if len(job.log) > _LOG else ""
        yield from _heading(f"log{more}")
        yield from log_lines(job, _LOG)


def log_lines(job: JobView, last: int = 0) -> Iterator[Line]:
    """What the job has said, the newest last; `last` of it, or all."""
    for moment_ms, line in job.log[-last:]:
        yield (Part(f"   {time_of_day(moment_ms)}  ", "dim"), Part(line))
    if not job.log:
        yield (Part("   it has said nothing", "dim"),)


def _commands(job: JobView) -> Iterator[Line]:
    yield from _heading("on the command line")
    for command in commands(job):
        yield (Part("   "), Part(command, "dim"))
