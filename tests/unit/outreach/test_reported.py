"""What follows of what SendGrid reports: who is written to no more, and which mails in doubt were sent."""

from datetime import timedelta

import pytest

from arqlight.demo.world.stand_in import Fault
from arqlight_core.clock import now
from arqlight_core.errors import Snooze, UnknownOutcome
from arqlight_jobs.outbound.effects import effects
from arqlight_jobs.outreach import ingest, reports
from arqlight_jobs.outreach.case import Case
from arqlight_jobs.outreach.suppression import digest_of
from arqlight_jobs.outreach.tables import scheduled_actions, suppressions, webhooks
from tests.unit.outreach.scene import ADA_MAIL, PLAIN, Scene, mailed, names, told


@pytest.mark.parametrize("kind", ["bounce", "spamreport", "unsubscribe", "group_unsubscribe"])
async def test_who_wants_nothing_more_gets_nothing_more(scene: Scene, kind: str) -> None:
    await mailed(scene)
    await scene.report(scene.event(kind))
    [row] = await scene.rows(suppressions)
    assert (row["channel"], row["address"], row["reason"]) == ("email", digest_of(ADA_MAIL), kind)
    _, queued = await scene.report(scene.event("open"))  # as a mail service may: it leads to another mail
    result, _ = await scene.send(told(queued, "outreach.send")[0])
    assert result["error"] == f"suppressed: {kind}"
    assert len(scene.world.by_mail.calls) == 1


async def test_a_blocked_mail_and_one_that_was_delivered_suppress_nothing(scene: Scene) -> None:
    await mailed(scene)
    await scene.report(scene.event("bounce", type="blocked"), scene.event("delivered"), scene.event("deferred"))
    assert await scene.rows(suppressions) == []


async def test_who_comes_back_to_a_group_gets_mail_again_unless_it_was_spam(scene: Scene) -> None:
    await mailed(scene)
    await scene.report(scene.event("group_unsubscribe"))
    await scene.report(scene.event("group_resubscribe"))
    assert await scene.rows(suppressions) == []
    await scene.report(scene.event("spamreport"))
    await scene.report(scene.event("group_resubscribe"))
    assert len(await scene.rows(suppressions)) == 1


async def test_who_left_a_group_and_then_complained_does_not_come_back_with_the_group(scene: Scene) -> None:
    await mailed(scene)
    await scene.report(scene.event("group_unsubscribe"))
    await scene.report(scene.event("spamreport", now() - timedelta(minutes=1)))
    await scene.report(scene.event("group_resubscribe"))
    assert [row["reason"] for row in await scene.rows(suppressions)] == ["spamreport"]


@pytest.mark.parametrize("again", [False, True])
async def test_who_left_a_group_after_coming_back_is_not_written_to_whatever_comes_last(
    scene: Scene,
    again: bool,  # noqa: FBT001 - a table
) -> None:
    await mailed(scene)
    left, back, left_again = (now() - timedelta(minutes=minutes) for minutes in (3, 2, 1))
    await scene.report(scene.event("group_unsubscribe", left if again else left_again))
    if again:
        await scene.report(scene.event("group_unsubscribe", left_again))
    await scene.report(scene.event("group_resubscribe", back))
    assert len(await scene.rows(suppressions)) == 1


async def test_an_address_is_suppressed_however_its_domain_is_written(scene: Scene) -> None:
    await mailed(
        scene, contacts=[{**PLAIN["contacts"][0], "email": "ada@b\N{LATIN SMALL LETTER U WITH DIAERESIS}ro.example"}]
    )
    event = scene.event("unsubscribe")
    assert event["email"] == "ada@xn--bro-hoa.example"
    _, queued = await scene.report(event, scene.event("open"))
    result, _ = await scene.send(told(queued, "outreach.send")[0])
    assert result["error"] == "suppressed: unsubscribe"


async def test_a_mail_in_doubt_of_which_events_tell_was_sent(scene: Scene) -> None:
    [asked] = await scene.begun()
    scene.world.by_mail.script(Fault(drop="after"))
    with pytest.raises(UnknownOutcome):
        await scene.send(asked)
    result, queued = await scene.report(scene.event("delivered"))
    row = await scene.action("hello")
    assert (row["state"], row["provider_id"]) == ("sent", scene.world.sendgrid.accepted[0]["message_id"])
    assert (result["events_processed"], names(queued)) == (1, ["outreach.timeout"] * 2)
    assert await scene.kinds() == ["delivered", "sent"]
    again, _ = await scene.send(asked)
    assert (again["success"], len(scene.world.by_mail.calls)) == (True, 1)


async def test_a_mail_whose_sender_died_is_found_by_what_events_told_meanwhile(scene: Scene) -> None:
    [asked] = await scene.begun()
    await scene.send(asked)
    await scene.change(scheduled_actions, state="sending", sent_at=None, provider_id=None)
    await scene.change(effects, state="sending", provider_id=None, fence=0)
    await scene.report(scene.event("delivered"))
    result, _ = await scene.send(asked)
    assert result["provider_id"] == scene.world.sendgrid.accepted[0]["message_id"]
    assert len(scene.world.by_mail.calls) == 1


async def test_a_mail_in_doubt_without_an_id_is_not_sent_again_either(scene: Scene) -> None:
    [asked] = await scene.begun()
    scene.world.by_mail.script(Fault(drop="after"))
    with pytest.raises(UnknownOutcome):
        await scene.send(asked)
    await scene.report({**scene.event("delivered"), "sg_message_id": ""})
    result, _ = await scene.send(asked)
    assert (result["success"], len(scene.world.by_mail.calls)) == (True, 1)


async def test_a_mail_whose_sender_died_is_found_also_by_events_without_an_id(scene: Scene) -> None:
    [asked] = await scene.begun()
    await scene.send(asked)
    await scene.change(scheduled_actions, state="sending", sent_at=None, provider_id=None)
    await scene.change(effects, state="sending", provider_id=None, fence=0)
    await scene.report({**scene.event("delivered"), "sg_message_id": ""})
    result, _ = await scene.send(asked)
    assert (result["provider_id"], len(scene.world.by_mail.calls)) == (asked.action, 1)


async def test_events_of_a_mail_in_doubt_wait_while_a_run_of_its_own_has_it_in_hand(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    [asked] = await scene.begun()
    scene.world.by_mail.script(Fault(drop="after"))
    with pytest.raises(UnknownOutcome):
        await scene.send(asked)
    found = await reports.case_of(scene.first, "acme", asked.action)
    await scene.change(scheduled_actions, fence=99)  # an operator has it tried again in this moment

    async def as_it_was(*_: object) -> Case:
        return found

    post = scene.world.webhook.post([scene.event("delivered")])
    with monkeypatch.context() as patched:
        patched.setattr(reports, "case_of", as_it_was)
        with pytest.raises(Snooze):
            await scene.processed(post)
    await scene.run("webhook.process.sendgrid", ingest.asked_of("acme", (await scene.rows(webhooks))[0]["id"]))
    assert (await scene.action("hello"))["state"] == "sent"
