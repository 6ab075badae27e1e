"""Mail servers: one mail handed over, address by address, and what each of their answers means for the job.

Once the mail's text is on its way and no answer comes, nobody knows whether the server has taken it. No address and no
word of a server gets into a reason or a traceback: servers like to repeat whom they refuse.
"""

import asyncio
import contextlib
import re
from collections.abc import Mapping, Sequence
from email.headerregistry import AddressHeader
from email.message import EmailMessage
from types import MappingProxyType
from typing import Any

import aiosmtplib

from arqlight_core.errors import Discard, Misconfigured, Signal, Unavailable, UnknownOutcome
from arqlight_core.settings import Settings
from arqlight_jobs.outbound.verdict import Verdict
from arqlight_jobs.providers.mail import WIRE

DEPENDENCY = "smtp"

STEP_S = 30.0
"""How long one answer may take, in seconds."""

WHOLE_S = 25.0
"""How long all of it may take where the caller says nothing."""

_GOODBYE_S = 1.0

Codes = Mapping[int, Verdict]
_BUSY: Codes = dict.fromkeys((421, 450, 451, 452, 454), Verdict.RETRYABLE)
_OURS: Codes = dict.fromkeys((530, 534, 535, 538), Verdict.CONFIG)

ANSWERS: Codes = MappingProxyType({**_BUSY, **_OURS, 4: Verdict.RETRYABLE, 5: Verdict.PERMANENT})
"""By code, else by its hundred (RFC 5321, 4.2.3). 454 and 530 to 538 are about our login (RFC 4954, 6)."""

ANSWERS_TO: Mapping[type[aiosmtplib.SMTPResponseException], Codes] = MappingProxyType(
    {
        aiosmtplib.SMTPConnectResponseError: {4: Verdict.RETRYABLE, 5: Verdict.RETRYABLE},
        aiosmtplib.SMTPHeloError: {4: Verdict.RETRYABLE, 5: Verdict.CONFIG},
        aiosmtplib.SMTPAuthenticationError: {**_BUSY, 4: Verdict.CONFIG, 5: Verdict.CONFIG},
        aiosmtplib.SMTPSenderRefused: {**_BUSY, 552: Verdict.PERMANENT, 4: Verdict.RETRYABLE, 5: Verdict.CONFIG},
    }
)
"""Where it matters what was answered. 552 to a sender is about the size that was announced with it (RFC 1870, 6.1)."""

REFUSED: Mapping[type[aiosmtplib.SMTPResponseException], str] = MappingProxyType(
    {
        aiosmtplib.SMTPConnectResponseError: "to talk to us",
        aiosmtplib.SMTPHeloError: "our greeting",
        aiosmtplib.SMTPAuthenticationError: "the login",
        aiosmtplib.SMTPSenderRefused: "the sender",
    }
)

HARD_BOUNCES: Mapping[str, str] = MappingProxyType(
    {
        "5.1.1": "no such mailbox",
        "5.1.2": "no such domain",
        "5.1.3": "no such form of address",
        "5.1.6": "the mailbox has moved",
        "5.1.10": "the domain takes no mail",
        "5.2.1": "the mailbox is disabled",
    }
)
"""Enhanced codes (RFC 3463, RFC 7505) after which the address is dead. A bare 550 is none: it may be policy as well."""

_ENHANCED = re.compile(r"\s*(5\.\d{1,3}\.\d{1,3})\b", re.ASCII)


class Bounced(Discard):
    """The address is dead: nothing sent to it will ever arrive. `status` is the enhanced code that says so."""

    def __init__(self, reason: str, status: str) -> None:
        super().__init__(reason)
        self.status = status


class _Client(aiosmtplib.SMTP):
    """Knows whether the mail's text is on its way without an answer."""

    handing_over = False

    async def data(self, message: str | bytes, /, **options: Any) -> aiosmtplib.SMTPResponse:
        """Hand the text over."""
        self.handing_over = True
        try:
            answer = await super().data(message, **options)
        except aiosmtplib.SMTPResponseException:
            self.handing_over = False
            raise
        self.handing_over = False
        return answer


async def send(
    settings: Settings, message: EmailMessage, recipients: Sequence[str], *, within: float = WHOLE_S
) -> Mapping[str, int]:
    """Hand the mail over; answers whom the server refused beside others, and by which code.

    Raises Unavailable, Misconfigured and Discard where nobody gets it, Bounced where every address is dead, and
    UnknownOutcome. `within`: seconds for all of it.
    """
    if not settings.smtp_host:
        raise Misconfigured("SMTP_HOST is not set", dependency=DEPENDENCY)
    client = _client(settings)
    try:
        async with asyncio.timeout(within):
            await client.connect()
            refused = await _handed_over(client, message, recipients)
    except (aiosmtplib.SMTPException, OSError, ValueError) as problem:
        raise judged(problem, handing_over=client.handing_over) from None  # it quotes addresses
    else:
        await _goodbye(client)
    finally:
        client.close()
    return refused


def judged(problem: Exception, *, handing_over: bool = False) -> Signal:
    """What a failed sending means. No address gets into a reason."""
    if handing_over:
        told = f"the mail server did not answer after the mail was handed over: {type(problem).__name__}"
        return UnknownOutcome(told, dependency=DEPENDENCY)
    match problem:
        case aiosmtplib.SMTPRecipientsRefused():
            return _of_recipients(problem.recipients)
        case aiosmtplib.SMTPResponseException():
            return _of_answer(problem)
        case aiosmtplib.SMTPConnectError() | aiosmtplib.SMTPServerDisconnected() | aiosmtplib.SMTPTimeoutError():
            return _unreached(problem)
        case ValueError() | aiosmtplib.SMTPException():
            told = "the mail server cannot do what SMTP_TLS and SMTP_USER ask for, or an address of ours is none"
            return Misconfigured(told, dependency=DEPENDENCY)
        case _:
            return _unreached(problem)


def verdict_of(answer: aiosmtplib.SMTPResponseException) -> Verdict:
    """What an answer means, by what it was given to, its code, its hundred."""
    codes = ANSWERS_TO.get(type(answer), ANSWERS)
    return codes.get(answer.code) or codes.get(answer.code // 100) or Verdict.RETRYABLE


def _of_answer(answer: aiosmtplib.SMTPResponseException) -> Signal:
    told = f"the mail server refuses {REFUSED.get(type(answer), 'the mail')}: {answer.code}"
    match verdict_of(answer):
        case Verdict.CONFIG:
            return Misconfigured(told, dependency=DEPENDENCY)
        case Verdict.PERMANENT:
            status = _hard_bounce(answer)
            return Bounced(f"{told}, {HARD_BOUNCES[status]}", status) if status else Discard(told)
        case _:
            return Unavailable(told, dependency=DEPENDENCY)


def _of_recipients(refused: Sequence[aiosmtplib.SMTPRecipientRefused]) -> Signal:
    """Nobody gets it: the mildest answer decides, for it says whether trying again helps."""
    mildest = min(refused, key=lambda one: one.code)
    told = f"the mail server refuses every address: {mildest.code}"
    match verdict_of(mildest):
        case Verdict.CONFIG:
            return Misconfigured(told, dependency=DEPENDENCY)
        case Verdict.PERMANENT:
            statuses = [_hard_bounce(one) for one in refused]
            status = statuses[0] if all(statuses) else ""
            return Bounced(f"{told}, {HARD_BOUNCES[status]}", status) if status else Discard(told)
        case _:
            return Unavailable(told, dependency=DEPENDENCY)


def _hard_bounce(answer: aiosmtplib.SMTPResponseException) -> str:
    found = _ENHANCED.match(answer.message)
    return found.group(1) if found and found.group(1) in HARD_BOUNCES else ""


def _unreached(problem: Exception) -> Signal:
    return Unavailable(f"the mail server is not reached: {type(problem).__name__}", dependency=DEPENDENCY)


def _client(settings: Settings) -> _Client:
    return _Client(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        username=settings.smtp_user or None,
        password=settings.smtp_password or None,
        use_tls=settings.smtp_tls == "tls",
        start_tls=settings.smtp_tls == "starttls",
        timeout=STEP_S,
    )


async def _handed_over(client: _Client, message: EmailMessage, recipients: Sequence[str]) -> Mapping[str, int]:
    sender = _sender(message)
    foreign = not all(address.isascii() for address in (sender, *recipients))
    content = message.as_bytes(policy=WIRE.clone(utf8=foreign))
    options = ["SMTPUTF8"] if foreign else []
    refused, _ = await client.sendmail(sender, recipients, content, mail_options=options)
    return {address: answer.code for address, answer in refused.items()}


def _sender(message: EmailMessage) -> str:
    header = message["From"]
    if not isinstance(header, AddressHeader) or not header.addresses:
        raise ValueError("nobody knows whom the mail is from")
    return header.addresses[0].addr_spec


async def _goodbye(client: _Client) -> None:
    """The mail is taken, whatever the server says to this."""
    with contextlib.suppress(aiosmtplib.SMTPException, OSError):
        await client.quit(timeout=_GOODBYE_S)
