"""Health, retention and notices on PostgreSQL, where it is installed: the same statements, another database."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from arqlight_core.clock import now
from arqlight_core.policy import DAY
from arqlight_core.settings import Settings
from arqlight_jobs.healer import data_retention
from arqlight_jobs.healer.data_retention import AuditPurgeAsked, CleanUpAsked, PurgeAsked
from arqlight_jobs.healer.health.deciding import Look
from arqlight_jobs.healer.health.grading import Grade
from arqlight_jobs.healer.health.samples import Kind, Sample, Samples
from arqlight_jobs.healer.notices import Notices, Wish
from arqlight_jobs.healer.records import records
from arqlight_jobs.healer.retention.holds import Holds
from arqlight_jobs.healer.retention.trail import Trail
from arqlight_jobs.healer.tables import audit_log, health_samples, metadata
from tests.running import FakeRun
from tests.unit.billing import test_postgresql

postgresql_server = test_postgresql.server


@pytest.mark.skipif(not all(map(shutil.which, test_postgresql.PROGRAMS)), reason="PostgreSQL is not installed")
async def test_what_is_too_old_goes_and_the_log_of_it_verifies(postgresql_server: str, tmp_path: Path) -> None:
    run = FakeRun(Settings(data_dir=tmp_path / "data", database_url=postgresql_server))
    async with run.stack:
        engine = (await run.open(records)).engine
        async with engine.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                await connection.execute(delete(table))
        for slot in range(3):
            await Samples(engine).note(Sample(Kind.SITE, "shop", Look(slot, now(), Grade.FAILED), {"status": 500.0}))
        assert len(await Samples(engine).newest()) == 1
        async with engine.begin() as connection:
            await connection.execute(update(health_samples).values(at=now() - 4 * DAY))
        await Holds(engine).put("health samples", "site:shop:1", "ada", "a court wants it")
        assert (await data_retention.purge_expired.handler(run, PurgeAsked()))["deleted"] == 2
        await data_retention.cleanup_artifacts.handler(run, CleanUpAsked())
        async with engine.begin() as connection:
            await connection.execute(update(audit_log).values(at=now() - 8 * DAY))
        assert (await data_retention.audit_purge.handler(run, AuditPurgeAsked()))["deleted"] > 0
        assert (await Trail(engine).verify()).broken == ""
        wish = Wish("alert", "site shop", "mark", "critical", "Site shop fails", "why", "a-job")
        raised = await Notices(engine).raised(wish)
        assert raised
        assert (await Notices(engine).acknowledge(raised.id, "ada"))[0].acknowledged_by == "ada"
