"""A plan carried out change by change, each written down before it is made; cut off anywhere, it is gone on with.

A change that was begun is finished: files show how far it came, and commands set a state: they may be run again.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from arqlight_core.errors import ArqlightError
from arqlight_jobs.healer import command_changes, file_changes
from arqlight_jobs.healer.changes import Change, Command, Plan, Recheck, SetMode
from arqlight_jobs.healer.file_changes import FileChange, Was
from arqlight_jobs.healer.hands import Hands
from arqlight_jobs.healer.journal import Line, State
from arqlight_jobs.offload import in_thread, in_thread_until_cancelled

LARGEST_BATCH = 500
"""Permissions are changed so many at a time: writing them down one by one would take as long as the incident has."""


class BrokeOff(ArqlightError):
    """A change failed that the plan cannot do without; what was changed before it has to be undone."""


async def applied(hands: Hands, plan: Plan) -> int:
    """Carry out what is not done yet. Answers how many changes were made. Raises BrokeOff and LeaseLost."""
    lines = await in_thread(hands.journal.lines)
    number = 0
    while number < len(plan):
        hands.progress(number, len(plan))
        number += await _carried_out(hands, number, batch(plan, number), lines)
    made = await in_thread(hands.journal.lines)
    return sum(line.state is State.DONE for line in made.values())


def batch(plan: Plan, first: int) -> Plan:
    """The changes from that one on that are carried out together."""
    if not isinstance(plan[first], SetMode):
        return plan[first : first + 1]
    end = first
    while end < len(plan) and end - first < LARGEST_BATCH and isinstance(plan[end], SetMode):
        end += 1
    return plan[first:end]


async def _carried_out(hands: Hands, number: int, changes: Plan, lines: Mapping[int, Line]) -> int:
    """Answers how many changes further the plan goes on."""
    change, line = changes[0], lines.get(number)
    spares = change.spares if isinstance(change, Command | Recheck) else 0
    if line and line.state is State.FAILED:
        return _after_failure(change, line.why)
    if all(number + at in lines and lines[number + at].state is State.DONE for at in range(len(changes))):
        return len(changes) + spares
    try:
        worked = await _made(hands, number, changes, lines)
    except (OSError, ArqlightError) as problem:
        why = in_words(problem)
        with suppress(OSError):  # when there is no room for this line either, the change counts as begun
            await in_thread(lambda: hands.journal.note([Line(number, State.FAILED, why=why)]))
        return _after_failure(change, why)
    return len(changes) + (spares if worked else 0)


def _after_failure(change: Change, why: str) -> int:
    """Go on with the next change when that one can be done without. Raises BrokeOff."""
    match change:
        case Recheck():
            return 1
        case Command() if change.spares or not change.vital:
            return 1
        case _:
            raise BrokeOff(why)


async def _made(hands: Hands, number: int, changes: Plan, lines: Mapping[int, Line]) -> bool:
    await hands.check()
    begun = [lines.get(number + at) or await _begun(hands, number + at, one) for at, one in enumerate(changes)]
    await in_thread(lambda: hands.journal.note([line for line in begun if line.number not in lines]))
    worked = [await _make(hands, line, one) for line, one in zip(begun, changes, strict=True)]
    state = State.DONE if all(worked) else State.FAILED
    await in_thread(lambda: hands.journal.note([Line(line.number, state) for line in begun]))
    return all(worked)


async def _begun(hands: Hands, number: int, change: Change) -> Line:
    was: Was | None
    if isinstance(change, FileChange):
        was = await in_thread(lambda: file_changes.remembered(hands.bench(), number, change))
    else:
        was = await command_changes.remembered(hands, number, change)
    return Line(number, State.BEGUN, was)


async def _make(hands: Hands, line: Line, change: Change) -> bool:
    if not isinstance(change, FileChange):
        return await command_changes.made(hands, change)
    await in_thread_until_cancelled(lambda check: file_changes.made(hands.bench(check), line.number, change, line.was))
    return True


def in_words(problem: Exception) -> str:
    """A failure as one sentence without a path of this machine."""
    if isinstance(problem, OSError):
        name = Path(problem.filename).name if isinstance(problem.filename, str) else ""
        return f"{problem.strerror or problem or type(problem).__name__}{f': {name}' if name else ''}."
    return str(problem)
