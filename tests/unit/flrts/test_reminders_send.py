"""A reminder that is due is said once, where its user can be reached; and not when nobody wants it any more."""

from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from arqlight_core.clock import now
from arqlight_core.errors import Discard, Misconfigured, Snooze, Unavailable
from arqlight_core.policy import DAY, HOUR, MINUTE
from arqlight_jobs.flrts import reminding
from arqlight_jobs.flrts.mirror import Task
from arqlight_jobs.flrts.people import User
from arqlight_jobs.flrts.reminders_schedule import SEND
from arqlight_jobs.flrts.reminders_send import job_id, send
from arqlight_jobs.flrts.reminders_send_text import text_of
from arqlight_jobs.flrts.reminding import Reminder, State
from arqlight_jobs.flrts.requests import ReminderDue, Said
from tests.unit.flrts.reminded import ADDRESS, SUBJECT, TASK, Reminded, reminded, settings_in


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncGenerator[Reminded]:
    async with reminded(settings_in(tmp_path)) as made:
        yield made


# ------------------------------------------------------------------ by Telegram


async def test_who_has_a_chat_is_told_there_once_however_often_the_job_runs(hub: Reminded) -> None:
    await hub.chat()
    one = await hub.due(MINUTE)
    told, run = await hub.run(send, ReminderDue(one.id, 1))
    assert told == {"sent": True, "by": "telegram"}
    assert run.queued == [("flrts.telegram.outbound", Said(f"reminder-{one.id}-1"))]
    assert run.percents == [50, 100]
    sent = await hub.one()
    assert (sent.state, sent.reason) == (State.SENT, "telegram")
    assert sent.ended_at
    assert await hub.send(one) == {"sent": False, "reason": "it is sent"}
    [said] = await hub.said()
    assert (said.user, said.chat, said.state) == ("ada", "", "queued")
    assert SUBJECT in said.text


async def test_a_run_that_ended_before_it_was_noted_says_it_under_the_same_name(
    hub: Reminded, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hub.chat()
    one = await hub.due(MINUTE)

    async def crash(*_: Any) -> bool:
        raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr(reminding, "end", crash)
        with pytest.raises(ConnectionError):
            await hub.send(one)
    told, run = await hub.run(send, ReminderDue(one.id, 1))
    assert told["sent"] is True
    assert run.queued == [("flrts.telegram.outbound", Said(f"reminder-{one.id}-1"))]
    assert len(await hub.said()) == 1


# ------------------------------------------------------------------ not any more


async def test_a_version_that_is_old_does_nothing(hub: Reminded) -> None:
    await hub.chat()
    one = await hub.due(MINUTE, version=2)
    assert await hub.send(one, version=1) == {"sent": False, "reason": "version 2 is planned"}
    assert (await hub.one(), await hub.said()) == (one, [])


@pytest.mark.parametrize("state", [State.SENT, State.SKIPPED, State.CANCELLED])
async def test_what_is_over_does_nothing(hub: Reminded, state: State) -> None:
    await hub.chat()
    one = await hub.due(MINUTE, state=state)
    assert await hub.send(one) == {"sent": False, "reason": f"it is {state}"}
    assert await hub.said() == []


async def test_what_was_forgotten_does_nothing(hub: Reminded) -> None:
    one = Reminder("0" * 32, TASK, "ada", "0d", now())
    assert await hub.send(one) == {"sent": False, "reason": "the reminder is gone"}


async def test_a_task_that_is_closed_or_gone_is_reminded_of_no_more(hub: Reminded) -> None:
    await hub.chat()
    one, other = await hub.due(MINUTE), await hub.due(MINUTE, before="1d")
    await hub.task(closed=True)
    assert await hub.send(one) == {"sent": False, "reason": "the task is closed"}
    await hub.without_task()
    assert await hub.send(other) == {"sent": False, "reason": "the task is gone"}
    assert {one.state for one in (await hub.all()).values()} == {State.CANCELLED}
    assert await hub.said() == []


async def test_one_that_is_more_than_six_hours_late_is_left_out(hub: Reminded) -> None:
    await hub.chat()
    one = await hub.due(6 * HOUR + MINUTE)
    assert (await hub.send(one))["sent"] is False
    assert (await hub.one()).state is State.SKIPPED


async def test_one_that_is_begun_too_early_waits(hub: Reminded) -> None:
    one = await hub.due(-HOUR)
    with pytest.raises(Snooze) as early:
        await hub.send(one)
    assert early.value.until == one.due_at
    assert (await hub.one()).state is State.PLANNED


# ------------------------------------------------------------------ by mail


async def test_who_has_no_chat_is_mailed_to_by_a_job_of_its_own(hub: Reminded) -> None:
    await hub.chat(active=False)
    await hub.change_user(email=ADDRESS)
    one = await hub.due(MINUTE)
    told, run = await hub.run(send, ReminderDue(one.id, 1))
    assert told == {"sent": False, "by": "email"}
    assert run.queued == [(SEND, ReminderDue(one.id, 1, "email"))]
    assert (await hub.one()).state is State.PLANNED
    for fence in (1, 2):
        await hub.send(one, channel="email", job_id="mail", fence=fence)
    [mail] = hub.mailbox.mails
    assert (mail["To"], mail["From"], mail["Subject"]) == (ADDRESS, "hub@acme.test", f"Reminder: {SUBJECT}")
    assert (mail["Message-ID"], mail["Auto-Submitted"]) == (f"<reminder-{one.id}-1@acme.test>", "auto-generated")
    sent = await hub.one()
    assert (sent.state, sent.reason) == (State.SENT, "email")


async def test_a_mail_whose_answer_was_lost_goes_again_under_the_same_id(hub: Reminded) -> None:
    await hub.change_user(email=ADDRESS)
    one = await hub.due(MINUTE)
    hub.mailbox.answers = [""]
    with pytest.raises(Unavailable, match="sent again"):
        await hub.send(one, channel="email", job_id="mail")
    assert (await hub.one()).state is State.PLANNED
    await hub.send(one, channel="email", job_id="mail", fence=2)
    assert [mail["Message-ID"] for mail in hub.mailbox.mails] == [f"<reminder-{one.id}-1@acme.test>"] * 2
    assert (await hub.one()).state is State.SENT


async def test_a_mail_that_is_refused_is_a_dead_letter_and_its_reminder_has_failed(hub: Reminded) -> None:
    await hub.change_user(email=ADDRESS)
    one = await hub.due(MINUTE)
    hub.mailbox.refused = {ADDRESS: f"550 5.1.1 <{ADDRESS}> is unknown"}
    with pytest.raises(Discard):
        await hub.send(one, channel="email")
    failed = await hub.one()
    assert failed.state is State.FAILED
    assert "550" in failed.reason
    assert ADDRESS not in failed.reason


async def test_a_mail_server_that_stays_away_fails_the_reminder_with_the_last_attempt(hub: Reminded) -> None:
    await hub.change_user(email=ADDRESS)
    one = await hub.due(MINUTE)
    hub.mailbox.answers = ["451 later"] * 3
    for attempt, state in ((1, State.PLANNED), (2, State.PLANNED), (3, State.FAILED)):
        with pytest.raises(Unavailable):
            await hub.send(one, channel="email", job_id="mail", fence=attempt, attempt=attempt)
        assert (await hub.one()).state is state


async def test_a_login_that_is_refused_fails_no_reminder(hub: Reminded) -> None:
    await hub.change_user(email=ADDRESS)
    one = await hub.due(MINUTE)
    hub.mailbox.sender = "530 5.7.0 log in first"
    with pytest.raises(Misconfigured):
        await hub.send(one, channel="email", attempt=3)
    assert (await hub.one()).state is State.PLANNED


def test_a_mail_server_that_is_down_holds_mails_alone() -> None:
    [need] = send.needs
    assert need.concerns
    one = ReminderDue("r", 1)
    assert [need.concerns(one), need.concerns(msgspec.structs.replace(one, channel="email"))] == [False, True]
    assert (need.name, send.at_least_once) == ("smtp", True)
    assert [job_id(one), job_id(msgspec.structs.replace(one, channel="email"))] == ["r:1", "r:1:email"]


# ------------------------------------------------------------------ nobody to tell


async def test_who_cannot_be_reached_is_a_dead_letter_until_they_can(hub: Reminded) -> None:
    one = await hub.due(MINUTE)
    with pytest.raises(Discard, match=r"ada cannot be reached: no chat of theirs .* they have no mail address"):
        await hub.send(one)
    failed = await hub.one()
    assert failed.state is State.FAILED
    assert failed.reason.startswith("ada cannot be reached")
    await hub.chat()
    assert (await hub.send(one))["by"] == "telegram"  # its job was tried again
    assert (await hub.one()).state is State.SENT


async def test_a_channel_that_is_not_set_up_reaches_nobody(hub: Reminded) -> None:
    await hub.chat()
    await hub.change_user(email=ADDRESS)
    one = await hub.due(MINUTE)
    hub.settings = msgspec.structs.replace(hub.settings, telegram_bot_token="")
    assert (await hub.send(one))["by"] == "email"
    hub.settings = msgspec.structs.replace(hub.settings, smtp_host="")
    with pytest.raises(Discard, match="TELEGRAM_BOT_TOKEN is not set, and SMTP_HOST"):
        await hub.send(one)


async def test_a_user_who_is_gone_is_a_dead_letter(hub: Reminded) -> None:
    one = await hub.due(MINUTE, user="eve")
    with pytest.raises(Discard, match="there is no user eve"):
        await hub.send(one)
    assert (await hub.one()).state is State.FAILED


# ------------------------------------------------------------------ what is said

AT = datetime(2026, 7, 1, 7, tzinfo=UTC)
ADA = User("ada", "Europe/Zurich", "", 7)


def text(due: date | None, **values: Any) -> str:
    told: dict[str, Any] = {
        "id": 42,
        "project": "1",
        "subject": "Bread",
        "description": "",
        "status": "",
        "closed": False,
    }
    task = Task(**told, due=due, assignee=7, lock_version=1, updated_at=AT)
    reminder: dict[str, Any] = {"due_at": AT, **values}
    return text_of(Reminder("r", 42, "ada", "0d", **reminder), task, ADA, AT)


@pytest.mark.parametrize(
    ("days", "told"),
    [(0, "is due today"), (1, "is due tomorrow"), (2, "is due on 2026-07-03"), (-1, "was due on 2026-06-30")],
)
def test_a_reminder_tells_the_day_as_its_user_has_it(days: int, told: str) -> None:
    assert text(date(2026, 7, 1) + days * DAY) == f"Reminder: Bread\nTask 42 {told}."


def test_a_reminder_without_a_date_tells_none_and_a_late_one_that_it_is() -> None:
    assert text(None) == "Reminder: Bread\nTask 42."
    assert text(None, late=True).splitlines()[-1] == "This comes late: it was for 2026-07-01 09:00."
    assert text(None, due_at=AT - timedelta(minutes=30)).endswith("it was for 2026-07-01 08:30.")
