"""Retention: what is too old goes, what is held or open stays, and all of it is written down."""

import os
import uuid
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, insert, select, update

from arqlight_core.catalogue import Catalogue
from arqlight_core.clock import now
from arqlight_core.declaration import JobType
from arqlight_core.errors import Discard, PayloadInvalid, UsageError
from arqlight_core.policy import DAY, HOUR
from arqlight_core.settings import Settings
from arqlight_jobs.billing.records import records as billing_records
from arqlight_jobs.billing.tables import Status, validation_results, validation_runs
from arqlight_jobs.expiry import BATCH, discovered
from arqlight_jobs.healer import data_retention
from arqlight_jobs.healer.artifacts import Artifacts, healer_folder
from arqlight_jobs.healer.data_retention import AuditPurgeAsked, CleanUpAsked, PurgeAsked
from arqlight_jobs.healer.incidents import Incidents, Opening
from arqlight_jobs.healer.machine import Limits
from arqlight_jobs.healer.records import records
from arqlight_jobs.healer.retention.holds import Holds
from arqlight_jobs.healer.retention.trail import Trail
from arqlight_jobs.healer.sites import Sites
from arqlight_jobs.healer.tables import audit_log, health_samples, incidents
from arqlight_jobs.outbound.effects import Holder, State, effects, outbox
from tests.healing import SITE
from tests.running import FakeRun
from tests.unit.healer.attempts import nested


@pytest.fixture
async def run(settings: Settings) -> AsyncGenerator[FakeRun]:
    made = FakeRun(settings)
    async with made.stack:
        await made.open(records)
        yield made


async def engine_of(run: FakeRun) -> Any:
    return (await run.open(records)).engine


async def execute(run: FakeRun, *statements: Any) -> None:
    async with (await engine_of(run)).begin() as connection:
        for statement in statements:
            await connection.execute(*statement) if isinstance(statement, tuple) else await connection.execute(
                statement
            )


async def rows(run: FakeRun, table: Any) -> int:
    async with (await engine_of(run)).connect() as connection:
        return (await connection.execute(select(func.count()).select_from(table))).scalar_one()


async def do(run: FakeRun, job: JobType[Any], asked: Any) -> dict[str, Any]:
    return await job.handler(run, asked)


async def with_samples(run: FakeRun, count: int, age: timedelta) -> None:
    at = now() - age
    told: dict[str, Any] = {"kind": "site", "target": str(age), "grade": 0, "remarks": [], "metrics": {}}
    told |= {"at": at, "told": False}
    await execute(run, (insert(health_samples), [{**told, "slot": number} for number in range(count)]))


async def an_incident(run: FakeRun, closed: timedelta | None, site: str = "shop") -> str:
    """An incident with a file; closed so long ago, or open."""
    opened, _ = await Incidents(await engine_of(run)).open(Opening(site), Limits())
    files = Artifacts.of(run.settings, site, opened.id)
    files.write("evidence.json", b"{}")
    if closed is not None:
        await execute(run, update(incidents).where(incidents.c.id == opened.id).values(closed_at=now() - closed))
    return opened.id


def aged(path: Path, age: timedelta = 2 * DAY) -> None:
    moment = (now() - age).timestamp()
    os.utime(path, (moment, moment), follow_symlinks=False)


# ------------------------------------------------------------------ rows


async def test_rows_go_by_their_age_in_batches_and_each_category_is_written_down(run: FakeRun) -> None:
    await with_samples(run, BATCH + 7, 4 * DAY)
    await with_samples(run, 3, 2 * DAY)
    told = await do(run, data_retention.purge_expired, PurgeAsked())
    assert told["deleted"] == BATCH + 7
    assert await rows(run, health_samples) == 3
    assert run.percents == [100 * BATCH // (BATCH + 7), 100]
    entries = {entry.told["category"]: entry.told for entry in await Trail(await engine_of(run)).entries()}
    assert entries.keys() == {one.name for one in discovered().categories}
    own = entries["health samples"]
    assert (own["matched"], own["deleted"], own["actor"], own["job"]) == (BATCH + 7, BATCH + 7, "a schedule", "a-job")
    assert own["bytes"] > 0


async def test_a_dry_run_counts_and_deletes_nothing(run: FakeRun) -> None:
    await with_samples(run, 5, 4 * DAY)
    told = await do(run, data_retention.purge_expired, PurgeAsked("health samples", dry_run=True))
    assert [(one["matched"], one["deleted"]) for one in told["categories"]] == [(5, 0)]
    assert await rows(run, health_samples) == 5
    [entry] = await Trail(await engine_of(run)).entries()
    assert entry.told["dry_run"] is True


async def test_an_open_incident_stays_however_old_and_a_closed_one_goes_with_its_steps(run: FakeRun) -> None:
    closed, opened = await an_incident(run, 4 * DAY), await an_incident(run, None)
    await execute(run, update(incidents).values(opened_at=now() - 30 * DAY))
    await do(run, data_retention.purge_expired, PurgeAsked("incidents"))
    left = {one.id for one in await Incidents(await engine_of(run)).listed()}
    assert (closed in left, opened in left) == (False, True)


async def test_what_is_held_stays_until_it_is_let_go(run: FakeRun) -> None:
    held, free = await an_incident(run, 4 * DAY), await an_incident(run, 4 * DAY, "other")
    holds = Holds(await engine_of(run))
    await holds.put("incidents", held, "ada", "a court wants it")
    with pytest.raises(UsageError, match="held already"):
        await holds.put("incidents", held, "ada", "again")
    await do(run, data_retention.purge_expired, PurgeAsked("incidents"))
    assert [one.id for one in await Incidents(await engine_of(run)).listed()] == [held]
    assert free != held
    await holds.lift("incidents", held)
    await do(run, data_retention.purge_expired, PurgeAsked("incidents"))
    assert await Incidents(await engine_of(run)).listed() == []
    with pytest.raises(UsageError, match="not held"):
        await holds.lift("incidents", held)


async def test_a_row_with_a_key_of_several_parts_can_be_held(run: FakeRun) -> None:
    await with_samples(run, 2, 4 * DAY)
    await Holds(await engine_of(run)).put("health samples", f"site:{4 * DAY}:1", "ada", "evidence")
    await do(run, data_retention.purge_expired, PurgeAsked("health samples"))
    assert await rows(run, health_samples) == 1


async def test_effects_whose_outcome_is_unknown_wait_for_an_operator(run: FakeRun) -> None:
    box = await run.open(outbox)
    for state in State:
        await box.seen(state.value, Holder("a-job", 1))
        await execute(run, update(effects).where(effects.c.effect_key == state.value).values(state=state))
    await execute(run, update(effects).values(at=now() - 4 * DAY))
    await do(run, data_retention.purge_expired, PurgeAsked("outbox"))
    async with box.engine.connect() as connection:
        left = set((await connection.execute(select(effects.c.effect_key))).scalars())
    assert left == {"pending", "sending", "unknown"}


async def test_other_domains_say_themselves_what_goes(run: FakeRun) -> None:
    await run.open(billing_records)
    ended = {"finished_at": now() - 4 * DAY, "status": Status.COMPLETED}
    for told in (ended, {"status": Status.PROCESSING}):
        run_id = str(uuid.uuid4())
        row = {"id": run_id, "file_id": run_id, "file_name": b"x", "run_date": now().date(), "job_id": "j"}
        await execute(run, (insert(validation_runs), {**row, "created_at": now() - 9 * DAY, **told}))
        finding = {"number": 1, "rule_id": "R01", "severity": "error", "category": "x", "row_no": 1, "message": "m"}
        finding |= {"run_id": run_id, "solution": "s", "row_ids": []}
        await execute(run, (insert(validation_results), finding))
    await do(run, data_retention.purge_expired, PurgeAsked())
    assert (await rows(run, validation_runs), await rows(run, validation_results)) == (1, 1)


async def test_days_outside_the_cap_are_rejected(run: FakeRun, settings: Settings) -> None:
    for days in (0, 8, -1):
        with pytest.raises(PayloadInvalid, match="days"):
            data_retention.purge_expired.parse({"days": days})
    assert data_retention.purge_expired.parse({"days": 7}).days == 7
    strict = FakeRun(msgspec.structs.replace(settings, max_retention_days=2, default_retention_days=2))
    async with strict.stack:
        with pytest.raises(Discard, match="for 2 days at most"):
            await do(strict, data_retention.purge_expired, PurgeAsked(days=3))
    with pytest.raises(Discard, match="no category letters; they are: "):
        await do(run, data_retention.purge_expired, PurgeAsked("letters"))


def test_no_queue_keeps_ended_jobs_longer_than_any_data_may_be_kept() -> None:
    kept = [queue.retention for queue in Catalogue.discover("arqlight_jobs").queues.values()]
    assert max(age for one in kept for age in (one.completed.age, one.dead.age)) <= 7 * DAY


# ------------------------------------------------------------------ files


async def test_files_that_no_record_refers_to_go_and_all_others_stay(run: FakeRun) -> None:
    await Sites(await engine_of(run)).add(SITE)
    kept = await an_incident(run, 4 * DAY)
    folder = healer_folder(run.settings) / "shop"
    orphan, young, other = folder / "0123456789ab", folder / "0123456789ac", folder / "notes"
    for place in (orphan, young, other, folder / "healthy", folder.parent / SITE.id / "healthy"):
        place.mkdir(parents=True)
        (place / "file").write_bytes(b"x" * 100)
    (orphan / "locked").mkdir(mode=0o000)
    for place in (orphan, other, folder / kept, folder / "healthy", folder.parent / SITE.id / "healthy"):
        aged(place)
    told = await do(run, data_retention.cleanup_artifacts, CleanUpAsked())
    left = {path.relative_to(folder.parent).as_posix() for path in folder.parent.glob("*/*")}
    assert left == {f"shop/{kept}", "shop/0123456789ac", "shop/notes", f"{SITE.id}/healthy"}
    assert told["bytes"] == 200
    assert {one["root"]: one["deleted"] for one in told["roots"]} == {"incident files": 1, "site files": 1}
    assert len(await Trail(await engine_of(run)).entries()) == 2


@pytest.mark.parametrize(("depth", "name"), [(2500, "d"), (60, "d" * 200)])
async def test_a_tree_deeper_than_a_path_can_name_goes_too(run: FakeRun, depth: int, name: str) -> None:
    orphan = healer_folder(run.settings) / "shop" / "0123456789ab"
    (orphan / "quarantine").mkdir(parents=True)
    (orphan / "link").symlink_to(run.settings.data_dir)
    nested(orphan / "quarantine", depth, name)
    aged(orphan)
    told = await do(run, data_retention.cleanup_artifacts, CleanUpAsked())
    assert sum(one["deleted"] for one in told["roots"]) == 1
    assert not orphan.exists()
    assert run.settings.data_dir.exists()


async def test_nothing_is_deleted_through_a_link(run: FakeRun, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / "0123456789ab").mkdir(parents=True)
    (outside / "0123456789ab" / "precious").touch()
    healer = healer_folder(run.settings)
    (healer / "shop").mkdir(parents=True)
    (healer / "linked").symlink_to(outside)
    (healer / "shop" / "0123456789ab").symlink_to(outside / "0123456789ab")
    aged(healer / "shop" / "0123456789ab")
    aged(outside / "0123456789ab")
    await do(run, data_retention.cleanup_artifacts, CleanUpAsked())
    assert (outside / "0123456789ab" / "precious").exists()
    assert not (healer / "shop" / "0123456789ab").is_symlink()
    assert (healer / "linked").is_symlink()


async def test_a_root_that_is_a_link_is_left_alone(run: FakeRun, tmp_path: Path) -> None:
    (tmp_path / "outside" / "shop" / "0123456789ab").mkdir(parents=True)
    aged(tmp_path / "outside" / "shop" / "0123456789ab")
    healer_folder(run.settings).symlink_to(tmp_path / "outside")
    await do(run, data_retention.cleanup_artifacts, CleanUpAsked())
    assert (tmp_path / "outside" / "shop" / "0123456789ab").is_dir()


async def test_a_dry_clean_up_deletes_nothing_and_records_without_files_are_counted(run: FakeRun) -> None:
    orphan = healer_folder(run.settings) / "shop" / "0123456789ab"
    orphan.mkdir(parents=True)
    aged(orphan)
    await Incidents(await engine_of(run)).open(Opening("shop"), Limits())
    told = await do(run, data_retention.cleanup_artifacts, CleanUpAsked(dry_run=True))
    [own] = [one for one in told["roots"] if one["root"] == "incident files"]
    assert (own["deleted"], own["missing"], own["dry_run"]) == (1, 1, True)
    assert orphan.is_dir()


async def test_billing_files_whose_run_is_over_go(run: FakeRun) -> None:
    await run.open(billing_records)
    folder = run.settings.data_dir / "uploads"
    folder.mkdir()
    waiting, orphan, forgotten = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    row = {"file_name": b"x", "run_date": now().date(), "status": Status.QUEUED}
    for own, file, at in (("r", waiting, now()), ("s", forgotten, now() - 9 * DAY)):
        one = {**row, "id": own, "job_id": own, "file_id": str(file), "created_at": at}
        await execute(run, (insert(validation_runs), one))
    for name in (f"{waiting}.csv", f"{forgotten}.csv", f"{orphan}.csv", f"{orphan}.part", "readme.txt"):
        (folder / name).touch()
        aged(folder / name)
    await do(run, data_retention.cleanup_artifacts, CleanUpAsked())
    assert {path.name for path in folder.iterdir()} == {f"{waiting}.csv", "readme.txt"}


# ------------------------------------------------------------------ the audit log


async def test_the_audit_log_is_purged_beyond_the_cap_and_verifies(run: FakeRun) -> None:
    trail = Trail(await engine_of(run))
    for number in range(3):
        await trail.append({"number": number})
    await execute(run, update(audit_log).where(audit_log.c.number < 3).values(at=now() - 7 * DAY - HOUR))
    told = await do(run, data_retention.audit_purge, AuditPurgeAsked("ada"))
    assert (told["deleted"], told["kept"]) == (2, 1)
    assert (await trail.verify()).broken == ""
    assert (await trail.entries(1))[0].told["actor"] == "ada"


async def test_a_broken_audit_log_is_left_as_it_is(run: FakeRun) -> None:
    trail = Trail(await engine_of(run))
    for number in range(3):
        await trail.append({"number": number})
    await execute(run, update(audit_log).where(audit_log.c.number == 1).values(body="{}", at=now() - 9 * DAY))
    with pytest.raises(Discard, match="broken at entry 1"):
        await do(run, data_retention.audit_purge, AuditPurgeAsked())
    assert await rows(run, audit_log) == 3
