"""The queue in which is read what OpenProject's tasks refer to, and its one job type.

It looks whether open tasks have drifted from what is known of them, too, and after what was left behind by the way.
"""

from typing import Any

from arqlight_core.clock import now
from arqlight_core.errors import Discard
from arqlight_core.policy import DAY, HOUR, MINUTE, Dependency, Mode, Schedule, Unique
from arqlight_core.run import Run
from arqlight_jobs.flrts import hooks, reminding
from arqlight_jobs.flrts.applying import FOLLOW_UPS, SCHEDULE, follow_left_behind
from arqlight_jobs.flrts.openproject_sync_missing import look_after_missing
from arqlight_jobs.flrts.openproject_sync_reading import SYNC, DriftReading, KindReading
from arqlight_jobs.flrts.records import Records, records
from arqlight_jobs.flrts.references import mark_vanished
from arqlight_jobs.flrts.requests import HookCame, ReferenceAsked, RemindersAsked
from arqlight_jobs.flrts.terms import RETRY, TIMEOUT, queue
from arqlight_jobs.flrts.watermarks import read_through, share
from arqlight_jobs.outbound.client import provider_client
from arqlight_jobs.providers.openproject import COLLECTIONS, OPENPROJECT

HEED = "flrts.openproject.webhook"

LEFT_ALONE = MINUTE
"""How long something may take to be seen to before it counts as left behind."""

MOST_POSTS = 500
"""Posts that are queued again by one look."""

MOST_UNPLANNED = 500
"""Tasks whose reminders one look has planned."""

looks = queue(
    "flrts:openproject:sync", "Reads what OpenProject's tasks refer to, and looks for tasks that have drifted."
)


@looks.job(
    "flrts.openproject.sync",
    ReferenceAsked,
    timeout=TIMEOUT,
    retry=RETRY,
    unique=Unique(HOUR, Mode.SIMPLE),
    exclusive=lambda _: "flrts:references",
    needs=(Dependency(OPENPROJECT.dependency),),
    follow_ups=(SYNC, HEED, *FOLLOW_UPS),
)
async def look(run: Run, _: ReferenceAsked) -> dict[str, Any]:
    """Read projects, types, statuses, priorities and people, and have tasks read that have drifted."""
    opened = await run.open(records)
    left = await _left_behind(run, opened)
    if not opened.settings.openproject_base_url:
        return {**left, "why": "OPENPROJECT_BASE_URL is not set"}
    until = share()
    kinds = {kind: await _kind(run, opened, kind, until) for kind in COLLECTIONS}
    drift = DriftReading(run, opened, await run.open(provider_client))
    passing = await read_through(run, opened.engine, drift, until)
    gone = await look_after_missing(run, opened, drift.client, passing.started_at, until)
    return {**left, "read": kinds, "open": passing.seen, "drifted": sorted(drift.drifted), "gone": gone}


looks.schedule(Schedule("flrts-references", "*/15 * * * *", "flrts.openproject.sync"))


async def _kind(run: Run, opened: Records, kind: str, until: float) -> int | None:
    """How many there are of a kind; None where we may not see it. What is not listed any more is marked."""
    reading = KindReading(run, opened, await run.open(provider_client), kind)
    try:
        passing = await read_through(run, opened.engine, reading, until)
    except Discard as problem:
        run.log(f"{kind}: {problem}")
        return None
    async with opened.engine.begin() as connection:
        gone = await mark_vanished(connection, kind, passing.started_at)
    if gone:
        run.log(f"{kind}: {gone} vanished")
    return passing.seen


async def _left_behind(run: Run, opened: Records) -> dict[str, int]:
    """Queue again posts that nobody has read, and what follows from changes that nobody has seen to, or was lost."""
    posts = await hooks.left_behind(opened.engine, LEFT_ALONE, MOST_POSTS)
    for digest in posts:
        await run.enqueue(HEED, HookCame(digest))
    news = await follow_left_behind(run, opened.engine, LEFT_ALONE)
    async with opened.engine.connect() as connection:
        unplanned = await reminding.unplanned(connection, now().date() - DAY, MOST_UNPLANNED)  # today somewhere
    for task, due in unplanned:
        await run.enqueue(SCHEDULE, RemindersAsked(task, due.isoformat()))
    return {"posts": len(posts), "news": news, "unplanned": len(unplanned)}
