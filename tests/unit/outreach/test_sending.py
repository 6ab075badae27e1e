"""A scheduled action is sent once, over its channel, when it is due, to whom it may be sent."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from arqlight_core.clock import now
from arqlight_core.errors import Discard, LeaseLost, Snooze
from arqlight_jobs.outreach.sends import sends
from arqlight_jobs.outreach.suppression import suppress
from arqlight_jobs.outreach.tables import scheduled_actions, suppressions
from tests.unit.outreach.scene import ADA_MAIL, ADA_PHONE, JOBS, PLAIN, Scene, by_sms, document, names, told

# ------------------------------------------------------------------ what is sent


async def test_a_mail_goes_out_with_the_contacts_own_words_and_brings_back_opaque_ids_alone(scene: Scene) -> None:
    [asked] = await scene.begun()
    result, queued = await scene.send(asked)
    [call] = scene.world.by_mail.calls
    body: dict[str, Any] = call.json
    [to] = body["personalizations"]
    assert to == {
        "to": [{"email": ADA_MAIL, "name": "Ada <Lovelace>"}],
        "custom_args": {"outreach_action": asked.action},
    }
    assert body["from"] == {"email": "news@acme.example", "name": "Acme"}
    assert body["subject"] == "Hello Ada <Lovelace>"
    assert body["content"] == [
        {"type": "text/plain", "value": "Dear Ada <Lovelace> of London"},
        {"type": "text/html", "value": "<p>Dear Ada &lt;Lovelace&gt;</p>"},
    ]
    assert body["tracking_settings"] == {"click_tracking": {"enable": True}, "open_tracking": {"enable": True}}
    assert call.headers["x-correlation-id"] == "test"
    message = scene.world.sendgrid.accepted[0]["message_id"]
    assert result == {"success": True, "message_id": asked.action, "provider_id": message, "error": None}
    assert scene.progress == [10, 20, 30, 40, 60, 80, 90, 100]
    assert names(queued) == ["outreach.timeout", "outreach.timeout"]


async def test_an_sms_goes_out_and_nobody_waits_for_it_to_be_opened(scene: Scene) -> None:
    [asked] = await scene.begun(by_sms())
    result, queued = await scene.send(asked)
    [message] = scene.world.twilio.messages
    assert (message.to, message.body) == (ADA_PHONE, "Call us, Ada <Lovelace>")
    assert (result["success"], result["provider_id"], queued) == (True, message.sid, [])
    row = await scene.action("call")
    assert (row["state"], row["provider_id"]) == ("sent", message.sid)


async def test_looks_are_scheduled_for_when_the_node_says_and_each_is_one_job(scene: Scene) -> None:
    [asked] = await scene.begun()
    _, queued = await scene.send(asked)
    looks = told(queued, "outreach.timeout")
    sent_at = (await scene.action("hello"))["sent_at"]
    assert {look.event: look.scheduled_at - sent_at for look in looks} == {
        "no_open": timedelta(days=2),
        "no_click": timedelta(days=3),
    }
    id_of = JOBS["outreach.timeout"].id_of
    assert id_of
    assert [id_of(look) for look in looks] == ["spring:ada:hello:no_open", "spring:ada:hello:no_click"]


async def test_what_was_sent_is_not_sent_again_and_its_looks_are_queued_again(scene: Scene) -> None:
    [asked] = await scene.begun()
    first = await scene.send(asked)
    again = await scene.send(asked)
    assert again == first
    assert len(scene.world.by_mail.calls) == 1
    assert await scene.kinds() == ["sent"]


async def test_a_node_that_is_left_when_it_is_sent_leads_on_once(scene: Scene) -> None:
    [asked] = await scene.begun(document(campaign={"id": "spring", "entry": "again"}))
    for _ in range(2):
        _, queued = await scene.send(asked)
        [following] = told(queued, "outreach.send")
        assert (following.node, following.channel, following.sender) == ("call", "sms", "desk")
    assert await scene.at() == ["call"]
    assert (await scene.action("call"))["due_at"] - now() > timedelta(hours=23)


# ------------------------------------------------------------------ when nothing is sent


@pytest.mark.parametrize(
    ("contact", "reason"),
    [({"consent": False}, "no consent"), ({"email": ""}, "no address")],
)
async def test_who_may_not_be_written_to_is_skipped(scene: Scene, contact: dict[str, Any], reason: str) -> None:
    [asked] = await scene.begun(document(contacts=[{**PLAIN["contacts"][0], **contact}]))
    result, queued = await scene.send(asked)
    assert (result["success"], result["error"], queued) == (False, reason, [])
    assert (await scene.action("hello"))["state"] == "skipped"
    assert await scene.send(asked) == (result, [])
    assert not scene.world.by_mail.calls


async def test_a_suppressed_address_gets_nothing_however_its_letters_are_written(scene: Scene) -> None:
    [asked] = await scene.begun()
    async with scene.records.engine.begin() as connection:
        assert await suppress(connection, "acme", "email", f" {ADA_MAIL.upper()}", "by hand", now())
        assert not await suppress(connection, "acme", "email", ADA_MAIL, "again", now())
    result, _ = await scene.send(asked)
    assert result["error"] == "suppressed: by hand"
    assert ADA_MAIL not in str(await scene.rows(suppressions))


async def test_what_is_not_due_waits_until_it_is(scene: Scene) -> None:
    [asked] = await scene.begun()
    due = now() + timedelta(hours=5)
    await scene.change(scheduled_actions, due_at=due)
    with pytest.raises(Snooze) as wait:
        await scene.send(asked)
    assert wait.value.until == due
    assert (await scene.action("hello"))["state"] == "pending"


async def test_in_quiet_hours_it_waits_for_their_end(scene: Scene) -> None:
    hour = (now() - timedelta(hours=1)).strftime("%H:00"), (now() + timedelta(hours=2)).strftime("%H:00")
    quiet = {"id": "spring", "entry": "hello", "quiet": {"from": hour[0], "to": hour[1]}}
    [asked] = await scene.begun(document(campaign=quiet))
    with pytest.raises(Snooze, match="quiet hours") as wait:
        await scene.send(asked)
    assert f"{wait.value.until:%H:%M}" == hour[1]


async def test_what_is_cancelled_stays_unsent(scene: Scene) -> None:
    [asked] = await scene.begun()
    assert await scene.campaigns.cancel("spring") == 1
    result, queued = await scene.send(asked)
    assert (result["success"], result["error"], queued) == (False, "the campaign is cancelled", [])
    assert not scene.world.by_mail.calls


async def test_what_is_gone_ends_the_job(scene: Scene) -> None:
    [asked] = await scene.begun()
    with pytest.raises(Discard, match="there is no scheduled action"):
        await scene.send(msgspec.structs.replace(asked, tenant="initech"))


async def test_an_older_run_writes_nothing_over_a_newer_one(scene: Scene) -> None:
    [asked] = await scene.begun()
    await scene.change(scheduled_actions, fence=9, state="sending")
    with pytest.raises(LeaseLost):
        await scene.send(asked, fence=8)
    assert not scene.world.by_mail.calls


# ------------------------------------------------------------------ the windows


@pytest.mark.parametrize("other", [{"channel": "sms"}, {"sender": "desk"}, {"campaign": "summer"}])
async def test_a_job_that_names_other_than_its_action_passes_no_limit(scene: Scene, other: dict[str, Any]) -> None:
    [asked] = await scene.begun()
    with pytest.raises(Discard, match="wrong limits"):
        await scene.send(msgspec.structs.replace(asked, **other))
    assert not scene.world.by_mail.calls


def test_there_are_six_windows_for_each_channel_and_no_other_counts() -> None:
    [asked] = [job.payload for job in sends.job_types.values()]
    mail = asked("acme", "a", "spring", "ada", "hello", "email", "news")
    text = asked("acme", "a", "spring", "ada", "hello", "sms", "desk")
    counted = {
        channel.channel: {
            limit.key_of(channel): [str(rate) for rate in limit.rates]
            for limit in sends.limits
            if limit.key_of(channel) is not None
        }
        for channel in (mail, text)
    }
    of_mail = ["20 per min", "1000 per h", "10000 per day"]
    of_text = ["10 per min", "500 per h", "5000 per day"]
    assert counted == {
        "email": {"acme": of_mail, "acme/news": of_mail},
        "sms": {"acme": of_text, "acme/desk": of_text},
    }
    assert all(limit.exact for limit in sends.limits)
