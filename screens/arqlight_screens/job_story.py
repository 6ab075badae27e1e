"""One job as lines: why it is where it is first, then what it is, what it was given, and how it fared."""

from collections.abc import Iterator

from arqlight_core.jobs import Failure, State
from arqlight_core.observe import JobView, Why
from arqlight_screens.figures import age, bar, duration, moment, stopwatch, time_of_day
from arqlight_screens.lines import Line, Part
from arqlight_screens.pretty import pretty
from arqlight_screens.tones import STATES, Tone

_BAR = 30
_LABEL = 10


def story(told: Why) -> list[Line]:
    """All that is known, the most wanted first."""
    job = told.job
    return [
        *_why(told),
        *_progress(job),
        *_facts(job),
        *_failures(job),
        *_payload(job),
        *_result(job),
        *_log(job),
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


def _progress(job: JobView) -> Iterator[Line]:
    if not job.total and not job.stage:
        return
    done, rest = bar(job.done / job.total if job.total else 0, _BAR)
    told = f"  {job.done:,} of {job.total:,}" if job.total else ""
    yield (Part("   "), Part(done, "ok"), Part(rest, "dim"), Part(told), Part(f"  {job.stage}", "busy"))


def _facts(job: JobView) -> Iterator[Line]:
    yield ()
    yield _fact("job", job.id)
    yield _fact("type", job.job_type)
    yield _fact("attempt", f"{job.attempt}" + (f", {job.lapses} workers lost under it" if job.lapses else ""))
    yield _fact("queued", _ago(job.enqueued_ms, job.at_ms))
    if job.state in (State.SCHEDULED, State.RETRYING, State.HELD):
        yield _fact("due", f"{moment(job.due_ms, job.at_ms)}, in {age(job.due_ms - job.at_ms)}")
    if job.claimed_ms and job.state is State.ACTIVE:
        yield _fact("running", f"{stopwatch(job.at_ms - job.claimed_ms)} on {job.worker}")
    if job.ended_ms:
        took = f", after {duration(job.ended_ms - job.started_ms)}" if job.started_ms else ""
        yield _fact("ended", _ago(job.ended_ms, job.at_ms) + took)
    if job.correlation_id:
        yield _fact("belongs to", job.correlation_id)


def _fact(label: str, text: str) -> Line:
    return (Part(f" {label:<{_LABEL}} ", "dim"), Part(text))


def _ago(moment_ms: int, now_ms: int) -> str:
    return f"{moment(moment_ms, now_ms)}, {age(now_ms - moment_ms)} ago" if moment_ms else "unknown"


def _heading(text: str) -> Iterator[Line]:
    yield ()
    yield (Part(f" {text}", "busy"),)


def _failures(job: JobView) -> Iterator[Line]:
    if not job.failures:
        return
    yield from _heading("failed attempts, the last first" if len(job.failures) > 1 else "failed attempt")
    for failure in reversed(job.failures):
        yield from _failure(failure, job.at_ms)


def _failure(failure: Failure, now_ms: int) -> Iterator[Line]:
    took = duration(failure.finished_ms - failure.started_ms)
    when = f"{moment(failure.finished_ms, now_ms)} after {took} on {failure.worker}"
    yield (Part(f" ✗ attempt {failure.attempt}  ", "bad"), Part(when, "dim"))
    yield (Part("   "), Part(f"{failure.error}: {failure.message}", "bad"))
    yield from _plain("   ", failure.traceback.rstrip().splitlines(), "dim")


def _plain(indent: str, lines: list[str], tone: Tone = "plain") -> Iterator[Line]:
    for line in lines:
        yield (Part(indent), Part(line, tone))


def _payload(job: JobView) -> Iterator[Line]:
    yield from _heading("payload")
    if isinstance(job.payload, str):
        yield (Part("   "), Part(job.payload, "dim"))
    else:
        yield from _plain("   ", pretty(job.payload))


def _result(job: JobView) -> Iterator[Line]:
    if job.state is State.COMPLETED:
        yield from _heading("result")
        yield from _plain("   ", pretty(job.result))


def _log(job: JobView) -> Iterator[Line]:
    if not job.log:
        return
    yield from _heading("log")
    for moment_ms, line in job.log:
        yield (Part(f"   {time_of_day(moment_ms)}  ", "dim"), Part(line))
