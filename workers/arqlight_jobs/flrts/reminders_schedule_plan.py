"""What a task's reminders are to become, by its due date and whom it is given to. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from arqlight_jobs.flrts.reckoning import Timing, timing
from arqlight_jobs.flrts.reminding import Reminder, State, reminder_id

MISSED = "its moment was past for too long"

Place = tuple[str, str]
"""A user, and how long before the due date."""


@dataclass(frozen=True, slots=True)
class Change:
    """A reminder as it is to be, in place of the one that was seen, if there was one."""

    wanted: Reminder
    seen: Reminder | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of a task: `over` says why nothing is any more, '' while it is open."""

    task: int
    moments: Mapping[Place, datetime]
    over: str = ""


def changes(wanted: Wanted, known: Sequence[Reminder], at: datetime) -> list[Change]:
    """What is to be written.

    A new moment makes a new version, whatever became of the old one; so does one that is wanted again after it was
    cancelled. What is planned and not wanted any more is cancelled; a moment of somebody's own, only with the task.
    """
    by_place = {(one.user, one.before): one for one in known}
    moments: Mapping[Place, datetime] = {} if wanted.over else wanted.moments
    return [*_planned(wanted.task, moments, by_place, at), *_cancelled(wanted.over, moments, known, at)]


def _planned(
    task: int, moments: Mapping[Place, datetime], known: Mapping[Place, Reminder], at: datetime
) -> Iterator[Change]:
    for (user, before), due_at in moments.items():
        seen = known.get((user, before))
        if seen is not None and seen.due_at == due_at and seen.state is not State.CANCELLED:
            continue
        when, version = timing(due_at, at), 1 if seen is None else seen.version + 1
        made = Reminder(reminder_id(task, user, before), task, user, before, due_at, version)
        if when is Timing.MISSED:
            made = replace(made, state=State.SKIPPED, reason=MISSED, ended_at=at)
        yield Change(replace(made, late=when is Timing.LATE), seen)


def _cancelled(
    over: str, moments: Mapping[Place, datetime], known: Iterable[Reminder], at: datetime
) -> Iterator[Change]:
    for one in known:
        unwanted = bool(over) if one.is_own else (one.user, one.before) not in moments
        if unwanted and one.state is State.PLANNED:
            reason = over or "nobody is to be reminded then any more"
            yield Change(replace(one, state=State.CANCELLED, reason=reason, ended_at=at), one)
