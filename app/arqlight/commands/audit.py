"""`arqlight audit`: who did what, why and what came of it; and whether that record is still as it was written."""

import json as jsonlib
from datetime import timedelta
from typing import Annotated, cast

from cyclopts import Parameter
from cyclopts.validators import Number

from arqlight import output
from arqlight.commands.spans import Span
from arqlight.session import reading
from arqlight_core import observe
from arqlight_core.audit import Phase
from arqlight_core.clock import from_ms
from arqlight_core.errors import ArqlightError
from arqlight_core.observe import AuditRow, Verification, Wanted
from arqlight_core.observe.audit import MISSING
from arqlight_core.policy import milliseconds
from arqlight_core.store.gateway import Store

_WHO_SHOWN = 18


async def audit(
    *,
    queue: str = "",
    actor: str = "",
    operation: str = "",
    since: Span | None = None,
    limit: Annotated[int, Parameter(validator=Number(gte=1, lte=1000))] = 50,
    verify: Annotated[bool, Parameter(negative="")] = False,
    json: bool = False,
) -> None:
    """What operators did, newest first: who, when, why, and what came of it.

    Args:
        queue: Only what concerns this queue.
        actor: Only what this person did.
        operation: Only this operation, as its command is called.
        since: How far back, such as 2h or 7d.
        limit: The most to show.
        verify: Check instead that nothing was changed, removed or put in; exits 1 if something was.
        json: Print JSON.
    """
    async with reading() as store:
        if verify:
            _tell(await observe.verify_audit(store), json=json)
            return
        wanted = Wanted(actor, operation.replace("-", "_"), queue, since_ms=await _moment(store, since))
        view = await observe.audit(store, wanted, limit)
    if json:
        output.as_json(view.rows)
    elif view.rows:
        output.table(["when", "who", "what"], [_row(row) for row in view.rows])
    else:
        output.say("No operation on record is of that kind.")


async def _moment(store: Store, since: timedelta | None) -> int:
    return 0 if since is None else await store.time_ms() - milliseconds(since)


def _tell(found: Verification, *, json: bool) -> None:
    """Raises ArqlightError for a chain that is broken."""
    if json:
        output.as_json(found)
    if found.broken:
        raise ArqlightError(_complaint(found))
    if not json:
        since = f" since {_local(found.since_ms)}" if found.entries else ""
        output.say(f"{found.entries:,} entries, chain intact{since}")
        output.say(f"last hash {found.last}")


def _complaint(found: Verification) -> str:
    if found.broken == MISSING:
        what = f"entries after the first {found.entries:,} are missing"
    else:
        what = f"entry {found.broken} does not follow from the one before it; {found.entries:,} before it do"
    return (
        f"The audit trail is not as it was written: {what}. "
        "Compare it with a backup, and see who else may write to the server's key arqlight:{shared}:audit."
    )


def _row(row: AuditRow) -> list[object]:
    who = row.actor or "-"
    return [_local(row.at_ms), who if len(who) <= _WHO_SHOWN else f"{who[: _WHO_SHOWN - 1]}…", _what(row)]


def _what(row: AuditRow) -> str:
    """One sentence: the operation, what it acted upon, how it ended, what was left alone, and why it was done."""
    command = row.operation.replace("_", "-")
    asked = f" ({_spoken(row.told)})" if row.told and row.condition != Phase.DONE else ""
    subject = f"{command} {row.target}{asked}".strip()
    outcome = row.outcome if row.outcome != row.condition else f"{row.changed:,} jobs"  # of a bulk that is all it tells
    told = f"{row.condition}: {outcome}" if outcome else row.condition
    skipped = "".join(f"; {count:,} left alone: {reason}" for reason, count in row.skipped.items())
    why = f" (reason: {row.reason})" if row.reason else ""
    return f"{subject}: {told}{skipped}{why}" if subject else told


def _spoken(told: object) -> str:
    """What it was asked with, in words: told where no outcome tells it."""
    match told:
        case {"count": int(count), "first": list()}:
            return f"{count:,} in all"
        case dict():
            fields = cast("dict[str, object]", told)
            return ", ".join(f"{name} {_spoken(value)}" for name, value in fields.items())
        case str():
            return told
        case _:
            return jsonlib.dumps(told, ensure_ascii=False)


def _local(at_ms: int) -> str:
    """The moment by the clock on the wall; a dash for one that no calendar has: others than we may have written it."""
    try:
        return from_ms(at_ms).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return "-"
