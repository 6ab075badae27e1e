"""What SendGrid posts is read: events counted once in whatever order they come."""

import itertools
from datetime import timedelta

import pytest

from arqlight_core.clock import now
from arqlight_core.errors import Discard, Snooze
from arqlight_jobs.outreach import ingest, reports
from arqlight_jobs.outreach.ingest import accept
from arqlight_jobs.outreach.tables import events, scheduled_actions, webhooks
from tests.unit.outreach.scene import Scene, document, mailed, names


async def test_events_that_come_many_times_in_any_order_count_once_and_in_their_order(both: Scene) -> None:
    await mailed(both)
    at = now() - timedelta(hours=1)
    told_kinds = ("processed", "deferred", "delivered", "open", "click", "open")
    batch = [both.event(kind, at + timedelta(minutes=number)) for number, kind in enumerate(told_kinds)]
    result, queued = await both.report(*batch, copies=9)
    assert result == {
        "success": True,
        "events_processed": 6,
        "duplicates": 48,
        "invalid": 0,
        "unrelated": 0,
        "transitions_triggered": 1,
    }
    assert names(queued) == ["outreach.send"]
    row = await both.action("hello")
    assert (row["delivery"], row["rank"]) == ("click", 6)
    late = [(row["kind"], row["late"]) for row in await both.rows(events, "at") if row["kind"] in ("open", "click")]
    assert late == [("open", False), ("click", True), ("open", True)]
    assert both.progress[-1] == 100


async def test_the_same_event_in_another_post_counts_for_nothing(scene: Scene) -> None:
    await mailed(scene)
    event = scene.event("open")
    await scene.report(event)
    result, queued = await scene.processed(scene.world.webhook.post([event], at=now() + timedelta(seconds=1)))
    assert (result["events_processed"], result["duplicates"], queued) == (0, 1, [])


async def test_a_run_that_is_repeated_queues_again_what_its_events_led_to(scene: Scene) -> None:
    await mailed(scene)
    post = scene.world.webhook.post([scene.event("open")])
    own = await accept(scene.records, post.body, post.headers, "acme")
    first, queued = await scene.run("webhook.process.sendgrid", ingest.asked_of("acme", own))
    second, again = await scene.run("webhook.process.sendgrid", ingest.asked_of("acme", own))
    assert queued == again
    assert (first["events_processed"], second["events_processed"]) == (1, 0)


async def test_what_is_further_is_not_taken_back_by_what_comes_late(scene: Scene) -> None:
    await mailed(scene)
    await scene.report(scene.event("delivered"))
    await scene.report(scene.event("processed"))
    assert (await scene.action("hello"))["delivery"] == "delivered"


async def test_a_bad_entry_is_noted_as_invalid_and_holds_up_no_other(both: Scene) -> None:
    await mailed(both)
    bad = [None, {}, [1], {"event": "open"}, both.event("invented"), {**both.event("open"), "sg_event_id": "\x00"}]
    odd = {**both.event("delivered"), "outreach_action": "\x00", "sg_message_id": 7}
    result, _ = await both.report(*bad, odd, both.event("open"))
    assert (result["events_processed"], result["invalid"], result["unrelated"]) == (2, len(bad), 1)
    why = {row["detail"] for row in await both.rows(events) if row["kind"] == "invalid"}
    assert why == {"it is no object", "its kind is not known", "its timestamp is none", "it has no id of its own"}
    assert await both.at() == ["thanks"]


@pytest.mark.parametrize("body", [b"{}\r\n", b"[", b"\xff", b'"x"'])
async def test_a_post_that_is_no_array_ends_the_job(scene: Scene, body: bytes) -> None:
    await mailed(scene)
    with pytest.raises(Discard, match="no array"):
        await scene.processed(scene.world.webhook.signed(body))


async def test_a_post_is_read_for_its_own_tenant_alone(scene: Scene) -> None:
    await mailed(scene)
    post = scene.world.webhook.post([scene.event("open")])
    own = await accept(scene.records, post.body, post.headers, "acme")
    with pytest.raises(Discard, match="no post"):
        await scene.run("webhook.process.sendgrid", ingest.asked_of("initech", own))


async def test_an_event_of_another_tenants_mail_is_unrelated(scene: Scene) -> None:
    await mailed(scene)
    stolen = scene.event("open")
    await scene.campaigns.load(document(tenant="initech", campaign={"id": "other", "entry": "hello"}))
    result, queued = await scene.processed(scene.world.webhook.post([stolen]), "initech")
    assert (result["unrelated"], queued) == (1, [])
    assert await scene.at() == ["hello", "hello"]


async def test_without_our_argument_a_mail_is_known_by_the_providers_id(scene: Scene) -> None:
    await mailed(scene)
    event = {name: value for name, value in scene.event("open").items() if name != "outreach_action"}
    result, _ = await scene.report(event)
    assert (result["unrelated"], result["transitions_triggered"]) == (0, 1)


async def test_an_id_of_any_length_holds_up_no_batch(both: Scene) -> None:
    [asked] = await both.begun()
    await both.send(asked)
    await both.change(scheduled_actions, provider_id=None)
    result, _ = await both.report({**both.event("delivered"), "sg_message_id": "m" * 4000})
    assert (result["events_processed"], (await both.action("hello"))["delivery"]) == (1, "delivered")


async def test_a_post_that_cannot_be_read_is_forgotten_like_the_others(scene: Scene) -> None:
    await mailed(scene)
    with pytest.raises(Discard):
        await scene.processed(scene.world.webhook.signed(b'{"email": "ada@example.com"}'))
    assert [row["processed_at"] is None for row in await scene.rows(webhooks)] == [False]


async def test_a_post_that_takes_long_is_read_in_several_runs_and_no_attempt_is_burnt(
    both: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    await mailed(both)
    seconds = itertools.count(step=10)
    monkeypatch.setattr(reports, "monotonic", lambda: next(seconds))
    batch = [both.event("deferred") for _ in range(5)] + [both.event("open"), 7]
    post = both.world.webhook.post(batch)
    own = await accept(both.records, post.body, post.headers, "acme")
    for left in (4, 1):
        with pytest.raises(Snooze, match=f"{left} events are left"):
            await both.run("webhook.process.sendgrid", ingest.asked_of("acme", own))
    result, queued = await both.run("webhook.process.sendgrid", ingest.asked_of("acme", own))
    assert (result["events_processed"], result["duplicates"], result["invalid"]) == (0, 6, 1)
    assert (names(queued), both.progress[-1]) == (["outreach.send"], 100)
