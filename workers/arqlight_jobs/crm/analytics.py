"""The queue of figures and its one job type: what each tenant did in the last hours or days, summed up.

Every figure is summed up anew from what is on record and laid over what was there: the same twice is the same.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from arqlight_core.clock import now
from arqlight_core.declaration import Queue
from arqlight_core.policy import DAY, SECOND, Backoff, Keep, Priority, Retention, Schedule
from arqlight_core.run import Run
from arqlight_jobs.crm.analytics_metrics import METRICS, Metric
from arqlight_jobs.crm.analytics_periods import Period, closed
from arqlight_jobs.crm.happenings import DELIVER
from arqlight_jobs.crm.message_lost import settle_lost
from arqlight_jobs.crm.people import tenant_of
from arqlight_jobs.crm.records import records
from arqlight_jobs.crm.requests import SnapshotAsked
from arqlight_jobs.crm.tables.data import snapshots
from arqlight_jobs.crm.tables.people import tenants

PAGE = 100
"""Tenants whose figures are written together."""

analytics = Queue(
    name="crm:analytics",
    purpose="Figures of each tenant by hour and by day.",
    concurrency=1,
    retention=Retention(completed=Keep(100, DAY), dead=Keep(500, 7 * DAY)),
)


def _same(asked: SnapshotAsked) -> str:
    return f"analytics:{asked.granularity}"


@analytics.job(
    "crm.analytics.snapshot",
    SnapshotAsked,
    timeout=120 * SECOND,
    retry=Backoff(3, first=30 * SECOND),
    priority=Priority.LOW,
    exclusive=_same,
    at_least_once=True,
    follow_ups=(DELIVER,),
)
async def snapshot(run: Run, asked: SnapshotAsked) -> dict[str, Any]:
    """Sum up the last closed periods of every tenant, or of one. What has failed unseen is accounted for before."""
    opened = await run.open(records)
    if lost := await settle_lost(run, opened.engine):
        run.log(f"{lost} messages had lost their jobs")
    periods = closed(asked.granularity, now(), opened.settings.timezone)
    everybody = await _tenants(opened.engine, asked.tenant)
    for number, period in enumerate(periods):
        values = await _summed_up(opened.engine, period, asked.tenant)
        told = {"granularity": asked.granularity, "period_start": period.start, "fence": run.fence}
        for place in range(0, len(everybody), PAGE):
            page = everybody[place : place + PAGE]
            await _lay_over(opened.engine, {**told, "computed_at": now()}, values, page)
            run.progress(number * len(everybody) + place + len(page), len(periods) * len(everybody), "tenants")
    figures = len(periods) * len(everybody) * len(METRICS)
    return {"tenants": len(everybody), "figures": figures, "since": periods[0].start.isoformat()}


async def _tenants(engine: AsyncEngine, tenant: str) -> list[str]:
    async with engine.connect() as connection:
        if tenant:
            return [(await tenant_of(connection, tenant)).id]
        return list((await connection.execute(select(tenants.c.id).order_by(tenants.c.id))).scalars())


async def _summed_up(engine: AsyncEngine, period: Period, tenant: str) -> dict[str, dict[str, float | None]]:
    """Each figure of the tenants that have one: by one query for all of them, however many they are."""
    async with engine.connect() as connection:
        return {name: await _values(connection, metric, period, tenant) for name, metric in METRICS.items()}


async def _values(connection: AsyncConnection, metric: Metric, period: Period, tenant: str) -> dict[str, float | None]:
    query = metric.query(*period)
    own = query.where(query.selected_columns[0] == tenant) if tenant else query
    return {one: None if value is None else float(value) for one, value in await connection.execute(own)}


async def _lay_over(
    engine: AsyncEngine, told: Mapping[str, Any], values: Mapping[str, Mapping[str, float | None]], page: Sequence[str]
) -> None:
    """Write the figures of these tenants over older ones; those of a later run stay."""
    rows = [
        {**told, "tenant": tenant, "metric": name, "value": values[name].get(tenant, metric.otherwise)}
        for name, metric in METRICS.items()
        for tenant in page
    ]
    async with engine.begin() as connection:
        insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(snapshots)
        fresh = {name: insert.excluded[name] for name in ("value", "fence", "computed_at")}
        keys = [column.name for column in snapshots.primary_key]
        laid = insert.on_conflict_do_update(index_elements=keys, set_=fresh, where=snapshots.c.fence <= fresh["fence"])
        await connection.execute(laid, rows)


analytics.schedule(
    Schedule("crm-hourly-figures", "5 * * * *", "crm.analytics.snapshot", payload={"granularity": "hour"})
)
analytics.schedule(
    Schedule("crm-daily-figures", "15 0 * * *", "crm.analytics.snapshot", payload={"granularity": "day"})
)
