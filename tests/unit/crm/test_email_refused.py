"""Mails that are not sent: unwanted, refused, hostile; and what the campaign and the operator are told of them."""

import traceback
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from arqlight.demo.world.stand_in import Fault
from arqlight_core.errors import Discard, LeaseLost, Misconfigured, RateLimited, Signal, Unavailable
from arqlight_jobs.crm.contents import Kind
from arqlight_jobs.crm.suppression import suppress, suppressed
from arqlight_jobs.outbound.effects import State
from arqlight_jobs.providers.headers import MailRefused
from tests.unit.crm.office import ADDRESS, IN_CAMPAIGN, Office, settings_in, staffed


@pytest.fixture
async def office(tmp_path: Path) -> AsyncGenerator[Office]:
    async with staffed(settings_in(tmp_path)) as made:
        yield made


# ------------------------------------------------------------------ what is not wanted


@pytest.mark.parametrize(
    ("values", "why"),
    [({"email": None}, "no mail address"), ({"consent": False}, "has not agreed")],
)
async def test_who_cannot_or_will_not_get_it_is_skipped(office: Office, values: dict[str, Any], why: str) -> None:
    await office.campaign()
    await office.contact(**values)
    told = await office.send(IN_CAMPAIGN)
    assert told["sent"] is False
    assert why in told["reason"]
    assert await office.recipient() == ("skipped", told["reason"])
    assert office.mailbox.mails == []


async def test_consent_is_needed_for_bulk_alone(office: Office) -> None:
    await office.contact(consent=False)
    bulk = await office.content("bulk", unsubscribe="out@acme.test")
    assert (await office.send(bulk))["sent"] is False
    assert (await office.send())["sent"] is True


async def test_a_suppressed_address_gets_nothing(office: Office) -> None:
    await suppress(office.held.engine, "acme", "email", ADDRESS, "it complained")
    assert await office.send() == {"sent": False, "reason": "suppressed: it complained"}
    assert office.mailbox.mails == []


@pytest.mark.parametrize("answer", ["550 5.1.1 no such user", "550 5.1.10 null MX"])
async def test_an_address_that_is_dead_is_suppressed(office: Office, answer: str) -> None:
    await office.campaign()
    office.mailbox.refused = {ADDRESS: f"{answer} {ADDRESS}"}
    with pytest.raises(Discard, match="550") as bounced:
        await office.send(IN_CAMPAIGN)
    assert ADDRESS not in "".join(traceback.format_exception(bounced.value))
    async with office.held.engine.connect() as connection:
        told = await suppressed(connection, "acme", "email", ADDRESS)
    assert told == f"hard bounce {answer.split()[1]}"
    state, reason = await office.recipient()
    assert (state, ADDRESS in reason, "550" in reason) == ("failed", False, True)
    assert (await office.send())["reason"] == f"suppressed: {told}"


async def test_a_refusal_for_another_reason_suppresses_nobody(office: Office) -> None:
    office.mailbox.refused = {ADDRESS: "550 5.7.1 policy"}
    with pytest.raises(Discard):
        await office.send()
    office.mailbox.refused = {}
    assert (await office.send())["sent"] is True


# ------------------------------------------------------------------ what fails


@pytest.mark.parametrize(
    ("answer", "signal", "states"),
    [
        ("451 4.3.0 later", Unavailable, ("queued", "failed")),
        ("554 5.7.1 spam", Discard, ("failed", "failed")),
    ],
)
async def test_the_campaign_is_told_once_no_attempt_follows(
    office: Office, answer: str, signal: type[Signal], states: tuple[str, str]
) -> None:
    await office.campaign()
    for attempt, state in zip((4, 5), states, strict=True):
        office.mailbox.answers = [answer]
        with pytest.raises(signal):
            await office.send(IN_CAMPAIGN, run=office.run(attempt))
        assert (await office.recipient())[0] == state


@pytest.mark.parametrize(
    ("status", "headers", "signal"),
    [(429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}, RateLimited), (401, {}, Misconfigured)],
)
async def test_what_burns_no_attempt_tells_the_campaign_nothing(
    office: Office, status: int, headers: dict[str, str], signal: type[Signal]
) -> None:
    await office.mail_by("sendgrid")
    await office.campaign()
    office.there.script(Fault(status=status, headers=headers))
    with pytest.raises(signal) as refused:
        await office.send(IN_CAMPAIGN, "sendgrid", office.run(attempt=5))
    assert getattr(refused.value, "dependency", "") == "sendgrid"
    assert (await office.recipient())[0] == "queued"
    assert (await office.send(IN_CAMPAIGN, "sendgrid"))["sent"] is True


async def test_a_mail_server_that_refuses_the_login_names_itself(office: Office) -> None:
    office.mailbox.sender = "530 5.7.0 log in first"
    with pytest.raises(Misconfigured) as refused:
        await office.send()
    assert refused.value.dependency == "smtp"


@pytest.mark.parametrize("name", ["tenant", "contact", "content"])
async def test_what_is_not_there_ends_the_job_and_tells_the_campaign(office: Office, name: str) -> None:
    await office.campaign()
    with pytest.raises(Discard, match=f"there is no {name} gone"):
        await office.send(msgspec.structs.replace(IN_CAMPAIGN, **{name: "gone"}))
    assert (await office.recipient())[0] == ("failed" if name != "contact" else "queued")


async def test_what_is_no_mail_is_not_sent(office: Office) -> None:
    for name, kind, body, why in (
        ("a", Kind.TEXT, {}, "is no mail"),
        ("b", Kind.EMAIL, {"subject": 7}, "subject is no text"),
        ("c", Kind.EMAIL, {"text": "", "html": ""}, "no text"),
    ):
        with pytest.raises(Discard, match=why):
            await office.send(await office.content(name, kind, **body))
    await office.mail_by("pigeon")
    with pytest.raises(Discard, match="none of these: smtp, sendgrid"):
        await office.send()


async def test_without_a_sender_nothing_is_sent(office: Office) -> None:
    office.first.settings = msgspec.structs.replace(office.settings, mail_from="")
    with pytest.raises(Discard, match="MAIL_FROM"):
        await office.send()


# ------------------------------------------------------------------ hostile contacts


@pytest.mark.parametrize("by", ["smtp", "sendgrid"])
@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"name": "Jane\r\nBcc: eve@x.org"}, "header injection: the name"),
        ({"name": "Jane\nBcc: eve@x.org"}, "header injection: the name"),
        ({"email": "jane@x.org\r\nRCPT TO:<eve@x.org>"}, "header injection: the address"),
        ({"email": "jane at x.org"}, "the address is no mail address"),
        ({"email": "jane@x.org,eve@x.org"}, "the address is no mail address"),
    ],
)
async def test_a_contact_cannot_write_headers(office: Office, by: str, values: dict[str, Any], why: str) -> None:
    await office.mail_by(by)
    await office.campaign()
    await office.contact(**values)
    with pytest.raises(MailRefused, match=why):
        await office.send(IN_CAMPAIGN, by)
    assert (office.mailbox.mails, list(office.there.calls)) == ([], [])
    state, reason = await office.recipient()
    assert (state, "eve" in reason, why in reason) == ("failed", False, True)


@pytest.mark.parametrize(
    ("body", "fields", "why"),
    [
        ({"subject": "Hi {{fields.city}}"}, {"city": "x\r\nBcc: eve@x.org"}, "header injection: the subject"),
        ({"subject": "Hi\r\nBcc: eve@x.org"}, {}, "header injection: the subject"),
        ({"unsubscribe": "https://acme.test/\r\nBcc: eve@x.org"}, {}, "header injection"),
        ({"unsubscribe": "https://acme.test/> <https://eve.test"}, {}, "URL to unsubscribe by is none"),
        ({"unsubscribe": "javascript:alert(1)"}, {}, "address to unsubscribe by is no mail address"),
    ],
)
async def test_a_placeholder_cannot_write_headers(
    office: Office, body: dict[str, Any], fields: dict[str, Any], why: str
) -> None:
    await office.contact(fields=fields)
    with pytest.raises(MailRefused, match=why):
        await office.send(await office.content("hostile", **body))
    assert office.mailbox.mails == []


async def test_what_a_contact_brings_into_a_url_stays_in_its_place(office: Office) -> None:
    await office.contact(fields={"token": "a b>\r\nX: y/?&"})
    await office.send(await office.content("u", unsubscribe="https://acme.test/u/{{fields.token}}"))
    assert office.mailbox.mails[0]["List-Unsubscribe"] == "<https://acme.test/u/a%20b%3E%0D%0AX%3A%20y%2F%3F%26>"


async def test_a_run_that_is_over_writes_nothing(office: Office) -> None:
    office.mailbox.answers = ["451 later"]
    with pytest.raises(Unavailable):
        await office.send(run=office.run(fence=7))
    effect = await office.effect("email:acme:news:order-7")
    assert effect
    assert (effect.state, effect.holder.fence) == (State.FAILED, 7)
    with pytest.raises(LeaseLost, match="later run"):
        await office.send(run=office.run(fence=6))
    assert office.mailbox.mails == []
