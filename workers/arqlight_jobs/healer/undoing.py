"""What an attempt has changed, taken back in reverse, and proved by comparing what it touched with how it was found."""

from collections.abc import Mapping
from dataclasses import dataclass

from arqlight_core.errors import ArqlightError
from arqlight_jobs.healer import command_changes, file_changes
from arqlight_jobs.healer.applying import batch
from arqlight_jobs.healer.changes import Change, Command, Plan
from arqlight_jobs.healer.file_changes import FileChange
from arqlight_jobs.healer.footprint import not_as_before
from arqlight_jobs.healer.hands import Hands
from arqlight_jobs.healer.journal import Line, State
from arqlight_jobs.healer.manifest import Difference
from arqlight_jobs.offload import in_thread, in_thread_until_cancelled


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo has come to."""

    changes: int
    """How many were taken back."""
    aside: int
    """How often something of somebody else's stood in the way, and was put into quarantine."""
    differences: tuple[Difference, ...]
    """What is not as it was found."""
    problems: tuple[Exception, ...] = ()
    """Why changes could not be taken back."""
    database_left: bool = False
    """One of these is a command that was to set back what it has set in the database."""
    stays: tuple[str, ...] = ()
    """Commands that have changed the database in a way that no undo takes back."""


async def undone(hands: Hands, *, stubborn: bool = False) -> Undone:
    """Take back whatever was begun, last first; begun again it goes on.

    Raises OSError and ArqlightError for the first change that cannot be taken back; a stubborn one goes on without it.
    """
    plan = await in_thread(hands.journal.plan)
    lines = await in_thread(hands.journal.lines)
    asides, problems = 0, dict[int, Exception]()
    for first in reversed(_firsts(plan)):
        try:
            asides += await _batch_undone(hands, first, batch(plan, first), lines)
        except (OSError, ArqlightError) as problem:
            if not stubborn:
                raise
            problems[first] = problem
    was = await in_thread(hands.journal.before)
    differences = await in_thread_until_cancelled(lambda check: not_as_before(hands.root, plan, was, check))
    return Undone(
        changes=len(lines),
        aside=asides,
        differences=tuple(differences),
        problems=tuple(problems.values()),
        database_left=any(isinstance(change := plan[first], Command) and bool(change.undo) for first in problems),
        stays=_stays(plan, lines),
    )


def _stays(plan: Plan, lines: Mapping[int, Line]) -> tuple[str, ...]:
    begun = [plan[number] for number in sorted(lines)]
    commands = [one for one in begun if isinstance(one, Command) and one.touches_database and not one.undo]
    return tuple(" ".join(one.words[:2]) for one in commands)


def _firsts(plan: Plan) -> list[int]:
    firsts: list[int] = []
    at = 0
    while at < len(plan):
        firsts.append(at)
        at += len(batch(plan, at))
    return firsts


async def _batch_undone(hands: Hands, first: int, changes: Plan, lines: dict[int, Line]) -> int:
    begun = [
        (lines[first + at], change)
        for at, change in enumerate(changes)
        if first + at in lines and lines[first + at].state is not State.UNDONE
    ]
    if not begun:
        return 0
    await hands.check()
    asides = [await _undone(hands, line, change) for line, change in reversed(begun)]
    await in_thread(lambda: hands.journal.note([Line(line.number, State.UNDONE) for line, _ in begun]))
    return sum(asides)


async def _undone(hands: Hands, line: Line, change: Change) -> bool:
    if not isinstance(change, FileChange):
        return await command_changes.undone(hands, line.number, change, line)
    return await in_thread_until_cancelled(
        lambda check: file_changes.undone(hands.bench(check), line.number, change, line.was)
    )
