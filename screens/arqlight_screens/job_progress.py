"""How far a running job is, and when it will have ended at the pace that it has kept."""

from arqlight_core.jobs import State
from arqlight_core.observe import JobView
from arqlight_screens.figures import age, bar
from arqlight_screens.lines import Line, Part

_BAR = 30


def remaining_ms(done: int, total: int, running_ms: int) -> float | None:
    """How long the rest takes; None while nothing is done, or when that is not told."""
    return running_ms * (total - done) / done if 0 < done <= total and running_ms > 0 else None


def progress_line(job: JobView) -> Line:
    """A bar, the numbers, the stage and how long it will take; () for a job that tells nothing of itself."""
    if not job.total and not job.stage:
        return ()
    done, rest = bar(job.done / job.total if job.total else 0, _BAR)
    told = f"  {job.done:,} of {job.total:,}" if job.total else ""
    left = remaining_ms(job.done, job.total, job.at_ms - job.claimed_ms) if job.claimed_ms else None
    ends = f"  {age(left)} to go" if left is not None and job.state is State.ACTIVE else ""
    return (
        Part("   "),
        Part(done, "ok"),
        Part(rest, "dim"),
        Part(told),
        Part(ends, "strong"),
        Part(f"  {job.stage}", "busy"),
    )
