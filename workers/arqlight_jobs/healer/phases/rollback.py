"""What the last attempt has changed is undone in reverse, and compared with how it was found.

Where the journal cannot undo it, the backup puts back what the plan has touched, and the database when a command could
not set back what it had set there: in any other case the dump would take with it what visitors have written since.
"""

from collections.abc import Sequence
from typing import Any

from arqlight_core.errors import ArqlightError, Retry
from arqlight_jobs.healer.applying import in_words
from arqlight_jobs.healer.backup import Shelf
from arqlight_jobs.healer.case import Case, Finding, Outcome
from arqlight_jobs.healer.dump import restore_database
from arqlight_jobs.healer.footprint import not_as_before, wholes
from arqlight_jobs.healer.hands import Hands
from arqlight_jobs.healer.manifest import Difference
from arqlight_jobs.healer.reach import hands_of, journal_of
from arqlight_jobs.healer.restoring import restored
from arqlight_jobs.healer.root import Root
from arqlight_jobs.healer.undoing import Undone, undone
from arqlight_jobs.offload import in_thread, in_thread_until_cancelled

TRIES = 2
"""How often the journal is tried before the backup is."""

NOTHING = "Nothing was changed, so there is nothing to undo."
AS_FOUND = "all is as it was found."
MOST_TOLD = 20


async def carry_out(case: Case) -> Finding:
    """Undo the attempt that the incident is at."""
    if not await in_thread(lambda: journal_of(case).is_planned):
        return Finding(Outcome.UNDONE, NOTHING, {"changes": 0})
    try:
        async with hands_of(case) as hands:
            return await _undone(case, hands)
    except (OSError, ArqlightError) as problem:
        return Finding(Outcome.NOT_UNDONE, f"It could not be undone: {in_words(problem)}", {})


async def _undone(case: Case, hands: Hands) -> Finding:
    try:
        done = await undone(hands, stubborn=case.run.attempt >= TRIES)
    except (OSError, ArqlightError) as problem:
        raise Retry(reason=in_words(problem)) from problem
    if done.problems or done.differences:
        return await _from_backup(case, hands, done)
    output: dict[str, Any] = {"changes": done.changes, "aside": done.aside, "differences": []}
    aside = f" What others had put there is in quarantine ({done.aside})." if done.aside else ""
    reason = f"{done.changes} changes were undone; {AS_FOUND}{_stays(done)}{aside}" if done.changes else NOTHING
    return Finding(Outcome.UNDONE, reason, output)


async def _from_backup(case: Case, hands: Hands, done: Undone) -> Finding:
    why = in_words(done.problems[0]) if done.problems else _left(done.differences)
    output: dict[str, Any] = {"changes": done.changes, "aside": done.aside, "journal": why}
    differences: Sequence[Difference] = ()
    if hands.root:
        await case.check()
        differences = await _restored(case, hands, hands.root)
        output["differences"] = [{"path": one.path, "what": one.what} for one in differences[:MOST_TOLD]]
    if done.database_left:
        await case.check()
        told = await _database_restored(case, hands, hands.root) if hands.root else why
        if told:
            return Finding(Outcome.NOT_UNDONE, f"The database could not be put back: {told}", output)
    if differences:
        return Finding(Outcome.NOT_UNDONE, _left(differences), output)
    stays = "" if done.database_left else _stays(done)
    return Finding(Outcome.UNDONE, f"It was put back out of the backup; {AS_FOUND}{stays}", output)


async def _restored(case: Case, hands: Hands, root: Root) -> Sequence[Difference]:
    """Put back out of the backup what the plan has touched. Answers what is still not as it was found."""
    plan = await in_thread(hands.journal.plan)
    was = await in_thread(hands.journal.before)

    def aside(path: str) -> None:
        with root.place(path) as place:
            hands.bench().put_aside(len(plan), place, path)

    await in_thread(lambda: restored(Shelf(case.files), root.path, aside, wholes(plan)))
    return await in_thread_until_cancelled(lambda check: not_as_before(root, plan, was, check))


async def _database_restored(case: Case, hands: Hands, root: Root) -> str:
    """Answers '' or why that was not done."""
    with hands.journal.leftover.noted() as started:
        return await restore_database(case.files, case.site, root.path, started)


def _stays(done: Undone) -> str:
    return f" What `wp {done.stays[0]}` did to the database stays." if done.stays else ""


def _left(differences: Sequence[Difference]) -> str:
    more = f", and {len(differences) - 1} more" if len(differences) > 1 else ""
    return f"After the undo {differences[0].path} is not as it was found{more}."
