"""The queue of data retention and its three job types, one after the other in the whole fleet.

What goes is declared by the domains (`arqlight_jobs.expiry`); that it went stands in the audit log (`retention.trail`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from arqlight_core.clock import now
from arqlight_core.declaration import Queue, Terms
from arqlight_core.errors import Discard
from arqlight_core.policy import DAY, MINUTE, SECOND, Backoff, Keep, Priority, Retention, Schedule, Unique
from arqlight_core.run import Run
from arqlight_core.setting_kinds import FEWEST_DAYS, MOST_DAYS
from arqlight_jobs.expiry import ArtifactRoot, Category, Expiring, discovered
from arqlight_jobs.healer.records import Records, records
from arqlight_jobs.healer.request import Words
from arqlight_jobs.healer.retention.artifacts import Cleaned, clean
from arqlight_jobs.healer.retention.days import cutoff_of
from arqlight_jobs.healer.retention.purge import Purged, count, has_table, purge
from arqlight_jobs.healer.retention.trail import Trail
from arqlight_jobs.offload import in_thread

TIMEOUT = 30 * MINUTE


class PurgeAsked(msgspec.Struct, frozen=True):
    """Delete the rows of a category, or of all, that are older than so many days; without days, as the settings say."""

    category: Words = ""
    days: Annotated[int, Meta(ge=FEWEST_DAYS, le=MOST_DAYS)] | None = None
    dry_run: bool = False
    by: Words = "a schedule"


class CleanUpAsked(msgspec.Struct, frozen=True):
    """Delete the files that no record refers to."""

    dry_run: bool = False
    by: Words = "a schedule"


class AuditPurgeAsked(msgspec.Struct, frozen=True):
    """Delete the entries of the audit log that are older than the longest that any data is kept."""

    by: Words = "a schedule"


data_retention = Queue(
    name="healer:data-retention",
    purpose="Forgets what is too old, and writes down that it did.",
    concurrency=1,
    fleet_concurrency=1,
    retention=Retention(completed=Keep(100, 7 * DAY), dead=Keep(500, 7 * DAY)),
    poison_after=4,
)

_TERMS: Terms[Any] = {
    "timeout": TIMEOUT,
    "retry": Backoff(3, first=60 * SECOND),
    "priority": Priority.LOW,
    "unique": Unique(TIMEOUT),
}


@data_retention.job("retention.purge_expired", PurgeAsked, **_TERMS)
async def purge_expired(run: Run, asked: PurgeAsked) -> dict[str, Any]:
    """Delete rows that are too old, in batches of 500; cut off, the next run deletes the rest."""
    opened = await run.open(records)
    cutoff = cutoff_of(asked.days, opened.settings, now())
    chosen = _chosen(discovered(), asked.category)
    matched = {one.name: await count(opened.engine, one, cutoff) for one in chosen}
    done = 0
    purged: list[Purged] = []
    for category in chosen:
        if asked.dry_run:
            one = Purged(category.name, cutoff, matched[category.name], dry_run=True)
        else:
            reached = _reporter(run, done, sum(matched.values()), category.name)
            one = await purge(opened.engine, category, cutoff, matched[category.name], reached)
        await _write_down(run, opened, "purge", asked.by, asdict(one))
        done += one.deleted
        purged.append(one)
    return {"deleted": done, "categories": [{**asdict(one), "cutoff": cutoff.isoformat()} for one in purged]}


@data_retention.job("retention.cleanup_artifacts", CleanUpAsked, **_TERMS)
async def cleanup_artifacts(run: Run, asked: CleanUpAsked) -> dict[str, Any]:
    """Delete files that no record refers to, under registered roots, and count records whose files are gone."""
    opened = await run.open(records)
    told: list[dict[str, Any]] = []
    roots = discovered().roots
    for number, root in enumerate(roots, 1):
        cleaned = await _cleaned(opened, root, dry_run=asked.dry_run)
        if cleaned is not None:
            told.append(asdict(cleaned))
            await _write_down(run, opened, "clean up", asked.by, told[-1])
        run.progress(number, len(roots), root.name)
    return {"bytes": sum(one["bytes"] for one in told), "roots": told}


@data_retention.job("retention.audit_purge", AuditPurgeAsked, **_TERMS)
async def audit_purge(run: Run, asked: AuditPurgeAsked) -> dict[str, Any]:
    """Delete old entries of the audit log and leave a tombstone, from which what is left still verifies."""
    opened = await run.open(records)
    trail = Trail(opened.engine)
    before = await trail.verify()
    if before.broken:
        raise Discard(f"The audit log is broken at {before.broken}; it is left as it is for whoever finds out why.")
    cutoff = now() - timedelta(days=opened.settings.max_retention_days)
    told = _entry(run, "audit purge", asked.by, {"cutoff": cutoff})
    deleted = await trail.purge(cutoff, told)
    return {"deleted": deleted, "cutoff": cutoff.isoformat(), "kept": before.entries - deleted}


def _chosen(declared: Expiring, name: str) -> Sequence[Category]:
    if not name:
        return declared.categories
    chosen = [one for one in declared.categories if one.name == name]
    if not chosen:
        known = ", ".join(one.name for one in declared.categories)
        raise Discard(f"There is no category {name}; they are: {known}.")
    return chosen


def _reporter(run: Run, done: int, total: int, stage: str) -> Callable[[int], None]:
    def report(deleted: int) -> None:
        run.progress(done + deleted, total, stage)

    return report


async def _cleaned(opened: Records, root: ArtifactRoot, *, dry_run: bool) -> Cleaned | None:
    """What became of a root; None when its domain has no records at all: then nothing tells what is of use."""
    async with opened.engine.connect() as connection:
        if not await has_table(connection, root.table):
            return None
        living = await root.living(connection)
    return await in_thread(partial(clean, root, opened.settings, living, now(), dry_run=dry_run))


async def _write_down(run: Run, opened: Records, what: str, by: str, told: Mapping[str, Any]) -> None:
    await Trail(opened.engine).append(_entry(run, what, by, told))


def _entry(run: Run, what: str, by: str, told: Mapping[str, Any]) -> dict[str, Any]:
    return {"what": what, "actor": by, "job": run.job_id, **told}


data_retention.schedule(Schedule("healer-purge", "0 2 * * *", "retention.purge_expired"))
data_retention.schedule(Schedule("healer-clean-up", "10 2 * * *", "retention.cleanup_artifacts"))
data_retention.schedule(Schedule("healer-audit-purge", "20 2 * * *", "retention.audit_purge"))
