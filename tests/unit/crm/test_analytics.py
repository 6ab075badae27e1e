"""Figures of tenants: exact, the same when they are summed up again, and those of the last closed periods alone."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, event, update

from arqlight_core.errors import Discard
from arqlight_core.policy import HOUR, MINUTE
from arqlight_jobs.crm import analytics
from arqlight_jobs.crm.analytics import snapshot
from arqlight_jobs.crm.analytics_metrics import METRICS
from arqlight_jobs.crm.analytics_periods import closed
from arqlight_jobs.crm.requests import SnapshotAsked
from arqlight_jobs.crm.suppression import suppress
from arqlight_jobs.crm.tables.conversations import ai_usage, turns
from arqlight_jobs.crm.tables.data import snapshots
from arqlight_jobs.crm.tables.flows import executions, flows
from arqlight_jobs.crm.tables.messaging import campaigns, messages
from arqlight_jobs.crm.tables.people import suppressions, tenants
from arqlight_jobs.crm.tables.webhooks import deliveries, endpoints
from tests.unit.crm.desk import TENANT, Desk, tenant_row

NOW = datetime(2026, 3, 4, 12, 5, tzinfo=UTC)
LAST = NOW.replace(minute=0) - HOUR
"""The hour that was over last."""


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analytics, "now", lambda: NOW)


async def summed(desk: Desk, granularity: Any = "hour", fence: int = 1, tenant: str = "") -> dict[str, Any]:
    return await snapshot.handler(desk.run(fence), SnapshotAsked(granularity, tenant))


async def figures(desk: Desk, start: datetime = LAST, tenant: str = TENANT) -> dict[str, float | None]:
    rows = [row for row in await desk.all(snapshots) if row["period_start"] == start and row["tenant"] == tenant]
    return {row["metric"]: row["value"] for row in rows}


def message(number: int, at: datetime = LAST + MINUTE, **more: Any) -> dict[str, Any]:
    ids = {"tenant": TENANT, "sender": "s", "contact": "ann", "content": "c", "campaign": "", "job_id": "j"}
    told = {"key": f"m:{number}", "status": "sent", "reason": "", "created_at": at, "sent_at": None}
    return {**ids, **told, "delivered_at": None, "read_at": None, "ended_at": None, **more}


async def worked(desk: Desk, at: datetime = LAST + MINUTE) -> None:
    """Something of everything, in one period."""
    await desk.put(
        messages,
        message(1, at, sent_at=at, delivered_at=at, read_at=at),
        message(2, at, sent_at=at, delivered_at=at),
        message(3, at, ended_at=at, status="failed"),
        message(4, at, ended_at=at, status="skipped"),
    )
    await suppress((await desk.records()).engine, TENANT, "email", "x@example.com", "unsubscribed")
    async with (await desk.records()).engine.begin() as connection:
        await connection.execute(update(suppressions).values(at=at))
    spent = {"tenant": TENANT, "kind": "chat", "model": "m", "at": at}
    await desk.put(
        ai_usage,
        {"id": "u1", **spent, "tokens_in": 100, "tokens_out": 7, "seconds": 0.0},
        {"id": "u2", **spent, "tokens_in": 50, "tokens_out": 3, "seconds": 2.5},
    )
    campaign = {"id": "c1", "tenant": TENANT, "name": "n", "channel": "whatsapp", "sender": "s", "content": "c"}
    state: dict[str, Any] = {
        "audience": {},
        "state": "done",
        "reason": "",
        "total": 1,
        "frozen_to": "",
        "is_frozen": True,
    }
    times = {"pardoned": 0, "pardoned_failed": 0, "created_at": at, "started_at": at, "ended_at": at}
    await desk.put(campaigns, {**campaign, **state, **times, "correlation_id": "x"})
    await _flows(desk, at)
    await _webhooks(desk, at)


async def _flows(desk: Desk, at: datetime) -> None:
    flow = {"tenant": TENANT, "name": "f", "version": 1, "event": "", "graph": "{}", "active": True}
    await desk.put(flows, {**flow, "created_at": at})
    ids = {"tenant": TENANT, "flow": "f", "version": 1, "contact": "ann", "conversation": "", "inbound": ""}
    rest = {"node": "n", "step_no": 1, "context": b"", "reason": "", "due_at": at, "started_at": at, "ended_at": at}
    for name, status in (("e1", "done"), ("e2", "failed")):
        await desk.put(executions, {"id": name, **ids, **rest, "status": status, "correlation_id": "x"})


async def _webhooks(desk: Desk, at: datetime) -> None:
    end: dict[str, Any] = {
        "id": "e",
        "tenant": TENANT,
        "url": "https://x",
        "types": [],
        "enabled_at": at,
        "disabled_because": "",
    }
    await desk.put(endpoints, {**end, "faults": 0, "created_at": at})
    told = {"endpoint": "e", "type": "t", "body": b"", "reason": "", "round": 1, "fence": 1, "begun_at": at}
    for number, status in enumerate(("delivered", "delivered", "delivered", "failed", "dropped")):
        row = {"id": f"d{number}", "message": f"m{number}", "status": status, "ended_at": at, "created_at": at}
        await desk.put(deliveries, {**told, **row})


async def test_every_figure_of_an_hour_is_exact(desk: Desk) -> None:
    await worked(desk)
    assert await summed(desk) == {
        "tenants": 1,
        "figures": 2 * len(METRICS),
        "since": (LAST - HOUR).isoformat(),
    }
    assert await figures(desk) == {
        "messages.queued": 4,
        "messages.sent": 2,
        "messages.delivered": 2,
        "messages.read": 1,
        "messages.failed": 1,
        "campaigns.started": 1,
        "campaigns.done": 1,
        "flows.done": 1,
        "optouts": 1,
        "ai.tokens_in": 150,
        "ai.tokens_out": 10,
        "ai.seconds_heard": 2.5,
        "answers.mean_s": None,
        "answers.p95_s": None,
        "webhooks.success": 0.75,
    }
    empty = await figures(desk, LAST - HOUR)
    assert empty.keys() == METRICS.keys()
    assert {value for value in empty.values() if value} == set()


@pytest.mark.parametrize(
    ("waits", "mean", "slow"), [([2.0], 2.0, 2.0), (range(1, 21), 10.5, 19), (range(1, 101), 50.5, 95)]
)
async def test_how_long_people_wait(desk: Desk, waits: Any, mean: float, slow: float) -> None:
    talk = await desk.talk()
    told = {"conversation": talk.id, "role": "assistant", "text": "x", "cut": False, "at": LAST + MINUTE}
    rows = [{**told, "id": f"a{number}", "answers": f"q{number}", "waited": wait} for number, wait in enumerate(waits)]
    await desk.put(turns, *rows)
    await summed(desk)
    found = await figures(desk)
    assert (found["answers.mean_s"], found["answers.p95_s"]) == (mean, slow)


async def test_the_same_again_is_the_same_and_late_rows_are_counted(desk: Desk) -> None:
    await worked(desk)
    await summed(desk)
    first = await desk.all(snapshots)
    await summed(desk, fence=2)
    assert len(await desk.all(snapshots)) == len(first)
    assert await figures(desk) == {row["metric"]: row["value"] for row in first if row["period_start"] == LAST}
    await desk.put(messages, message(9), message(10, LAST - MINUTE), message(11, LAST - HOUR - MINUTE))
    async with (await desk.records()).engine.begin() as connection:
        await connection.execute(delete(suppressions))
    await summed(desk, fence=3)
    found = await figures(desk)
    assert (found["messages.queued"], found["optouts"]) == (5, 0)
    assert (await figures(desk, LAST - HOUR))["messages.queued"] == 1
    assert await figures(desk, LAST - 2 * HOUR) == {}


async def test_an_older_run_writes_over_nothing(desk: Desk) -> None:
    await summed(desk, fence=5)
    await desk.put(messages, message(1))
    await summed(desk, fence=4)
    assert (await figures(desk))["messages.queued"] == 0
    await summed(desk, fence=6)
    assert (await figures(desk))["messages.queued"] == 1


async def test_the_edges_of_a_period(desk: Desk) -> None:
    inside = (LAST, LAST + HOUR - timedelta(microseconds=1))
    outside = (LAST - timedelta(microseconds=1), LAST + HOUR)
    await desk.put(messages, *(message(number, at) for number, at in enumerate((*inside, *outside))))
    await summed(desk)
    assert (await figures(desk))["messages.queued"] == 2


async def test_each_tenant_has_its_own_and_one_can_be_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analytics, "PAGE", 2)
    await desk.put(tenants, *(tenant_row(f"t{number}") for number in range(4)))
    await desk.put(messages, message(1))
    run = desk.run()
    await snapshot.handler(run, SnapshotAsked("hour", "t1"))
    assert {row["tenant"] for row in await desk.all(snapshots)} == {"t1"}
    await snapshot.handler(run, SnapshotAsked("hour"))
    assert run.percents == [50, 100, 20, 40, 50, 70, 90, 100]
    assert ((await figures(desk))["messages.queued"], (await figures(desk, tenant="t2"))["messages.queued"]) == (1, 0)
    with pytest.raises(Discard, match="no tenant"):
        await snapshot.handler(run, SnapshotAsked("day", "nobody"))


async def test_a_figure_is_one_query_however_many_tenants_there_are(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analytics, "PAGE", 2)
    await desk.put(tenants, *(tenant_row(f"t{number}") for number in range(9)))
    asked_of: list[str] = []
    engine = (await desk.records()).engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *told: asked_of.append(told[2]))
    await summed(desk)
    assert (
        sum("crm_messages" in one for one in asked_of) == 2 * sum(name.startswith("messages.") for name in METRICS) + 1
    )


async def test_without_tenants_there_is_nothing_to_do(desk: Desk) -> None:
    async with (await desk.records()).engine.begin() as connection:
        await connection.execute(delete(tenants))
    assert (await summed(desk))["figures"] == 0


def test_days_are_those_of_the_fleets_calendar() -> None:
    [before, last] = closed("day", NOW, ZoneInfo("America/Toronto"))
    assert (before.start, last.start, last.end) == (
        datetime(2026, 3, 2, 5, tzinfo=UTC),
        datetime(2026, 3, 3, 5, tzinfo=UTC),
        datetime(2026, 3, 4, 5, tzinfo=UTC),
    )
    lengths = {
        period.end - period.start for period in closed("day", NOW + timedelta(days=5), ZoneInfo("America/Toronto"))
    }
    assert lengths == {23 * HOUR, 24 * HOUR}


def test_when_figures_are_summed_up() -> None:
    told = {one.name: (one.cron, one.payload) for one in analytics.analytics.schedules.values()}
    assert told == {
        "crm-hourly-figures": ("5 * * * *", {"granularity": "hour"}),
        "crm-daily-figures": ("15 0 * * *", {"granularity": "day"}),
    }
