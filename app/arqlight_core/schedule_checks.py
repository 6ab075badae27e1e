"""What is wrong with the schedules of a queue, in words to be read after the queue's name."""

from collections.abc import Iterator

from arqlight_core.declaration import Queue
from arqlight_core.errors import PayloadInvalid
from arqlight_core.policy import Schedule
from arqlight_core.ticks import problem_of

MOST_AT_ONCE = 500
"""How many missed ticks one catch-up may run: they are queued in one call."""


def schedule_problems(queue: Queue) -> Iterator[str]:
    """Every problem of its schedules."""
    for schedule in queue.schedules.values():
        for problem in _problems(queue, schedule):
            yield f"has a schedule {schedule.name or '?'} that {problem}"


def _problems(queue: Queue, schedule: Schedule) -> Iterator[str]:
    if not schedule.name or any(sign in schedule.name for sign in "{}@ \t\n"):
        yield "needs a name without braces, spaces and @"
    if problem := problem_of(schedule.cron, schedule.timezone):
        yield problem
    if not 1 <= schedule.at_most <= MOST_AT_ONCE:
        yield f"runs {schedule.at_most} missed ticks at most, which is not between 1 and {MOST_AT_ONCE}"
    job_type = queue.job_types.get(schedule.job_type)
    if job_type is None:
        yield f"is for {schedule.job_type}, which is none of its job types"
        return
    try:
        job_type.parse(schedule.payload)
    except PayloadInvalid as problem:
        yield f"has a wrong payload: {problem}".removesuffix(".")
