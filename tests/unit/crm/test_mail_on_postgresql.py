"""The same promises of mails and notifications on a real PostgreSQL server, where its programs are installed."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import delete, insert

from arqlight_core.errors import Discard, UnknownOutcome
from arqlight_jobs.crm import notification
from arqlight_jobs.crm.notification_inbox import Inbox
from arqlight_jobs.crm.records import records
from arqlight_jobs.crm.requests import EmailAsked, NotificationAsked
from arqlight_jobs.crm.tables import metadata
from arqlight_jobs.crm.tables.people import users
from arqlight_jobs.outbound.effects import effects, outbox
from tests.unit.billing.test_postgresql import pytestmark, server
from tests.unit.crm.office import ADDRESS, ASKED, IN_CAMPAIGN, Office, settings_in, staffed

__all__ = ["pytestmark", "server"]


@pytest.fixture
async def office(tmp_path: Path, server: str) -> AsyncGenerator[Office]:
    settings = msgspec.structs.replace(settings_in(tmp_path), database_url=server)
    async with records(settings) as held, outbox(settings) as box:
        async with held.engine.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                await connection.execute(delete(table))
        async with box.engine.begin() as connection:
            await connection.execute(delete(effects))
    async with staffed(settings) as made:
        yield made


async def test_of_many_runs_of_the_same_mail_one_sends_it(office: Office) -> None:
    told = await asyncio.gather(*(office.send(run=office.run(job_id=f"job-{number}")) for number in range(5)))
    assert all(one == told[0] for one in told)
    assert len(office.mailbox.mails) == 1


async def test_a_campaign_s_mail_in_doubt_is_left_to_the_operator(office: Office) -> None:
    await office.campaign()
    office.mailbox.answers = [""]
    for _ in range(2):
        with pytest.raises(UnknownOutcome):
            await office.send(IN_CAMPAIGN)
    assert (await office.recipient())[0] == "unknown"
    assert len(office.mailbox.mails) == 1


async def test_an_address_that_is_dead_gets_nothing_more(office: Office) -> None:
    office.mailbox.refused = {ADDRESS: "550 5.1.1 who"}
    with pytest.raises(Discard):
        await office.send()
    told = await office.send(msgspec.structs.replace(ASKED, entity="order-8"))
    assert told == {"sent": False, "reason": "suppressed: hard bounce 5.1.1"}


async def test_the_longest_ids_fit(office: Office) -> None:
    longest = "x" * 64
    asked = await office.content(longest)
    asked = EmailAsked(asked.tenant, asked.contact, longest, longest)
    assert (await office.send(asked))["sent"] is True
    await a_user(office, longest)
    told = NotificationAsked(longest, longest, longest, longest, "t" * 200, "x" * 4000, "inapp")
    run = office.run(job_id="y" * 255)
    assert (await notification.send.handler(run, told))["channel"] == "inapp"
    assert len(await Inbox(office.held.engine).listed(longest, 9)) == 1


async def test_an_inbox_takes_the_same_once_whoever_brings_it(office: Office) -> None:
    await a_user(office, "ada")
    told = NotificationAsked("ada", "import.done", "i-7")
    inbox = Inbox(office.held.engine)
    new = await asyncio.gather(*(inbox.put("one", told) for _ in range(5)))
    assert sorted(new) == [False] * 4 + [True]
    [shown] = await inbox.listed("ada", 9)
    assert shown.at.tzinfo
    assert [await inbox.read("ada", "one") for _ in range(2)] == [True, False]


async def a_user(office: Office, name: str) -> None:
    row: dict[str, Any] = {"id": name, "tenant": "acme", "email": "a@acme.test", "channels": []}
    async with office.held.engine.begin() as connection:
        await connection.execute(insert(users), {**row, "quiet_from": "", "quiet_to": "", "timezone": "UTC"})
