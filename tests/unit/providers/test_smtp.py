"""Mail servers on the wire: what is handed over, whom they refuse, and what each of their answers comes to."""

import traceback
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiosmtplib
import msgspec
import pytest

from arqlight_core.errors import Discard, Misconfigured, Signal, Unavailable, UnknownOutcome
from arqlight_core.settings import Settings
from arqlight_jobs.outbound.verdict import Verdict
from arqlight_jobs.providers import smtp
from arqlight_jobs.providers.mail import Mail, mime_of
from tests.mailbox import Mailbox, mail_server

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MAIL = Mail(to="jane@example.com", sender="shop@acme.test", subject="Hello", text="On its way.", message_id="m1")


@pytest.fixture
async def mailbox() -> AsyncGenerator[Mailbox]:
    async with mail_server(Mailbox()) as opened:
        yield opened


def settings_of(mailbox: Mailbox, **told: Any) -> Settings:
    usual = Settings(data_dir=Path("unused"), smtp_host="127.0.0.1", smtp_port=mailbox.port, smtp_tls="none")
    return msgspec.structs.replace(usual, **told)


def changed(**told: Any) -> Mail:
    return msgspec.structs.replace(MAIL, **told)


def mime(**told: Any) -> EmailMessage:
    return mime_of(changed(**told), AT)


async def refused_by(mailbox: Mailbox, recipients: tuple[str, ...] = ("jane@example.com",), **told: Any) -> Signal:
    with pytest.raises(Signal) as raised:
        await smtp.send(settings_of(mailbox, **told), mime(), recipients)
    assert "example.com" not in "".join(traceback.format_exception(raised.value))
    return raised.value


# ------------------------------------------------------------------ what goes over the wire


async def test_a_mail_has_text_and_html_and_an_id_of_its_own(mailbox: Mailbox) -> None:
    message = mime(html="<p>Grüezi</p>", text="Grüezi", to_name="Jane Dœ", sender_name="Acme")
    assert await smtp.send(settings_of(mailbox), message, ["jane@example.com"]) == {}
    [arrived] = mailbox.mails
    assert arrived["Message-ID"] == "<m1@acme.test>"
    assert (arrived["From"], arrived["To"]) == ("Acme <shop@acme.test>", "Jane Dœ <jane@example.com>")
    assert (arrived["Subject"], arrived["Date"]) == ("Hello", "Sun, 01 Mar 2026 12:00:00 +0000")
    assert arrived.get_content_type() == "multipart/alternative"
    parts = {part.get_content_type(): part.get_content().strip() for part in arrived.iter_parts()}  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType, reportAttributeAccessIssue]
    assert parts == {"text/plain": "Grüezi", "text/html": "<p>Grüezi</p>"}
    assert mailbox.raw[0].isascii()
    assert mailbox.recipients == [["jane@example.com"]]


async def test_a_text_cannot_end_the_mail_and_begin_another(mailbox: Mailbox) -> None:
    text = "first\r\n.\r\nMAIL FROM:<eve@x.org>\n.\nlast\r.\r"
    await smtp.send(settings_of(mailbox), mime(text=text), ["jane@example.com"])
    [arrived] = mailbox.mails
    assert arrived.get_content().split() == text.split()
    assert mailbox.recipients == [["jane@example.com"]]


async def test_a_long_url_to_unsubscribe_by_stays_in_one_piece(mailbox: Mailbox) -> None:
    url = f"<https://acme.test/unsubscribe/{'0123456789' * 30}>"
    headers = {"List-Unsubscribe": url, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    await smtp.send(settings_of(mailbox), mime(headers=headers), ["jane@example.com"])
    assert f"List-Unsubscribe: {url}\r\n".encode() in mailbox.raw[0]


async def test_a_long_domain_leaves_the_id_whole(mailbox: Mailbox) -> None:
    domain = ".".join(["sub" * 20] * 3)
    await smtp.send(settings_of(mailbox), mime(sender=f"a@{domain}", message_id="0" * 32), ["jane@example.com"])
    assert mailbox.mails[0]["Message-ID"].strip() == f"<{'0' * 32}@{domain}>"


async def test_a_login_is_made_and_a_wrong_one_is_our_fault() -> None:
    async with mail_server(Mailbox(password="right")) as mailbox:  # noqa: S106 - of a stand-in
        asks = {"smtp_user": "acme", "smtp_password": "right"}
        await smtp.send(settings_of(mailbox, **asks), mime(), ["jane@example.com"])
        signal = await refused_by(mailbox, smtp_user="acme", smtp_password="planted-wrong")  # noqa: S106 - as above
        assert isinstance(signal, Misconfigured)
        assert "planted" not in str(signal)
        assert isinstance(await refused_by(mailbox), Misconfigured)  # 530: it wants a login
    assert len(mailbox.mails) == 1


# ------------------------------------------------------------------ whom they refuse


async def test_each_address_is_judged_by_itself(mailbox: Mailbox) -> None:
    mailbox.refused = {"ben@x.org": "550 5.1.1 who", "eve@x.org": "451 4.7.1 greylisted"}
    given = ["jane@example.com", "ben@x.org", "eve@x.org"]
    assert await smtp.send(settings_of(mailbox), mime(), given) == {"ben@x.org": 550, "eve@x.org": 451}
    assert mailbox.recipients == [["jane@example.com"]]


@pytest.mark.parametrize(
    ("answer", "signal", "status"),
    [
        ("550 5.1.1 no such user jane@example.com", smtp.Bounced, "5.1.1"),
        ("550-5.1.1 The account that you tried\r\n550 5.1.1 does not exist", smtp.Bounced, "5.1.1"),
        ("550 5.1.10 null MX", smtp.Bounced, "5.1.10"),
        ("550 5.2.1 disabled", smtp.Bounced, "5.2.1"),
        ("550 5.7.1 policy", Discard, ""),
        ("550 5.1.11 unknown", Discard, ""),
        ("550 relaying denied", Discard, ""),
        ("552 5.2.2 mailbox full", Discard, ""),
        ("530 5.7.0 log in first", Misconfigured, ""),
        ("421 4.3.2 closing", Unavailable, ""),
        ("450 4.2.1 busy", Unavailable, ""),
        ("451 4.7.1 greylisted", Unavailable, ""),
        ("452 4.5.3 too many", Unavailable, ""),
        ("499 what", Unavailable, ""),
    ],
)
async def test_what_is_said_of_the_only_address_decides(
    mailbox: Mailbox, answer: str, signal: type[Signal], status: str
) -> None:
    mailbox.refused = {"jane@example.com": answer}
    raised = await refused_by(mailbox)
    assert type(raised) is signal
    assert getattr(raised, "status", "") == status
    assert answer[:3] in str(raised)


async def test_addresses_that_are_all_refused_are_tried_again_when_that_may_help_one(mailbox: Mailbox) -> None:
    both = ("jane@example.com", "ben@example.com")
    mailbox.refused = {both[0]: "550 5.1.1 who", both[1]: "451 later"}
    assert isinstance(await refused_by(mailbox, both), Unavailable)
    mailbox.refused = {both[0]: "550 5.1.1 who", both[1]: "550 5.7.1 policy"}
    assert type(await refused_by(mailbox, both)) is Discard  # one of them is not dead
    mailbox.refused = dict.fromkeys(both, "550 5.1.1 who")
    assert isinstance(await refused_by(mailbox, both), smtp.Bounced)


@pytest.mark.parametrize(
    ("answer", "signal"),
    [
        ("550 5.7.1 not you", Misconfigured),
        ("553 5.7.1 not yours", Misconfigured),
        ("552 5.3.4 too large", Discard),
        ("451 4.7.1 later", Unavailable),
        ("421 closing", Unavailable),
    ],
)
async def test_a_refused_sender_is_our_fault(mailbox: Mailbox, answer: str, signal: type[Signal]) -> None:
    mailbox.sender = answer
    raised = await refused_by(mailbox)
    assert type(raised) is signal
    assert getattr(raised, "dependency", smtp.DEPENDENCY) == smtp.DEPENDENCY


@pytest.mark.parametrize(
    ("answer", "signal"),
    [
        ("554 5.7.1 spam", Discard),
        ("552 5.3.4 too large", Discard),
        ("550 5.1.1 nobody after all", smtp.Bounced),
        ("451 4.3.0 later", Unavailable),
        ("452 4.3.1 full", Unavailable),
    ],
)
async def test_a_refused_text_is_judged_by_its_code(mailbox: Mailbox, answer: str, signal: type[Signal]) -> None:
    mailbox.answers = [answer]
    assert type(await refused_by(mailbox)) is signal


# ------------------------------------------------------------------ servers that go away


async def test_a_line_that_goes_dead_behind_the_text_leaves_open_whether_it_was_taken(mailbox: Mailbox) -> None:
    mailbox.answers = [""]
    assert isinstance(await refused_by(mailbox), UnknownOutcome)
    assert len(mailbox.mails) == 1


async def test_a_server_that_is_silent_behind_the_text_leaves_it_open_too(mailbox: Mailbox) -> None:
    mailbox.silent.add("DATA")
    with pytest.raises(UnknownOutcome):
        await smtp.send(settings_of(mailbox), mime(), ["jane@example.com"], within=0.3)


@pytest.mark.parametrize("command", ["EHLO", "MAIL", "RCPT"])
async def test_a_server_that_is_silent_before_has_taken_nothing(mailbox: Mailbox, command: str) -> None:
    mailbox.silent.add(command)
    with pytest.raises(Unavailable):
        await smtp.send(settings_of(mailbox), mime(), ["jane@example.com"], within=0.3)
    assert mailbox.mails == []


async def test_a_mail_that_was_taken_is_sent_whatever_the_server_does_then(mailbox: Mailbox) -> None:
    mailbox.silent.add("QUIT")
    assert await smtp.send(settings_of(mailbox), mime(), ["jane@example.com"]) == {}


async def test_a_server_that_is_away_is_asked_again_and_one_that_is_not_named_is_our_fault(mailbox: Mailbox) -> None:
    assert isinstance(await refused_by(mailbox, smtp_port=9), Unavailable)
    assert isinstance(await refused_by(mailbox, smtp_host=""), Misconfigured)
    assert isinstance(await refused_by(mailbox, smtp_tls="starttls"), Misconfigured)


# ------------------------------------------------------------------ the tables

_ANSWER = aiosmtplib.SMTPResponseException
EACH_ANSWER: list[tuple[aiosmtplib.SMTPResponseException, Verdict]] = [
    *((_ANSWER(code, ""), Verdict.RETRYABLE) for code in (421, 450, 451, 452, 454, 499)),
    *((_ANSWER(code, ""), Verdict.PERMANENT) for code in (500, 550, 551, 552, 553, 554)),
    *((_ANSWER(code, ""), Verdict.CONFIG) for code in (530, 534, 535, 538)),
    (aiosmtplib.SMTPConnectResponseError(554, ""), Verdict.RETRYABLE),
    (aiosmtplib.SMTPConnectResponseError(421, ""), Verdict.RETRYABLE),
    (aiosmtplib.SMTPHeloError(550, ""), Verdict.CONFIG),
    (aiosmtplib.SMTPHeloError(421, ""), Verdict.RETRYABLE),
    (aiosmtplib.SMTPAuthenticationError(535, ""), Verdict.CONFIG),
    (aiosmtplib.SMTPAuthenticationError(432, ""), Verdict.CONFIG),
    (aiosmtplib.SMTPAuthenticationError(454, ""), Verdict.RETRYABLE),
    (aiosmtplib.SMTPSenderRefused(550, "", ""), Verdict.CONFIG),
    (aiosmtplib.SMTPSenderRefused(552, "", ""), Verdict.PERMANENT),
    (aiosmtplib.SMTPSenderRefused(451, "", ""), Verdict.RETRYABLE),
    (aiosmtplib.SMTPDataError(554, ""), Verdict.PERMANENT),
    (_ANSWER(250, ""), Verdict.RETRYABLE),  # an answer to nothing that we know
]


@pytest.mark.parametrize(("answer", "verdict"), EACH_ANSWER, ids=repr)
def test_each_answer_has_its_meaning(answer: aiosmtplib.SMTPResponseException, verdict: Verdict) -> None:
    assert smtp.verdict_of(answer) is verdict


@pytest.mark.parametrize(
    ("problem", "signal"),
    [
        (aiosmtplib.SMTPConnectError("x"), Unavailable),
        (aiosmtplib.SMTPConnectTimeoutError("x"), Unavailable),
        (aiosmtplib.SMTPReadTimeoutError("x"), Unavailable),
        (aiosmtplib.SMTPServerDisconnected("x"), Unavailable),
        (TimeoutError(), Unavailable),
        (OSError("x"), Unavailable),
        (aiosmtplib.SMTPNotSupported("x"), Misconfigured),
        (aiosmtplib.SMTPException("x"), Misconfigured),
        (ValueError("jane@example.com"), Misconfigured),
    ],
)
def test_each_failure_has_its_signal(problem: Exception, signal: type[Signal]) -> None:
    told = smtp.judged(problem)
    assert type(told) is signal
    assert "jane" not in str(told)
    assert isinstance(smtp.judged(problem, handing_over=True), UnknownOutcome)
