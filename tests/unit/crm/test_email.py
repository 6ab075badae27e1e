"""Mails to contacts: by whom they go, what arrives, what never does, and what the campaign is told."""

import hashlib
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from arqlight.demo.world.stand_in import Fault
from arqlight_core.enqueue import Enqueued
from arqlight_core.errors import Cancel, Snooze, Unavailable, UnknownOutcome
from arqlight_core.policy import DAY, Keep
from arqlight_jobs.crm.campaigns import Campaigns, CampaignState
from arqlight_jobs.crm.email import emails, mail_id, send
from arqlight_jobs.crm.email_delivery import effect_of
from arqlight_jobs.crm.requests import EmailAsked
from arqlight_jobs.outbound import outbox as once_module
from arqlight_jobs.outbound.effects import Holder, State, outbox
from tests.unit.crm.office import ADDRESS, ASKED, IN_CAMPAIGN, NAME, Office, settings_in, staffed

KEY = "email:acme:news:order-7"
MARK = hashlib.sha256(KEY.encode()).hexdigest()[:32]


@pytest.fixture
async def office(tmp_path: Path) -> AsyncGenerator[Office]:
    async with staffed(settings_in(tmp_path)) as made:
        yield made


# ------------------------------------------------------------------ the queue


def test_the_queue_is_as_the_crm_has_it() -> None:
    assert emails.concurrency == 5
    assert (emails.retention.completed, emails.retention.dead) == (Keep(100, DAY), Keep(500, 7 * DAY))
    for job in emails.job_types.values():
        assert (job.timeout.total_seconds(), job.retry.attempts) == (60, 5)
        assert [job.retry.delay(n, 0.0).total_seconds() for n in (1, 2, 12)] == [5, 10, 900]


def test_the_same_content_and_entity_is_the_same_job_and_each_way_has_one() -> None:
    assert mail_id(ASKED) == "acme:news:order-7"
    longest = EmailAsked(*["x" * 64] * 4)
    ids = [job.id_of(longest) for job in emails.job_types.values() if job.id_of]
    assert len(set(ids)) == 3
    assert max(map(len, ids)) <= 255


def test_a_mail_needs_the_one_that_carries_it_and_no_other() -> None:
    needs = {name: [need.name for need in job.needs] for name, job in emails.job_types.items()}
    assert needs == {"crm.email.send": [], "crm.email.smtp": ["smtp"], "crm.email.sendgrid": ["sendgrid"]}


@pytest.mark.parametrize("way", ["smtp", "sendgrid"])
async def test_a_mail_is_handed_on_to_the_way_that_its_tenant_has_chosen(office: Office, way: str) -> None:
    await office.mail_by(way)
    run = office.run()
    assert await send.handler(run, ASKED) == {"by": way, "job": "job-1"}
    assert run.queued == [(f"crm.email.{way}", ASKED)]
    assert (office.mailbox.mails, list(office.there.calls)) == ([], [])


async def test_a_tenant_that_has_changed_its_mind_is_followed(office: Office) -> None:
    await office.mail_by("sendgrid")
    run = office.run()
    assert (await office.send(by="smtp", run=run))["by"] == "sendgrid"
    assert run.queued == [("crm.email.sendgrid", ASKED)]
    assert office.mailbox.mails == []


async def test_one_that_has_changed_its_mind_twice_gets_its_mail_from_the_job_at_hand(office: Office) -> None:
    async def known(*_: Any, **__: Any) -> Enqueued:
        return Enqueued("smtp's job, which is over", new=False)

    run = office.run()
    run.enqueue = known
    assert (await office.send(by="sendgrid", run=run))["sent"] is True
    assert (len(office.mailbox.mails), office.there.effects.total()) == (1, 0)


# ------------------------------------------------------------------ what arrives


async def test_a_mail_arrives_over_smtp_with_the_contact_s_words(office: Office) -> None:
    run = office.run()
    told = await office.send(run=run)
    [mail] = office.mailbox.mails
    assert told == {"sent": True, "id": f"<{MARK}@acme.test>"}
    assert mail["Message-ID"] == f"<{MARK}@acme.test>"
    assert (mail["From"], mail["To"]) == ("Acme <shop@acme.test>", f"{NAME} <{ADDRESS}>")
    assert mail["Subject"] == f"News for {NAME}"
    texts = [part.get_content().strip() for part in mail.iter_parts()]  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType, reportAttributeAccessIssue]
    assert texts == [f"Your planted order is on its way, {NAME}.", f"<p>{NAME} of Zürich</p>"]
    assert mail["List-Unsubscribe"] is None
    assert run.percents == [0, 20, 60, 100]


async def test_a_mail_arrives_over_sendgrid(office: Office) -> None:
    await office.mail_by("sendgrid", sender="news@acme.test")
    told = await office.send(by="sendgrid")
    [call] = office.there.calls
    assert call.json["personalizations"] == [
        {"to": [{"email": ADDRESS, "name": NAME}], "custom_args": {"effect": MARK}}
    ]
    assert call.json["from"] == {"email": "news@acme.test", "name": "Acme"}
    assert call.json["headers"] == {"Message-ID": f"<{MARK}@acme.test>"}
    effect = await office.effect(KEY)
    assert effect
    assert told == {"sent": True, "id": effect.provider_id}
    assert effect.provider_id


@pytest.mark.parametrize(
    ("by", "headers"),
    [
        ("https://acme.test/u/{{name}}", ["<https://acme.test/u/Jane%20Planted>", "List-Unsubscribe=One-Click"]),
        ("http://acme.test/u?a=?b", ["<http://acme.test/u?a=?b>", None]),
        ("out@acme.test", ["<mailto:out@acme.test>", None]),
        ("mailto:out@acme.test", ["<mailto:out@acme.test>", None]),
    ],
)
async def test_a_bulk_mail_says_how_to_end_it(office: Office, by: str, headers: list[str | None]) -> None:
    await office.send(await office.content("bulk", unsubscribe=by))
    [mail] = office.mailbox.mails
    assert [mail["List-Unsubscribe"], mail["List-Unsubscribe-Post"]] == headers


async def test_a_contact_s_words_are_no_markup(office: Office) -> None:
    await office.contact(name="<b>J</b>", fields={"city": "<script>"})
    await office.send()
    html = office.mailbox.mails[0].get_body(("html",))
    assert html
    assert html.get_content().strip() == "<p>&lt;b&gt;J&lt;/b&gt; of &lt;script&gt;</p>"


# ------------------------------------------------------------------ once, whatever happens


async def test_what_was_sent_is_not_sent_by_another_run(office: Office) -> None:
    told = [await office.send() for _ in range(3)]
    assert told[0] == told[1] == told[2]
    assert len(office.mailbox.mails) == 1


async def test_a_mail_whose_answer_was_lost_is_sent_again_under_the_same_id(office: Office) -> None:
    office.mailbox.answers = [""]
    with pytest.raises(Unavailable, match="sent again"):
        await office.send()
    await office.send()
    assert [mail["Message-ID"] for mail in office.mailbox.mails] == [f"<{MARK}@acme.test>"] * 2


@pytest.mark.parametrize("by", ["smtp", "sendgrid"])
async def test_a_campaign_s_mail_whose_answer_was_lost_is_left_to_the_operator(office: Office, by: str) -> None:
    await office.mail_by(by)
    await office.campaign()
    office.mailbox.answers = [""]
    office.there.script(Fault(drop="after"))
    for _ in range(3):
        with pytest.raises(UnknownOutcome):
            await office.send(IN_CAMPAIGN, by)
    assert len(office.mailbox.mails) + office.there.effects.total() == 1
    assert (await office.recipient())[0] == "unknown"


async def test_the_effect_of_a_campaign_s_mail_is_the_same_in_every_round(office: Office) -> None:
    await office.campaign()
    await office.send(IN_CAMPAIGN)
    await office.send(msgspec.structs.replace(IN_CAMPAIGN, entity="spring.2"), run=office.run(job_id="another"))
    assert len(office.mailbox.mails) == 1
    assert await office.recipient() == ("sent", "")


# ------------------------------------------------------------------ campaigns that rest or are over


@pytest.mark.parametrize("state", [CampaignState.PAUSED, CampaignState.STOPPED])
async def test_while_the_campaign_rests_its_mail_waits_there(office: Office, state: CampaignState) -> None:
    await office.campaign(state)
    assert (await office.send(IN_CAMPAIGN))["sent"] is False
    assert await office.recipient() == ("pending", "")
    assert office.mailbox.mails == []


async def test_when_the_campaign_is_over_its_mail_is_not_sent(office: Office) -> None:
    await office.campaign(CampaignState.CANCELLED)
    with pytest.raises(Cancel):
        await office.send(IN_CAMPAIGN)
    assert (await office.recipient())[0] == "cancelled"
    assert office.mailbox.mails == []


async def test_what_was_sent_before_the_campaign_was_cancelled_is_told_as_sent(office: Office) -> None:
    await office.campaign()
    await office.send(IN_CAMPAIGN)
    await Campaigns(office.held.engine).move("spring", (CampaignState.RUNNING,), CampaignState.CANCELLED)
    assert (await office.send(IN_CAMPAIGN))["sent"] is True
    assert (await office.recipient())[0] == "sent"


async def test_a_mail_that_may_be_out_is_in_doubt_whatever_has_become_of_its_campaign(office: Office) -> None:
    await office.campaign(CampaignState.CANCELLED)
    box = await office.first.open(outbox)
    await box.begin(effect_of(IN_CAMPAIGN), Holder("a-mail", 0))  # and there the run was killed
    with pytest.raises(UnknownOutcome):
        await office.send(IN_CAMPAIGN)
    assert ((await office.recipient())[0], office.mailbox.mails) == ("unknown", [])


async def test_a_mail_that_turns_out_to_be_unsent_is_looked_at_again_before_it_is_sent(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.campaign(CampaignState.CANCELLED)
    box, other = await office.first.open(outbox), Holder("another", 1)
    await box.begin(effect_of(IN_CAMPAIGN), other)

    async def refused(_: float) -> None:
        await box.close(effect_of(IN_CAMPAIGN), other, State.FAILED)

    monkeypatch.setattr(once_module, "_wait", refused)
    with pytest.raises(Snooze):
        await office.send(IN_CAMPAIGN)
    with pytest.raises(Cancel):
        await office.send(IN_CAMPAIGN)
    assert ((await office.recipient())[0], office.mailbox.mails) == ("cancelled", [])
