"""What jobs tell tenants of: once for each happening, also after a crash, in ids and counts alone."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import delete, insert, select

from arqlight_core.clock import now
from arqlight_core.errors import Discard, Snooze
from arqlight_core.policy import HOUR
from arqlight_jobs.crm import happenings
from arqlight_jobs.crm.campaign import run_campaign
from arqlight_jobs.crm.campaigns import Campaigns, CampaignState
from arqlight_jobs.crm.happenings import DELIVER
from arqlight_jobs.crm.importing import import_contacts
from arqlight_jobs.crm.message import message_id
from arqlight_jobs.crm.requests import CampaignAsked, ImportAsked
from arqlight_jobs.crm.tables.messaging import campaign_moves, recipients
from arqlight_jobs.crm.tables.people import contacts
from arqlight_jobs.crm.tables.webhooks import deliveries, endpoints
from tests.running import FakeRun
from tests.unit.crm.desk import Desk
from tests.unit.crm.importing import accept, csv_of, people
from tests.unit.crm.post import NUMBER, SENDER, TENANT, TEXT, Post, asked, refuse

HOOK: dict[str, Any] = {"id": "we_1", "tenant": TENANT, "url": "https://x.test", "types": [], "disabled_because": ""}


@pytest.fixture
async def hooked(post: Post) -> Post:
    """The tenant has an endpoint that wants everything."""
    async with post.engine.begin() as connection:
        await connection.execute(insert(endpoints), {**HOOK, "faults": 0, "enabled_at": now(), "created_at": now()})
    return post


async def told(engine: Any) -> list[dict[str, Any]]:
    async with engine.connect() as connection:
        rows = await connection.execute(select(deliveries.c.body).order_by(deliveries.c.created_at))
        return [msgspec.json.decode(body) for (body,) in rows]


def a_run(post: Post) -> FakeRun:
    post.fence += 1
    return FakeRun(post.settings, post.fence, job_id=f"{{crm:message}}:{message_id(asked())}")


async def test_a_message_that_was_sent_is_told_and_by_a_later_run_if_the_first_died(
    hooked: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(*_: Any) -> None:
        raise ConnectionError("the server is away")

    with monkeypatch.context() as patch:
        patch.setattr(happenings, "tell", dies)
        with pytest.raises(ConnectionError):
            await hooked.send(asked())
    assert await told(hooked.engine) == []
    runs = [a_run(hooked) for _ in range(2)]
    for run in runs:
        await hooked.send(asked(), run=run)
    assert [[name for name, _ in run.queued] for run in runs] == [[DELIVER], [DELIVER]]
    [event] = await told(hooked.engine)
    assert (event["type"], event["data"]["message"], event["data"]["contact"]) == (
        "message.sent",
        "message:acme:1",
        "ann",
    )
    assert not [one for one in (NUMBER[1:], TEXT) if one in str(event)]
    assert len(hooked.there.calls) == 1


@pytest.mark.parametrize("how", ["refused", "unfit", "gave up"])
async def test_a_message_that_has_failed_is_told_with_the_reason(hooked: Post, how: str) -> None:
    if how != "unfit":
        refuse(hooked, 131026 if how == "refused" else 131000, 400 if how == "refused" else 500)
    content = "text" if how == "unfit" else "template"
    with pytest.raises(Exception, match=r"."):
        await hooked.send(asked(content=content), attempt=3)
    [event] = await told(hooked.engine)
    assert event["type"] == "message.failed"
    assert event["data"]["reason"]


async def test_what_is_skipped_or_tried_again_is_not_told(hooked: Post) -> None:
    await hooked.change(contacts, "ann", consent=False)
    await hooked.send(asked("1"))
    await hooked.change(contacts, "ann", consent=True)
    refuse(hooked, 131000, 500)
    with pytest.raises(Exception, match=r"."):
        await hooked.send(asked("2"))
    assert await told(hooked.engine) == []


# ------------------------------------------------------------------ campaigns


async def campaign(post: Post, *states: str) -> None:
    """It runs, its audience is frozen, and its recipients stand so."""
    plain: dict[str, Any] = {"channel": "whatsapp", "sender": SENDER, "content": "template"}
    made = Campaigns(post.engine)
    await made.create(id="c", tenant=TENANT, name="Planted name", audience={"everyone": True}, **plain)
    await made.move("c", (CampaignState.DRAFT,), CampaignState.RUNNING)
    async with post.engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE crm_campaigns SET is_frozen = TRUE")
        rows = [
            {"campaign": "c", "contact": f"c{place}", "state": state, "reason": "", "round": 0, "at": now()}
            for place, state in enumerate(states)
        ]
        await connection.execute(insert(recipients), rows)


async def step(post: Post) -> None:
    run = a_run(post)
    async with run.stack:
        await run_campaign.handler(run, CampaignAsked("c"))


async def test_a_campaign_that_is_done_is_told_once(hooked: Post) -> None:
    await campaign(hooked, "sent", "sent", "skipped")
    await step(hooked)
    await step(hooked)  # as after a crash
    [event] = await told(hooked.engine)
    assert event["type"] == "campaign.done"
    assert event["data"]["recipients"] == {"sent": 2, "skipped": 1}
    assert "Planted name" not in str(event)


async def test_each_stop_of_a_campaign_is_told_and_no_pause(hooked: Post) -> None:
    await campaign(hooked, *["failed"] * 50, "pending")
    for _ in range(3):
        with pytest.raises(Snooze):
            await step(hooked)
    assert [event["type"] for event in await told(hooked.engine)] == ["campaign.stopped"]
    here = Campaigns(hooked.engine)
    await here.move("c", (CampaignState.STOPPED,), CampaignState.PAUSED)
    with pytest.raises(Snooze):
        await step(hooked)
    await here.move("c", (CampaignState.PAUSED,), CampaignState.STOPPED, "once more")
    with pytest.raises(Snooze):
        await step(hooked)
    assert [event["data"]["reason"] for event in await told(hooked.engine)][1:] == ["once more"]


async def test_an_old_stop_is_not_told_again(hooked: Post) -> None:
    await campaign(hooked, *["failed"] * 50, "pending")
    with pytest.raises(Snooze):
        await step(hooked)
    async with hooked.engine.begin() as connection:
        await connection.execute(campaign_moves.update().values(at=now() - 2 * HOUR))
        await connection.execute(delete(deliveries))
    with pytest.raises(Snooze):
        await step(hooked)
    assert await told(hooked.engine) == []


# ------------------------------------------------------------------ files


async def test_an_import_is_told_when_it_is_through_with_its_counts(desk: Desk, tmp_path: Path) -> None:
    assert tmp_path
    await desk.put(endpoints, {**HOOK, "faults": 0, "enabled_at": now(), "created_at": now()})
    made = await accept(desk, csv_of([*people(2), ("planted bad", "", "", "")]))
    runs = [desk.run(fence) for fence in (1, 2)]
    for run in runs:
        await import_contacts.handler(run, ImportAsked(made.id))
    [event] = await told((await desk.records()).engine)
    counts = {"created": 2, "updated": 0, "skipped": 0, "rejected": 1}
    assert (event["type"], event["data"]) == ("import.completed", {"import": made.id, **counts})


async def test_an_import_that_failed_is_not_told(desk: Desk) -> None:
    await desk.put(endpoints, {**HOOK, "faults": 0, "enabled_at": now(), "created_at": now()})
    made = await accept(desk, csv_of([]))
    with pytest.raises(Discard):
        await import_contacts.handler(desk.run(), ImportAsked(made.id))
    assert await told((await desk.records()).engine) == []
