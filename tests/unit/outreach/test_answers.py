"""What a provider's answer, or its silence, does to an action: sent at most once, and never lost without a word."""

from typing import Any

import msgspec
import pytest

from arqlight.demo.world.stand_in import Fault
from arqlight_core.clock import now
from arqlight_core.errors import Discard, Misconfigured, RateLimited, Unavailable, UnknownOutcome
from arqlight_jobs.outbound.effects import effects
from arqlight_jobs.outreach.suppression import suppress
from arqlight_jobs.outreach.tables import suppressions
from tests.unit.outreach.scene import ADA_MAIL, ADA_PHONE, Scene, by_sms, document, names


@pytest.mark.parametrize(
    ("status", "signal", "state"),
    [
        (400, Discard, "failed"),
        (401, Misconfigured, "pending"),
        (403, Misconfigured, "pending"),
        (404, Discard, "failed"),
        (405, Discard, "failed"),
        (413, Discard, "failed"),
        (429, RateLimited, "pending"),
        (500, Unavailable, "pending"),
        (503, Unavailable, "pending"),
    ],
)
async def test_what_each_answer_of_sendgrid_does_to_the_action(
    scene: Scene, status: int, signal: type[Exception], state: str
) -> None:
    [asked] = await scene.begun()
    scene.world.by_mail.script(Fault(status=status))
    with pytest.raises(signal):
        await scene.send(asked)
    row = await scene.action("hello")
    assert (row["state"], ADA_MAIL in row["reason"]) == (state, False)
    result, _ = await scene.send(asked)  # an operator had it tried again
    assert (result["success"], len(scene.world.by_mail.effects)) == (True, 1)


@pytest.mark.parametrize(
    ("code", "status", "signal", "state"),
    [
        (20003, 401, Misconfigured, "pending"),
        (20429, 429, RateLimited, "pending"),
        (21211, 400, Discard, "failed"),
        (21408, 400, Misconfigured, "pending"),
        (21601, 400, Misconfigured, "pending"),
        (21606, 400, Misconfigured, "pending"),
        (21608, 400, Misconfigured, "pending"),
        (21610, 400, Discard, "failed"),
        (21612, 400, Discard, "failed"),
        (21614, 400, Discard, "failed"),
        (21635, 400, Discard, "failed"),
    ],
)
async def test_what_each_code_of_twilio_does_to_the_action(
    scene: Scene, code: int, status: int, signal: type[Exception], state: str
) -> None:
    [asked] = await scene.begun(by_sms())
    body = msgspec.Raw(msgspec.json.encode({"code": code, "message": f"about {ADA_PHONE}", "status": status}))
    scene.world.by_sms.script(Fault(status=status, body=body))
    with pytest.raises(signal) as told_why:
        await scene.send(asked)
    row = await scene.action("call")
    assert row["state"] == state
    assert ADA_PHONE not in f"{told_why.value} {row['reason']}"
    assert len(await scene.rows(suppressions)) == (code == 21610)
    result, _ = await scene.send(asked)
    assert result["success"] is (code != 21610)
    assert len(scene.world.twilio.messages) == (code != 21610)


@pytest.mark.parametrize("drop", ["before", "after"])
async def test_a_mail_in_doubt_is_left_to_the_operator_and_never_sent_twice(scene: Scene, drop: Any) -> None:
    [asked] = await scene.begun()
    scene.world.by_mail.script(Fault(drop=drop))
    for _ in range(2):
        with pytest.raises(UnknownOutcome):
            await scene.send(asked)
    assert (await scene.action("hello"))["state"] == "unknown"
    assert len(scene.world.by_mail.calls) == 1
    assert await scene.kinds() == []


async def test_an_sms_in_doubt_is_looked_up_and_found(scene: Scene) -> None:
    [asked] = await scene.begun(by_sms())
    scene.world.by_sms.script(Fault(drop="after"))
    result, _ = await scene.send(asked)
    [message] = scene.world.twilio.messages
    assert result == {"success": True, "message_id": asked.action, "provider_id": message.sid, "error": None}
    assert [call.method for call in scene.world.by_sms.calls] == ["POST", "GET"]


async def test_an_sms_in_doubt_that_is_not_found_is_looked_up_once_and_left_to_the_operator(scene: Scene) -> None:
    [asked] = await scene.begun(by_sms())
    scene.world.by_sms.script(Fault(drop="before"))
    with pytest.raises(UnknownOutcome):
        await scene.send(asked)
    assert [call.method for call in scene.world.by_sms.calls] == ["POST", "GET"]
    assert not scene.world.twilio.messages


async def test_the_same_text_of_another_action_is_not_taken_for_this_one(scene: Scene) -> None:
    [asked] = await scene.begun(by_sms())
    await scene.send(asked)
    await scene.campaigns.cancel("spring")
    other = document(campaign={"id": "summer", "entry": "call"})
    [again] = await scene.begun(other)
    scene.world.by_sms.script(Fault(drop="before"))
    with pytest.raises(UnknownOutcome):
        await scene.send(again)
    assert len(scene.world.twilio.messages) == 1


async def test_an_operators_word_on_a_mail_in_doubt_counts(scene: Scene) -> None:
    [asked] = await scene.begun()
    scene.world.by_mail.script(Fault(drop="after"))
    with pytest.raises(UnknownOutcome):
        await scene.send(asked)
    await scene.change(effects, state="sent", provider_id="by-hand")
    result, queued = await scene.send(asked)
    assert (result["success"], result["provider_id"]) == (True, "by-hand")
    assert names(queued) == ["outreach.timeout", "outreach.timeout"]
    assert len(scene.world.by_mail.calls) == 1


async def test_what_may_be_out_is_asked_for_whatever_has_come_in_between(scene: Scene) -> None:
    [asked] = await scene.begun(by_sms())
    scene.world.by_sms.script(Fault(drop="after"), Fault(status=503, path="/2010"))
    with pytest.raises(Unavailable):
        await scene.send(asked)  # it is out, and the look-up has failed
    assert (await scene.action("call"))["state"] == "unknown"
    async with scene.records.engine.begin() as connection:
        await suppress(connection, "acme", "sms", ADA_PHONE, "by hand", now())
    await scene.campaigns.cancel("spring")
    result, _ = await scene.send(asked)
    assert (result["success"], len(scene.world.twilio.messages)) == (True, 1)


async def test_what_was_surely_not_sent_is_not_sent_after_a_change_of_mind(scene: Scene) -> None:
    [asked] = await scene.begun()
    scene.world.by_mail.script(Fault(status=503))
    with pytest.raises(Unavailable):
        await scene.send(asked)
    await scene.campaigns.cancel("spring")
    result, _ = await scene.send(asked)
    assert (result["error"], len(scene.world.by_mail.calls)) == ("the campaign is cancelled", 1)


async def test_an_sms_in_doubt_stays_in_doubt_when_the_look_up_is_refused(scene: Scene) -> None:
    [asked] = await scene.begun(by_sms())
    scene.world.by_sms.script(Fault(drop="after"), Fault(status=404, path="/2010"))
    with pytest.raises(Discard):
        await scene.send(asked)
    assert (await scene.action("call"))["state"] == "unknown"
    await scene.campaigns.cancel("spring")
    result, _ = await scene.send(asked)
    assert (result["success"], len(scene.world.twilio.messages)) == (True, 1)
