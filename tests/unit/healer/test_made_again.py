"""A job that runs a second time, with the same payload, leaves what the first run left, and tells nothing twice."""

from collections.abc import AsyncGenerator
from typing import Any

import msgspec
import pytest
from sqlalchemy import Table, func, select, update

from arqlight_core.clock import now
from arqlight_core.declaration import JobType
from arqlight_core.policy import DAY
from arqlight_core.settings import Settings
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_jobs.healer import data_retention, health_checks, notifications
from arqlight_jobs.healer.data_retention import AuditPurgeAsked, CleanUpAsked, PurgeAsked
from arqlight_jobs.healer.health.hosts import LOCAL
from arqlight_jobs.healer.health_checks import FLEET, CheckAsked
from arqlight_jobs.healer.incidents import Incidents, Opening
from arqlight_jobs.healer.machine import Limits
from arqlight_jobs.healer.notice_request import EscalationAsked, ReportAsked
from arqlight_jobs.healer.records import records
from arqlight_jobs.healer.retention.trail import Trail
from arqlight_jobs.healer.sites import Sites
from arqlight_jobs.healer.tables import audit_log, health_samples, notices
from arqlight_jobs.healer.words import Site
from tests.running import FakeRun
from tests.store.line import Line
from tests.unit.healer.test_retention import an_incident, rows, with_samples


class Bench:
    """Runs of one job after the other on one database."""

    def __init__(self, settings: Settings) -> None:
        self.first = FakeRun(settings)

    async def engine(self) -> Any:
        return (await self.first.open(records)).engine

    async def run(self, job: JobType[Any], asked: Any, fence: int) -> tuple[dict[str, Any], list[tuple[str, Any]]]:
        """What the run came to, and what it queued."""
        run = FakeRun(self.first.settings, fence=fence, attempt=fence)
        run.open = self.first.open
        return await job.handler(run, asked), run.queued

    async def twice(self, job: JobType[Any], asked: Any) -> list[tuple[dict[str, Any], list[tuple[str, Any]]]]:
        return [await self.run(job, asked, fence) for fence in (1, 2)]

    async def count(self, table: Table) -> int:
        async with (await self.engine()).connect() as connection:
            return (await connection.execute(select(func.count()).select_from(table))).scalar_one()


@pytest.fixture
async def bench(settings: Settings) -> AsyncGenerator[Bench]:
    made = Bench(settings)
    async with made.first.stack:
        await made.engine()
        yield made


# ------------------------------------------------------------------ retention


async def test_a_purge_made_again_finds_nothing_left(bench: Bench) -> None:
    await with_samples(bench.first, 7, 4 * DAY)
    await with_samples(bench.first, 3, 2 * DAY)
    (first, _), (second, _) = await bench.twice(data_retention.purge_expired, PurgeAsked())
    assert (first["deleted"], second["deleted"]) == (7, 0)
    assert await rows(bench.first, health_samples) == 3


async def test_a_clean_up_made_again_leaves_what_the_first_left(bench: Bench) -> None:
    await an_incident(bench.first, 2 * DAY)
    (first, _), (second, _) = await bench.twice(data_retention.cleanup_artifacts, CleanUpAsked())
    assert first["roots"] == second["roots"]
    assert (first["bytes"], second["bytes"]) == (0, 0)


async def test_an_audit_purge_made_again_keeps_its_tombstone_and_the_chain(bench: Bench) -> None:
    trail = Trail(await bench.engine())
    for number in range(3):
        await trail.append({"number": number})
    async with (await bench.engine()).begin() as connection:
        await connection.execute(update(audit_log).where(audit_log.c.number < 3).values(at=now() - 8 * DAY))
    (first, _), (second, _) = await bench.twice(data_retention.audit_purge, AuditPurgeAsked())
    assert (first["deleted"], second["deleted"]) == (2, 0)
    assert (await trail.verify()).broken == ""


# ------------------------------------------------------------------ health


@pytest.fixture
def one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both looks fall into the same five minutes, whatever the clock says."""
    at = now()
    monkeypatch.setattr(health_checks, "now", lambda: at)


@pytest.mark.parametrize(("job", "target"), [("site", "shop"), ("server", LOCAL)])
@pytest.mark.usefixtures("one_moment")
async def test_a_look_made_again_is_one_sample_and_leads_to_the_same(bench: Bench, job: str, target: str) -> None:
    await Sites(await bench.engine()).add(Site("shop", "shop", "http://127.0.0.1:9"))
    (_, first), (_, second) = await bench.twice(getattr(health_checks, job), CheckAsked(target, 1))
    assert await bench.count(health_samples) == 1
    assert first == second


@pytest.mark.usefixtures("one_moment", "line")
async def test_a_look_at_the_fleet_made_again_is_one_sample(settings: Settings, shared_server: EmbeddedServer) -> None:
    bench = Bench(msgspec.structs.replace(settings, redis_url=shared_server.url))
    async with bench.first.stack:
        (_, first), (_, second) = await bench.twice(health_checks.system, CheckAsked(FLEET, 1))
        assert await bench.count(health_samples) == 1
    assert first == second


# ------------------------------------------------------------------ notices


async def test_an_escalation_made_again_raises_no_second_notice_and_asks_for_the_same(bench: Bench) -> None:
    engine = await bench.engine()
    incident = (await Incidents(engine).open(Opening("shop", "db_down", by="a health check"), Limits()))[0].id
    first, second = await bench.twice(notifications.escalation, EscalationAsked(incident))
    assert first == second
    assert await bench.count(notices) == 1


async def test_a_report_made_again_raises_no_second_notice(
    settings: Settings, line: Line, shared_server: EmbeddedServer
) -> None:
    await line.finish(await line.running("a"))
    bench = Bench(msgspec.structs.replace(settings, redis_url=shared_server.url))
    async with bench.first.stack:
        first, second = await bench.twice(notifications.report, ReportAsked())
        assert first == second
        assert await bench.count(notices) == 1
