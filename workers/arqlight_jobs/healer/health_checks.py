"""The queue of health checks and its three job types: a site, a server, the fleet itself.

A job has done its work when it has looked; that a target is sick is its result. What is measured is in `health`.
"""

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import httpx
import msgspec
from msgspec import Meta

from arqlight_core.clock import now
from arqlight_core.declaration import Queue, Terms
from arqlight_core.errors import Discard, UsageError
from arqlight_core.policy import (
    DAY,
    MINUTE,
    SECOND,
    Backoff,
    CatchUp,
    Keep,
    Mode,
    Priority,
    Retention,
    Schedule,
    Unique,
)
from arqlight_core.run import Run
from arqlight_core.settings import Settings
from arqlight_jobs.healer.health.deciding import Decision, Look
from arqlight_jobs.healer.health.grading import Bound, Grade, Reading, metrics_of, remarks_on, worst
from arqlight_jobs.healer.health.hosts import Hosts
from arqlight_jobs.healer.health.samples import Kind, Sample, Samples, slot_of
from arqlight_jobs.healer.health.server import look_at_server
from arqlight_jobs.healer.health.site import look_at_site
from arqlight_jobs.healer.health.system import look_at_system
from arqlight_jobs.healer.health.thresholds import SERVER, SITE, SYSTEM
from arqlight_jobs.healer.notice_request import LONGEST_TEXT, AlertAsked
from arqlight_jobs.healer.records import Records, records
from arqlight_jobs.healer.request import IncidentAsked, Words
from arqlight_jobs.healer.sites import Sites
from arqlight_jobs.healer.taking_baselines import renew
from arqlight_jobs.healer.words import Site, Symptom
from arqlight_jobs.looking import fleet_store
from arqlight_jobs.outbound.client import site_client

REMEMBERING_S = 15.0

AT_MOST_EVERY = 4 * MINUTE
"""How often the same look may be asked for: less than the time between two ticks, or one would keep out the next."""

FLEET = "fleet"
"""The only target of system checks."""


class CheckAsked(msgspec.Struct, frozen=True):
    """Look at a target, in those five minutes; without a target, at each that is registered."""

    target: Words = ""
    slot: Annotated[int, Meta(ge=0)] = 0


health_checks = Queue(
    name="healer:health-checks",
    purpose="Looks at sites, servers and the fleet itself, every five minutes.",
    concurrency=5,
    retention=Retention(completed=Keep(100, DAY), dead=Keep(500, 7 * DAY)),
)


def _key_of(asked: CheckAsked) -> str:
    return f"{asked.target or 'each'}:{asked.slot}"


async def _named(text: str, settings: Settings) -> CheckAsked:
    """A look at the target that a person names, now."""
    _ = settings
    return CheckAsked(text.strip(), slot_of(now()))


def _terms(timeout_s: int, name: str, *more: str) -> Terms[CheckAsked]:
    return {
        "timeout": timeout_s * SECOND,
        "retry": Backoff(2, first=5 * SECOND),
        "priority": Priority.MEDIUM,
        "unique": Unique(AT_MOST_EVERY, Mode.THROTTLE, by=_key_of),
        "intake": _named,
        "follow_ups": (f"wp.health.{name}", "notify.alert", *more),
    }


@health_checks.job("wp.health.site", CheckAsked, **_terms(45, "site", "wp.incident.process"))
async def site(run: Run, asked: CheckAsked) -> dict[str, Any]:
    """Look at a site as its visitors have it; one that fails three times in a row gets an incident."""
    opened = await run.open(records)
    sites = Sites(opened.engine)
    if not asked.target:
        return await _each(run, "wp.health.site", [one.id for one in await sites.listed()])
    try:
        found = await sites.find(asked.target)
    except UsageError as problem:
        raise Discard(str(problem)) from None
    client = await run.open(site_client)
    looked = await look_at_site(found, client, opened.settings)
    sample = _sample(Kind.SITE, found.id, looked.readings, SITE)
    decision = await _noted(run, opened, sample)
    if decision.incident:
        await run.enqueue("wp.incident.process", _incident(found.id, looked.symptom))
    if sample.look.grade < Grade.CRITICAL:
        await _remember(found, client, opened.settings)
    return {**_result(sample), "incident": decision.incident}


@health_checks.job("wp.health.server", CheckAsked, **_terms(30, "server"))
async def server(run: Run, asked: CheckAsked) -> dict[str, Any]:
    """Look at a machine: load, memory, disks, processes, ports, clock."""
    opened = await run.open(records)
    hosts = Hosts(opened.engine)
    if not asked.target:
        return await _each(run, "wp.health.server", [one.id for one in await hosts.listed()])
    try:
        host = await hosts.find(asked.target)
    except UsageError as problem:
        raise Discard(str(problem)) from None
    sample = _sample(Kind.SERVER, host.id, await look_at_server(host), SERVER)
    await _noted(run, opened, sample)
    return _result(sample)


@health_checks.job("wp.health.system", CheckAsked, **_terms(20, "system"))
async def system(run: Run, asked: CheckAsked) -> dict[str, Any]:
    """Look at the fleet itself: Redis, the database, queues, workers, the data folder's disk."""
    if asked.target not in ("", FLEET):
        raise Discard(f"There is no system {asked.target}; the only one is {FLEET}.")
    opened = await run.open(records)
    readings = await look_at_system(await run.open(fleet_store), opened.engine, opened.settings)
    sample = _sample(Kind.SYSTEM, FLEET, readings, SYSTEM)
    await _noted(run, opened, sample)
    return _result(sample)


# ------------------------------------------------------------------ what follows from a look


async def _remember(found: Site, client: httpx.AsyncClient, settings: Settings) -> None:
    """Keep how the site looks while it is well, once an hour; there is another time when it takes too long."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(REMEMBERING_S):
            await renew(found, client, settings)


async def _each(run: Run, name: str, targets: Iterable[str]) -> dict[str, Any]:
    slot = slot_of(now())
    queued = [await run.enqueue(name, CheckAsked(target, slot)) for target in targets]
    return {"queued": sum(one.new for one in queued)}


def _sample(kind: Kind, target: str, readings: Sequence[Reading], bounds: Sequence[Bound]) -> Sample:
    at, remarks = now(), remarks_on(readings, bounds)
    return Sample(kind, target, Look(slot_of(at), at, worst(remarks), remarks), metrics_of(readings))


async def _noted(run: Run, opened: Records, sample: Sample) -> Decision:
    """Keep the sample and tell whoever must know."""
    decision = await Samples(opened.engine).note(sample)
    if decision.alert or decision.recovered:
        await run.enqueue("notify.alert", _alert(sample))
    for remark in sample.look.remarks:
        run.log(f"{remark.grade.word}: {remark.text}")
    return decision


def _alert(sample: Sample) -> AlertAsked:
    look, name = sample.look, f"{sample.kind.value} {sample.target}"
    condition = {Grade.FAILED: "fails", Grade.CRITICAL: "is in a critical state"}.get(look.grade, "is well again")
    return AlertAsked(
        fingerprint=f"health:{sample.kind}:{sample.target}:{'bad' if look.is_bad else 'well'}",
        severity="critical" if look.is_bad else "notice",
        subject=name[:100],
        title=f"{name[:1].upper()}{name[1:]} {condition}"[:200],
        text="\n".join(f"{one.grade.word}: {one.text}" for one in look.remarks)[:LONGEST_TEXT],
    )


def _incident(site_id: str, symptom: Symptom | None) -> IncidentAsked:
    return IncidentAsked(
        site=site_id,
        symptom=symptom.id if symptom else None,
        component=symptom.component[:100] if symptom else "",
        by="a health check",
        priority="high",
    )


def _result(sample: Sample) -> dict[str, Any]:
    look = sample.look
    return {
        "target": sample.target,
        "grade": look.grade.word,
        "remarks": [one.text for one in look.remarks],
        "metrics": dict(sample.metrics),
    }


for _name in ("site", "server", "system"):
    health_checks.schedule(
        Schedule(f"healer-{_name}-checks", "*/5 * * * *", f"wp.health.{_name}", catch_up=CatchUp.SKIP)
    )
