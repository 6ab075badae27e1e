"""Where contacts are led: by what they do, by what they do not do, and each by one event alone. On both databases."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete

from arqlight_core.clock import now
from arqlight_core.errors import Discard, Snooze
from arqlight_jobs.outreach.requests import TimeoutAsked
from arqlight_jobs.outreach.tables import campaigns, contacts, events, nodes
from tests.unit.outreach.scene import PLAIN, Scene, document, told


async def sent(scene: Scene) -> dict[str, TimeoutAsked]:
    """The first mail is out; the looks that follow, by event."""
    [asked] = await scene.begun()
    _, queued = await scene.send(asked)
    return {look.event: look for look in told(queued, "outreach.timeout")}


async def test_who_does_not_open_is_asked_again_and_then_called(both: Scene) -> None:
    looks = await sent(both)
    result, queued = await both.wait_out(looks["no_open"])
    assert result == {"success": True, "events_created": 1, "transitions_triggered": 1, "moot": ""}
    assert both.progress == [25, 50, 75, 100]
    [again] = told(queued, "outreach.send")
    assert again.node == "again"
    await both.due("again")
    _, queued = await both.send(again)
    await both.due("call")
    [call] = told(queued, "outreach.send")
    await both.send(call)
    assert len(both.world.twilio.messages) == 1
    assert await both.kinds() == ["no_open", "sent", "sent", "sent"]
    assert await both.at() == ["call"]


async def test_a_look_before_its_time_waits(both: Scene) -> None:
    looks = await sent(both)
    with pytest.raises(Snooze) as wait:
        await both.run("outreach.timeout", looks["no_open"])
    assert wait.value.until == looks["no_open"].scheduled_at
    assert await both.kinds() == ["sent"]


async def test_a_silence_is_noted_once_and_a_run_that_was_cut_off_queues_what_it_led_to(both: Scene) -> None:
    looks = await sent(both)
    first, queued = await both.wait_out(looks["no_open"])
    second, again = await both.wait_out(looks["no_open"])
    assert (first["events_created"], second["events_created"]) == (1, 0)
    assert queued == again
    await both.due("again")
    await both.send(told(queued, "outreach.send")[0])
    assert (await both.wait_out(looks["no_open"]))[1] == []


async def test_an_open_before_the_time_makes_the_look_a_noop(both: Scene) -> None:
    looks = await sent(both)
    result, queued = await both.report(both.event("open"))
    assert (result["events_processed"], result["transitions_triggered"]) == (1, 1)
    assert [asked.node for asked in told(queued, "outreach.send")] == ["thanks"]
    result, queued = await both.wait_out(looks["no_open"])
    assert (result["events_created"], result["moot"], queued) == (0, "the contact has left the node", [])


async def test_a_click_implies_an_open_and_breaks_both_silences(both: Scene) -> None:
    [asked] = await both.begun(document(transitions=[]))
    _, queued = await both.send(asked)
    await both.report(both.event("click", url="https://acme.example/?who=ada"))
    for look in told(queued, "outreach.timeout"):
        result, _ = await both.wait_out(look)
        assert (result["events_created"], result["moot"]) == (0, "there was an event: click")


async def test_an_open_breaks_no_silence_of_clicks(both: Scene) -> None:
    [asked] = await both.begun(document(transitions=[]))
    _, queued = await both.send(asked)
    await both.report(both.event("open"))
    created = {
        look.event: (await both.wait_out(look))[0]["events_created"] for look in told(queued, "outreach.timeout")
    }
    assert created == {"no_open": 0, "no_click": 1}


async def test_what_a_machine_opens_is_noted_and_counts_for_nothing(both: Scene) -> None:
    looks = await sent(both)
    result, queued = await both.report(both.event("open", sg_machine_open=True))
    assert (result["events_processed"], queued) == (1, [])
    assert (await both.wait_out(looks["no_open"]))[0]["events_created"] == 1


@pytest.mark.parametrize("kind", ["bounce", "spamreport", "unsubscribe", "group_unsubscribe", "dropped"])
async def test_who_cannot_be_reached_any_more_is_not_waited_for(both: Scene, kind: str) -> None:
    looks = await sent(both)
    await both.report(both.event(kind))
    result, queued = await both.wait_out(looks["no_open"])
    assert (result["events_created"], queued) == (0, [])
    assert result["moot"] == f"the contact cannot be reached: {kind}"


async def test_who_opens_late_is_noted_as_late_and_stays_where_they_were_led(both: Scene) -> None:
    looks = await sent(both)
    await both.wait_out(looks["no_open"])
    _, queued = await both.report(both.event("open"))
    assert await both.at() == ["again"]
    assert queued == []
    late = {row["kind"]: row["late"] for row in await both.rows(events)}
    assert late == {"sent": False, "no_open": False, "open": True}


async def test_of_an_open_and_a_silence_at_once_one_alone_leads_on(both: Scene) -> None:
    looks = await sent(both)
    outcomes = await asyncio.gather(both.report(both.event("open")), both.wait_out(looks["no_open"]))
    triggered = [result["transitions_triggered"] for result, _ in outcomes]
    assert sorted(triggered) == [0, 1]
    assert await both.at() == ["thanks" if triggered[0] else "again"]


async def test_a_look_at_a_campaign_or_a_node_that_is_gone_ends_the_job(both: Scene) -> None:
    looks = await sent(both)
    async with both.records.engine.begin() as connection:
        await connection.execute(delete(nodes).where(nodes.c.id == "hello"))
    with pytest.raises(Discard, match="no node hello"):
        await both.wait_out(looks["no_open"])
    async with both.records.engine.begin() as connection:
        await connection.execute(delete(campaigns))
    with pytest.raises(Discard, match="no campaign spring"):
        await both.wait_out(looks["no_open"])


async def test_a_cancelled_campaign_leads_nobody_on(both: Scene) -> None:
    looks = await sent(both)
    await both.campaigns.cancel("spring")
    result, queued = await both.wait_out(looks["no_open"])
    assert (result["events_created"], result["moot"], queued) == (0, "the campaign is cancelled", [])


async def test_a_campaign_is_started_page_by_page_and_goes_on_where_it_was_cut_off(
    both: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arqlight_jobs.outreach.campaigns.PAGE", 2)
    people = [{"id": f"c{number}", "email": f"c{number}@example.com", "consent": True} for number in range(5)]
    made = await both.campaigns.load(document(contacts=people))
    begun = await both.campaigns.begin(made.id)
    after, pages = "", list[list[str]]()
    while not pages or after:
        asked, after = await both.campaigns.first_actions(begun, after)
        pages.append(sorted(one.contact for one in asked))
    assert pages == [["c0", "c1"], ["c2", "c3"], ["c4"]]
    again: Any = await both.campaigns.begin(made.id)
    first, _ = await both.campaigns.first_actions(again)
    await both.send(first[0])
    left, _ = await both.campaigns.first_actions(again)
    assert len(left) == 1
    assert begun.started_at
    assert now() - begun.started_at < timedelta(minutes=5)


async def test_two_campaigns_with_the_same_people_are_loaded_at_once(both: Scene) -> None:
    people = [{**PLAIN["contacts"][0], "id": f"c{number}"} for number in range(1200)]
    senders = {name: {**PLAIN["senders"][0], "id": name} for name in ("spring", "summer")}
    told = [
        document(
            campaign={"id": name, "entry": "hello"},
            senders=[sender],
            nodes=[{**PLAIN["nodes"][0], "sender": name}],
            transitions=[],
            contacts=people[:: 1 if name == "spring" else -1],
        )
        for name, sender in senders.items()
    ]
    made = await asyncio.gather(*(both.campaigns.load(one) for one in told))
    assert [one.id for one in made] == ["spring", "summer"]
    assert len(await both.rows(contacts)) == len(people)
