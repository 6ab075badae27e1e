"""Notifications from the wish to the people: once over each channel, the same not twice, until somebody has it."""

from collections.abc import AsyncGenerator
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select, update

from arqlight_core.clock import now
from arqlight_core.errors import Discard, Unavailable
from arqlight_core.policy import MINUTE
from arqlight_core.settings import Settings
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_jobs.healer import notifications
from arqlight_jobs.healer.incidents import Incidents, Opening
from arqlight_jobs.healer.machine import Limits
from arqlight_jobs.healer.notice_request import MOST_RESENT, AlertAsked, EscalationAsked, ReportAsked
from arqlight_jobs.healer.notices import Notice, Notices, NoticeUnknown, incident_mark
from arqlight_jobs.healer.records import records
from arqlight_jobs.healer.tables import inbox, notices
from arqlight_jobs.healer.weekly import QueueWeek, as_csv, as_text
from tests.running import FakeRun
from tests.store.line import Line
from tests.unit.healer.channels import ALERT
from tests.unit.outbound.standin import Answer, StandIn, stand_in

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - the one of the standard's example
JOBS = notifications.notifications.job_types


class Room:
    """Runs of notification jobs, each a job of its own, on one database."""

    def __init__(self, settings: Settings) -> None:
        self.first = FakeRun(settings)
        self.count = 0

    async def notices(self) -> Notices:
        return Notices((await self.first.open(records)).engine)

    async def run(self, name: str, asked: Any, job_id: str = "", fence: int = 1) -> tuple[Any, list[tuple[str, Any]]]:
        """What the job came to, and what it queued."""
        self.count += 1
        run = FakeRun(self.first.settings, fence=fence, job_id=job_id or f"job-{self.count}")
        run.open = self.first.open
        return await JOBS[name].handler(run, asked), run.queued

    async def change(self, **values: Any) -> None:
        async with (await self.notices()).engine.begin() as connection:
            await connection.execute(update(notices).values(**values))

    async def newest(self) -> Notice:
        return (await (await self.notices()).listed())[0]

    async def in_inbox(self) -> int:
        async with (await self.notices()).engine.connect() as connection:
            return (await connection.execute(select(func.count()).select_from(inbox))).scalar_one()


@pytest.fixture
async def room(settings: Settings) -> AsyncGenerator[Room]:
    made = Room(settings)
    async with made.first.stack:
        yield made


@pytest.fixture
async def receiver() -> AsyncGenerator[StandIn]:
    async with stand_in() as there:
        yield there


@pytest.fixture
async def posting(settings: Settings, receiver: StandIn) -> AsyncGenerator[Room]:
    """A room with a webhook beside the inbox."""
    told = {"notify_webhook_url": receiver.url("/"), "notify_webhook_secrets": SECRET}
    made = Room(msgspec.structs.replace(settings, **told))
    async with made.first.stack:
        yield made


# ------------------------------------------------------------------ one effect for each channel


async def test_an_alert_gets_a_job_for_each_channel(posting: Room, receiver: StandIn) -> None:
    told, queued = await posting.run("notify.alert", ALERT)
    assert [(name, asked.channel) for name, asked in queued] == [("notify.alert", "inapp"), ("notify.alert", "webhook")]
    assert {asked.notice for _, asked in queued} == {told["notice"]}
    for name, asked in queued:
        await posting.run(name, asked)
    assert await posting.in_inbox() == 1
    assert msgspec.json.decode(receiver.arrived[0].body)["data"]["text"] == ALERT.text


async def test_a_channel_that_fails_holds_no_other_and_is_tried_again(posting: Room, receiver: StandIn) -> None:
    receiver.answers = [Answer(503)]
    _, queued = await posting.run("notify.alert", ALERT)
    (_, to_inbox), (_, to_webhook) = queued
    with pytest.raises(Unavailable):
        await posting.run("notify.alert", to_webhook, "webhook-job")
    await posting.run("notify.alert", to_inbox)
    assert await posting.in_inbox() == 1
    await posting.run("notify.alert", to_webhook, "webhook-job", fence=2)
    assert len({arrived.headers["webhook-id"] for arrived in receiver.arrived}) == 1
    assert len(receiver.arrived) == 2


async def test_what_was_sent_is_not_sent_by_another_run(posting: Room, receiver: StandIn) -> None:
    _, queued = await posting.run("notify.alert", ALERT)
    for fence in (1, 2, 3):
        for name, asked in queued:
            await posting.run(name, asked, f"{asked.channel}-job", fence)
    assert (len(receiver.arrived), await posting.in_inbox()) == (1, 1)


async def test_a_job_that_runs_again_raises_no_second_notice(room: Room) -> None:
    first = await room.run("notify.alert", ALERT, "same-job")
    assert await room.run("notify.alert", ALERT, "same-job", fence=2) == first
    assert len(await (await room.notices()).listed()) == 1


async def test_a_notice_or_channel_that_is_gone_ends_the_job(room: Room) -> None:
    with pytest.raises(Discard, match="no notice"):
        await room.run("notify.alert", AlertAsked(notice="0123456789ab", channel="inapp"))
    told, _ = await room.run("notify.alert", ALERT)
    with pytest.raises(Discard, match="smtp is not set up"):
        await room.run("notify.alert", AlertAsked(notice=told["notice"], channel="smtp"))


# ------------------------------------------------------------------ the same is not told twice


async def test_the_same_within_ten_minutes_is_counted_and_told_with_the_next(room: Room) -> None:
    await room.run("notify.alert", ALERT)
    for _ in range(3):
        told, queued = await room.run("notify.alert", ALERT)
        assert (told["sent"], queued) == (False, [])
    assert (await room.newest()).repeats == 3
    await room.change(created_at=now() - 11 * MINUTE)
    told, queued = await room.run("notify.alert", ALERT)
    assert queued
    assert "It came 3 times more since" in (await (await room.notices()).find(told["notice"])).text


async def test_a_counted_alert_whose_job_runs_again_counts_once(room: Room) -> None:
    await room.run("notify.alert", ALERT)
    for fence in (1, 2):
        await room.run("notify.alert", ALERT, "again", fence)
    assert (await room.newest()).repeats == 1


async def test_something_else_is_told_at_once(room: Room) -> None:
    await room.run("notify.alert", ALERT)
    other = msgspec.structs.replace(ALERT, fingerprint="health:site:other:bad")
    assert (await room.run("notify.alert", other))[1]
    unmarked = AlertAsked(title="one"), AlertAsked(title="two")
    assert [bool((await room.run("notify.alert", asked))[1]) for asked in (*unmarked, unmarked[0])] == [
        True,
        True,
        False,
    ]


def test_alerts_that_say_the_same_do_not_run_at_once_and_each_channel_has_a_limit_of_its_own() -> None:
    exclusive = JOBS["notify.alert"].exclusive
    assert exclusive
    assert exclusive(ALERT) == "notice:health:site:shop:bad"
    assert exclusive(AlertAsked(notice="0123456789ab", channel="smtp")) is None
    [limit] = notifications.notifications.limits
    assert (limit.key_of(ALERT), limit.key_of(EscalationAsked("0123456789ab", channel="smtp"))) == (None, "smtp")


# ------------------------------------------------------------------ escalations


async def escalated(room: Room) -> str:
    engine = (await room.notices()).engine
    return (await Incidents(engine).open(Opening("shop", "db_down", by="a health check"), Limits()))[0].id


async def test_an_escalation_is_sent_again_every_half_hour_five_times_at_most(room: Room) -> None:
    incident = await escalated(room)
    asked, rounds = EscalationAsked(incident), 0
    while True:
        rounds += 1
        await room.change(created_at=now() - 31 * MINUTE)
        told, queued = await room.run("notify.escalation", asked)
        assert told["channels"] == ["inapp"]
        following = [asked for _, asked in queued if not asked.channel]
        if not following:
            break
        asked = following[0]
    assert rounds == 1 + MOST_RESENT
    assert notifications.RESEND_EVERY.total_seconds() == 1800
    newest = await room.newest()
    assert (newest.severity, newest.subject) == ("critical", "site shop")
    assert f"arqlight incident show {incident}" in newest.text
    assert "sent 6 times" in newest.title


@pytest.mark.parametrize("by", ["incident", "notice"])
async def test_whoever_acknowledges_it_hears_no_more_of_it(room: Room, by: str) -> None:
    incident = await escalated(room)
    told, queued = await room.run("notify.escalation", EscalationAsked(incident))
    store = await room.notices()
    [done] = await store.acknowledge(incident if by == "incident" else told["notice"], "ada")
    assert (done.acknowledged_by, done.fingerprint) == ("ada", incident_mark(incident))
    again = next(asked for _, asked in queued if not asked.channel)
    assert await room.run("notify.escalation", again) == ({"sent": False, "reason": "somebody has it"}, [])
    assert await store.listed(open_only=True) == []
    with pytest.raises(NoticeUnknown):
        await store.acknowledge("ffffffffffff", "ada")


async def test_an_incident_that_is_gone_is_not_escalated(room: Room) -> None:
    with pytest.raises(Discard, match="There is no incident"):
        await room.run("notify.escalation", EscalationAsked("0123456789ab"))


# ------------------------------------------------------------------ the report


async def test_the_week_of_a_real_server_is_told(settings: Settings, line: Line, shared_server: EmbeddedServer) -> None:
    await line.finish(*[await line.running(job_id) for job_id in "abc"])
    room = Room(msgspec.structs.replace(settings, redis_url=shared_server.url))
    async with room.first.stack:
        _, queued = await room.run("notify.report", ReportAsked())
        newest = await room.newest()
        again, _ = await room.run("notify.report", ReportAsked())
    assert [asked.channel for _, asked in queued] == ["inapp"]
    assert newest.table.splitlines()[0].startswith("queue,processed,failed,retried,success_rate,average_ms,p95_ms")
    assert newest.table.splitlines()[1].startswith("test:line,3,0,0,1.0,")
    assert newest.title == "The week of 1 queue: 3 jobs done, 0 failed"
    assert again["notice"] != newest.id


def test_a_report_has_a_line_for_each_queue_that_did_something() -> None:
    busy = QueueWeek("crm:mail", 1200, 12, 30, 0.99, 420.4, 2300.0, 12, 2)
    idle = QueueWeek("crm:idle", 0, 0, 0, None, None, None, 0, 0)
    assert as_text([idle, busy]) == (
        "crm:mail: 1,200 done, 12 failed, 99.0% well, 420 ms on average, 95 % within 2.3 s, 12 dead letters, "
        "breaker opened 2 times\n1 queue had nothing to do."
    )
    assert as_csv([busy, idle]).splitlines()[1:] == [
        "crm:mail,1200,12,30,0.99,420.4,2300.0,12,2",
        "crm:idle,0,0,0,,,,0,0",
    ]
