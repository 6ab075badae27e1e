"""Notifications to users: once over each channel that a user wants, and never in quiet hours."""

import logging
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from standardwebhooks import Webhook

from arqlight.demo.world.stand_in import Fault
from arqlight_core.clock import now
from arqlight_core.errors import Discard, Misconfigured, RateLimited, Signal, Snooze, Unavailable
from arqlight_core.policy import DAY, HOUR, Keep
from arqlight_jobs.crm.notification import notifications, send
from arqlight_jobs.crm.notification_channels import key_of
from arqlight_jobs.crm.records import records
from arqlight_jobs.crm.requests import NotificationAsked
from arqlight_jobs.providers.headers import MailRefused
from tests.running import FakeRun
from tests.unit.crm.reception import ASKED, EVERYWHERE, SECRET, TOKEN, Reception, open_reception


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Reception]:
    async with open_reception(tmp_path) as made:
        yield made


# ------------------------------------------------------------------ the queue


def test_the_queue_is_as_the_crm_has_it() -> None:
    job = notifications.job_types["crm.notification.send"]
    assert notifications.concurrency == 5
    assert (notifications.retention.completed, notifications.retention.dead) == (Keep(100, DAY), Keep(500, 7 * DAY))
    assert (job.timeout.total_seconds(), job.retry.attempts, job.at_least_once) == (30, 5, True)
    assert [job.retry.delay(n, 0.0).total_seconds() for n in (1, 2)] == [5, 10]
    assert job.sealed == {"title", "text"}


def test_a_channel_that_is_down_holds_no_other() -> None:
    needed = {
        channel: [
            need.name
            for need in send.needs
            if need.concerns and need.concerns(msgspec.structs.replace(ASKED, channel=channel))
        ]
        for channel in ("", *EVERYWHERE)
    }
    assert needed == {
        "": [],
        "inapp": [],
        "email": ["smtp"],
        "webhook": ["notification-webhook"],
        "telegram": ["telegram"],
    }


def test_the_same_of_the_same_bucket_is_the_same_job() -> None:
    assert send.id_of
    assert send.id_of(ASKED) == "notification:ada:import.done:i-7:2026-03-01"
    assert send.id_of(msgspec.structs.replace(ASKED, channel="email")).endswith(":email")
    wide = "x" * 64
    longest = NotificationAsked(wide, wide, wide, wide, channel="telegram")
    assert len(send.id_of(longest)) <= 200
    assert key_of(longest) != key_of(NotificationAsked(wide, wide, wide, "y" * 64))


# ------------------------------------------------------------------ one effect for each channel


async def test_a_user_gets_a_job_for_each_channel_and_each_arrives(desk: Reception) -> None:
    told, queued = await desk.run()
    assert told == {"channels": EVERYWHERE, "not_set_up": []}
    assert [asked.channel for asked in queued] == EVERYWHERE
    for asked in queued:
        await desk.run(asked)
    [mail] = desk.mailbox.mails
    assert (mail["To"], mail["Subject"], mail["Auto-Submitted"]) == ("ada@acme.test", ASKED.title, "auto-generated")
    assert mail.get_content().strip() == ASKED.text
    posted, sent = sorted(desk.there.calls, key=lambda call: call.path, reverse=True)
    body = Webhook(SECRET).verify(posted.body, dict(posted.headers))
    assert body["type"] == "notification.import.done"
    assert body["data"] == {
        "user": "ada",
        "kind": "import.done",
        "entity": "i-7",
        "title": ASKED.title,
        "text": ASKED.text,
    }
    assert (sent.path, sent.json["chat_id"]) == (f"/bot{TOKEN}/sendMessage", "-5")
    assert sent.json["text"] == f"{ASKED.title}\n{ASKED.text}"
    [shown] = await desk.inbox.listed("ada", 10)
    assert (shown.kind, shown.entity, shown.title, shown.text, shown.read_at) == (
        "import.done",
        "i-7",
        ASKED.title,
        ASKED.text,
        None,
    )


async def test_whatever_is_asked_again_is_told_once(desk: Reception) -> None:
    for fence in (1, 2):
        for channel in EVERYWHERE:
            await desk.over(channel, fence=fence, job_id=f"{channel}-job")
            await desk.over(channel)
    assert (len(desk.mailbox.mails), len(desk.there.calls), len(await desk.inbox.listed("ada", 10))) == (1, 2, 1)


@pytest.mark.parametrize("channel", ["webhook", "telegram"])
async def test_a_channel_whose_answer_was_lost_is_told_again_under_the_same_id(desk: Reception, channel: str) -> None:
    desk.there.script(Fault(drop="after"))
    with pytest.raises(Unavailable, match="sent again"):
        await desk.over(channel, job_id="lost")
    await desk.over(channel, job_id="lost", fence=2)
    assert len(desk.there.calls) == 2
    if channel == "webhook":
        assert len({call.headers["webhook-id"] for call in desk.there.calls}) == 1


async def test_a_mail_whose_answer_was_lost_is_sent_again_under_the_same_id(desk: Reception) -> None:
    desk.mailbox.answers = [""]
    with pytest.raises(Unavailable, match="sent again"):
        await desk.over("email", job_id="lost")
    await desk.over("email", job_id="lost", fence=2)
    assert len({mail["Message-ID"] for mail in desk.mailbox.mails}) == 1


async def test_a_long_text_goes_to_telegram_in_parts_each_once(desk: Reception) -> None:
    text = "\n".join("x" * 79 for _ in range(50))
    long = msgspec.structs.replace(ASKED, title="y" * 200, text=text, channel="telegram")
    desk.there.script(Fault(), Fault(status=502))
    with pytest.raises(Unavailable):
        await desk.run(long, job_id="long")
    told, _ = await desk.run(long, job_id="long", fence=2)
    assert told == {"channel": "telegram", "sent": ["17", "17"]}
    assert len({call.json["text"] for call in desk.there.calls}) == 2
    assert len(desk.there.calls) == 3


# ------------------------------------------------------------------ who is told how


async def test_a_user_who_wants_nothing_has_the_inbox(desk: Reception) -> None:
    await desk.change(channels=[])
    assert (await desk.run())[0] == {"channels": ["inapp"], "not_set_up": []}


async def test_a_channel_that_is_not_set_up_is_named_and_not_used(desk: Reception) -> None:
    desk.first.settings = msgspec.structs.replace(desk.settings, smtp_host="", notify_webhook_url="")
    async with records(desk.first.settings):
        run = FakeRun(desk.first.settings)
        async with run.stack:
            told = await send.handler(run, ASKED)
            assert told == {"channels": ["inapp", "telegram"], "not_set_up": ["email", "webhook"]}
            with pytest.raises(Discard, match="email is not set up"):
                await send.handler(run, msgspec.structs.replace(ASKED, channel="email"))


@pytest.mark.parametrize("channel", ["", *EVERYWHERE])
async def test_a_user_who_is_not_there_is_told_nothing(desk: Reception, channel: str) -> None:
    with pytest.raises(Discard, match="there is no user bob"):
        await desk.run(msgspec.structs.replace(ASKED, user="bob", channel=channel))


@pytest.mark.parametrize(
    ("channel", "status", "signal"),
    [
        ("webhook", 500, Unavailable),
        ("webhook", 404, Unavailable),
        ("webhook", 410, Discard),
        ("webhook", 429, RateLimited),
        ("telegram", 403, Discard),
        ("telegram", 401, Misconfigured),
        ("telegram", 429, RateLimited),
        ("telegram", 502, Unavailable),
    ],
)
async def test_what_a_channel_answers_says_whether_to_try_again(
    desk: Reception, channel: str, status: int, signal: type[Signal]
) -> None:
    desk.there.script(Fault(status=status))
    with pytest.raises(signal):
        await desk.over(channel)


async def test_a_hostile_title_or_address_writes_no_header(desk: Reception) -> None:
    asked = msgspec.structs.replace(ASKED, title="Done\r\nBcc: eve@x.org", channel="email")
    await desk.run(asked)
    [mail] = desk.mailbox.mails
    assert (mail["Subject"], mail["Bcc"]) == ("Done Bcc: eve@x.org", None)
    await desk.change(email="ada@acme.test\r\nBcc: eve@x.org")
    with pytest.raises(MailRefused, match="header injection: the address"):
        await desk.run(msgspec.structs.replace(asked, entity="i-8"))
    assert len(desk.mailbox.mails) == 1


async def test_no_log_has_token_secret_or_address(desk: Reception, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for channel in EVERYWHERE:
        await desk.over(channel)
    desk.there.script(Fault(drop="after"), Fault(drop="after"))
    for channel in ("webhook", "telegram"):
        with pytest.raises(Unavailable) as lost:
            await desk.run(msgspec.structs.replace(ASKED, entity="other", channel=channel))
        assert TOKEN not in str(lost.value)
    ours = "\n".join(one.getMessage() for one in caplog.records if one.name != "mail.log")  # that is the mail server's
    assert not [planted for planted in (TOKEN, SECRET, "ada@acme.test", ASKED.text) if planted in ours]


# ------------------------------------------------------------------ quiet hours


async def test_in_quiet_hours_nobody_is_disturbed_but_the_inbox_is_filled(desk: Reception) -> None:
    there = now().astimezone(UTC)
    begins, ends = (f"{there + shift:%H:%M}" for shift in (-HOUR, HOUR))
    await desk.change(quiet_from=begins, quiet_to=ends, timezone="UTC")
    for channel in ("email", "webhook", "telegram"):
        with pytest.raises(Snooze) as snoozed:
            await desk.over(channel)
        assert isinstance(snoozed.value.until, datetime)
        assert timedelta(minutes=58) <= snoozed.value.until - now() <= HOUR
    assert "inapp" in (await desk.over(""))["channels"]
    await desk.over("inapp")
    assert (len(desk.mailbox.mails), len(desk.there.calls), len(await desk.inbox.listed("ada", 10))) == (0, 0, 1)


# ------------------------------------------------------------------ the inbox


async def test_an_inbox_shows_the_newest_first_and_forgets_nobody_s_reading(desk: Reception) -> None:
    for entity in ("i-1", "i-2", "i-3"):
        await desk.run(msgspec.structs.replace(ASKED, entity=entity, channel="inapp"))
    shown = await desk.inbox.listed("ada", 2)
    assert [one.entity for one in shown] == ["i-3", "i-2"]
    assert await desk.inbox.read("ada", shown[0].id) is True
    assert await desk.inbox.read("ada", shown[0].id) is False
    assert await desk.inbox.read("bob", shown[1].id) is False
    assert [one.entity for one in await desk.inbox.listed("ada", 9, unread=True)] == ["i-2", "i-1"]
    assert await desk.inbox.listed("bob", 9) == []
