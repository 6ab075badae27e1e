"""`kill -9` at every point of a mail: a campaign's never arrives twice, any other always arrives, under one id."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests import forked
from tests.unit.crm.dying_mail import POINTS
from tests.unit.crm.office import Office, settings_in, staffed

pytestmark = pytest.mark.fault


@pytest.fixture
async def office(tmp_path: Path) -> AsyncGenerator[Office]:
    async with staffed(settings_in(tmp_path)) as made:
        yield made


async def died(office: Office, fence: int, point: str = "", campaign: str = "") -> tuple[int, str]:
    told = [str(office.settings.data_dir), "", str(office.mailbox.port), str(fence), point, campaign]
    done = await asyncio.to_thread(forked.run, "tests.unit.crm.dying_mail", told, os.environ)
    return done.returncode, done.stdout.strip()


@pytest.mark.parametrize("point", POINTS)
async def test_a_mail_arrives_wherever_its_run_is_killed_and_a_mailbox_keeps_one(office: Office, point: str) -> None:
    assert await died(office, 1, point) == (-signal.SIGKILL, "")
    code, told = await died(office, 2)
    assert (code, '"sent":true' in told) == (0, True)
    ids = [mail["Message-ID"] for mail in office.mailbox.mails]
    assert len(set(ids)) == 1
    assert len(ids) == (2 if point == POINTS[1] else 1)


@pytest.mark.parametrize("point", POINTS)
async def test_a_campaign_s_mail_never_arrives_twice_wherever_its_run_is_killed(office: Office, point: str) -> None:
    await office.campaign()
    assert await died(office, 1, point, "spring") == (-signal.SIGKILL, "")
    _, told = await died(office, 2, campaign="spring")
    in_doubt = point in POINTS[:2]
    assert told == "UnknownOutcome" if in_doubt else '"sent":true' in told
    assert len(office.mailbox.mails) == (0 if point == POINTS[0] else 1)
    assert (await office.recipient())[0] == ("unknown" if in_doubt else "sent")
