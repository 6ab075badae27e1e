"""What is told of campaigns, and what is written down for them, on a real PostgreSQL server."""

from pathlib import Path

import pytest

from arqlight_core.campaigns import Recipients
from arqlight_core.policy import MINUTE
from arqlight_core.settings import Settings
from arqlight_jobs.crm import answers
from arqlight_jobs.crm.campaigns import RecipientState
from arqlight_jobs.crm.registration import Registry
from tests.unit.billing.test_postgresql import pytestmark, server
from tests.unit.crm.drive import a_drive

__all__ = ["pytestmark", "server"]


async def test_a_campaign_is_told_as_on_sqlite(server: str, tmp_path: Path) -> None:
    async with a_drive(Settings(data_dir=tmp_path / "data", database_url=server)) as drive:
        assert not await Registry(drive.known.engine).put_sender("acme", "10655510", 2000)
        assert (await Registry(drive.known.engine).find("acme")).senders == {"10655510": 2000}
        await drive.running()
        await drive.recipients("spring", RecipientState.SENT, 3)
        await drive.recipients("spring", RecipientState.FAILED, 2, reason="no answer", ago=10 * MINUTE)
        told = await answers.campaign(drive.known, campaign_id="spring")
        assert told.campaign.recipients == Recipients(sent=3, failed=2)
        assert {place: many for place, many in enumerate(told.past_hour) if many} == {49: 2, 59: 3}
        assert told.campaign.per_minute == pytest.approx(18, rel=0.2)  # three within the first ten seconds
        assert await answers.campaigns(drive.known) == (told.campaign,)
