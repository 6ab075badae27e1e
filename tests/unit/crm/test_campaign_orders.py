"""Start, pause, resume and cancel, on a real server: the record is moved, the job is queued, the trail tells of it."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from arqlight.orders import crm
from arqlight_core import observe
from arqlight_core.errors import JobNotFound, UsageError
from arqlight_core.jobs import State
from arqlight_core.operations import OPERATIONS, Selection
from arqlight_core.settings import Settings
from arqlight_core.store.gateway import Store
from arqlight_jobs.crm.campaigns import CampaignState
from tests.unit.crm.drive import Drive, a_drive

QUEUE, JOB = "crm:campaign", "{crm:campaign}:spring"


@pytest.fixture
async def drive(tmp_path: Path) -> AsyncGenerator[Drive]:
    async with a_drive(Settings(data_dir=tmp_path / "data")) as made:
        yield made


async def told(store: Store, drive: Drive, order: str, reason: str = "") -> str:
    return await crm.ORDERS[order](store, drive.known, "ada", campaign_id="spring", reason=reason)


async def jobs(store: Store) -> int:
    return sum({one.name: one for one in (await observe.fleet(store)).queues}[QUEUE].counts.values())


async def test_a_draft_is_started_by_its_one_job(store: Store, drive: Drive) -> None:
    draft = await drive.draft()
    assert await told(store, drive, "start", "the shop is open") == "Campaign spring is running."
    job = await observe.job(store, JOB)
    assert (job.state, job.job_type, job.correlation_id) == (State.WAITING, "crm.campaign.run", draft.correlation_id)
    assert job.payload["args"] == [{"campaign": "spring"}]
    [move] = await drive.told.moves("spring")
    assert (move.target, move.reason) == (CampaignState.RUNNING, "ada started it: the shop is open")
    trail = await observe.audit(store)
    assert [(row.actor, row.operation, row.target, row.reason, row.condition) for row in trail.rows] == [
        ("ada", "start_campaign", "spring", "the shop is open", "done")
    ]


async def test_it_is_paused_resumed_and_cancelled_and_each_says_who_and_why(store: Store, drive: Drive) -> None:
    await drive.draft()
    for order, reason in (("start", ""), ("pause", "wrong text."), ("resume", ""), ("cancel", "sold out")):
        await told(store, drive, order, reason)
    assert [move.reason for move in await drive.told.moves("spring")] == [
        "ada started it",
        "ada paused it: wrong text",
        "ada resumed it",
        "ada cancelled it: sold out",
    ]
    assert await jobs(store) == 1


@pytest.mark.parametrize(
    ("orders", "refused", "sentence"),
    [
        ([], "pause", "Campaign spring is not paused: it is a draft, not running."),
        (["start"], "start", "Campaign spring is not started: it is running."),
        (["start"], "resume", "Campaign spring is not resumed: it is running, not paused or stopped."),
        (["start", "cancel"], "resume", "Campaign spring is not resumed: it is cancelled."),
        (["cancel"], "cancel", "Campaign spring is not cancelled: it is cancelled."),
    ],
)
async def test_what_its_state_forbids_is_refused_and_on_record(
    store: Store, drive: Drive, orders: list[str], refused: str, sentence: str
) -> None:
    await drive.draft()
    for order in orders:
        await told(store, drive, order)
    before = await drive.told.find("spring")
    with pytest.raises(UsageError, match=sentence):
        await told(store, drive, refused)
    assert await drive.told.find("spring") == before
    assert (await observe.audit(store)).rows[0].condition == "refused"


async def test_one_that_failures_have_stopped_goes_on_for_a_reason_alone(store: Store, drive: Drive) -> None:
    await drive.draft()
    await told(store, drive, "start")
    assert await drive.told.move("spring", (CampaignState.RUNNING,), CampaignState.STOPPED, "24 have failed of 96")
    with pytest.raises(UsageError, match=r"was stopped \(24 have failed of 96\); say why it may go on"):
        await told(store, drive, "resume", "  ")
    assert await told(store, drive, "resume", "the template is mended") == "Campaign spring is running."


async def test_a_job_that_a_crash_has_left_unqueued_is_queued_by_the_next_start(store: Store, drive: Drive) -> None:
    await drive.running()
    assert await told(store, drive, "start") == "Campaign spring is running."
    assert (await observe.job(store, JOB)).state is State.WAITING
    with pytest.raises(UsageError, match="it is running"):
        await told(store, drive, "start")


async def test_a_job_that_somebody_has_cancelled_is_alive_again_when_the_campaign_is_resumed(
    store: Store, drive: Drive
) -> None:
    await drive.draft()
    await told(store, drive, "start")
    waiting = Selection(QUEUE, State.WAITING, (JOB,))
    await OPERATIONS["cancel"].run(store, selection=waiting, actor="otto")
    assert (await observe.job(store, JOB)).state is State.CANCELLED
    await told(store, drive, "pause")
    await told(store, drive, "resume")
    assert (await observe.job(store, JOB)).state is State.WAITING


async def test_a_draft_is_cancelled_without_any_job(store: Store, drive: Drive) -> None:
    await drive.draft()
    assert await told(store, drive, "cancel") == "Campaign spring is cancelled."
    with pytest.raises(JobNotFound):
        await observe.job(store, JOB)


async def test_an_unknown_campaign_is_refused_before_anything_is_written(store: Store, drive: Drive) -> None:
    with pytest.raises(UsageError, match="There is no campaign spring"):
        await told(store, drive, "start")
    assert (await observe.audit(store)).rows == ()
