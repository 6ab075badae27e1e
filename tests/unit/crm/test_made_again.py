"""A mail's job that runs a second time, with the same payload: it is handed on to the same job, and sent once."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from arqlight_jobs.crm.email import send
from tests.unit.crm.office import ASKED, Office, settings_in, staffed


@pytest.fixture
async def office(tmp_path: Path) -> AsyncGenerator[Office]:
    async with staffed(settings_in(tmp_path)) as made:
        yield made


async def test_a_mail_that_is_handed_on_again_is_handed_to_the_same_job(office: Office) -> None:
    first, second = office.run(), office.run()
    assert await send.handler(first, ASKED) == await send.handler(second, ASKED)
    assert first.queued == second.queued


@pytest.mark.parametrize("way", ["smtp", "sendgrid"])
async def test_a_mail_is_sent_once_however_often_its_job_runs(office: Office, way: str) -> None:
    await office.mail_by(way)
    told = [await office.send(by=way) for _ in range(2)]
    assert told[0] == told[1]
    assert len(office.mailbox.mails) + len(list(office.there.calls)) == 1
