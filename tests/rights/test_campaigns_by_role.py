"""Campaigns by role: who may queue jobs starts them, who may pause queues stops them, and nobody else moves them."""

from pathlib import Path

import pytest

from arqlight.orders import crm
from arqlight_core.errors import NotAllowed
from arqlight_core.rights import Role
from arqlight_core.settings import Settings
from arqlight_core.store.gateway import Store
from arqlight_jobs.crm.campaigns import CampaignState
from tests.rights.conftest import Logins
from tests.unit.crm.drive import a_drive

MAY = {Role.WORKER, Role.ADMIN}


@pytest.mark.parametrize("role", Role)
async def test_a_campaign_is_started_by_who_may_queue_its_job_alone(logins: Logins, tmp_path: Path, role: Role) -> None:
    store = Store(logins.url(role))
    async with a_drive(Settings(data_dir=tmp_path / "data")) as drive:
        await drive.draft()
        if role in MAY:
            assert await crm.start(store, drive.known, "ada", campaign_id="spring") == "Campaign spring is running."
        else:
            with pytest.raises(NotAllowed, match="may not do this"):
                await crm.start(store, drive.known, "ada", campaign_id="spring")
        assert (await drive.told.find("spring")).state is (
            CampaignState.RUNNING if role in MAY else CampaignState.DRAFT
        )
    await store.close()


@pytest.mark.parametrize("role", Role)
async def test_a_campaign_that_runs_is_steered_by_who_may_pause_a_queue(
    logins: Logins, tmp_path: Path, role: Role
) -> None:
    admin, store = Store(logins.url(Role.ADMIN)), Store(logins.url(role))
    async with a_drive(Settings(data_dir=tmp_path / "data")) as drive:
        await drive.draft()
        await crm.start(admin, drive.known, "ada", campaign_id="spring")
        for order, state in ((crm.pause, "paused"), (crm.resume, "running"), (crm.cancel, "cancelled")):
            if role in {Role.OPERATOR, *MAY}:
                assert await order(store, drive.known, "bob", campaign_id="spring") == f"Campaign spring is {state}."
            else:
                with pytest.raises(NotAllowed, match="may not do this"):
                    await order(store, drive.known, "bob", campaign_id="spring")
                assert (await drive.told.find("spring")).state is CampaignState.RUNNING
    await admin.close()
    await store.close()
