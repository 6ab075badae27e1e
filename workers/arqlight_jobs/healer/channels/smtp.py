"""Notices by mail. The Message-ID stays the same when a mail is sent again, so that mailboxes keep one."""

from email.message import EmailMessage

import aiosmtplib

from arqlight_core.errors import Discard, Misconfigured, Signal, Unavailable
from arqlight_core.run import Run
from arqlight_core.secrecy import mask_email
from arqlight_core.settings import Settings
from arqlight_jobs.healer.channels.letter import Channel, Letter, heading, whole

DEPENDENCY = "mail server"
TIMEOUT_S = 20.0
_PERMANENT = 500


def is_set(settings: Settings) -> bool:
    """Whether there is a server to mail by."""
    return bool(settings.smtp_host)


async def send(run: Run, settings: Settings, letter: Letter) -> str:
    """Mail it; answers its Message-ID. Addresses that the server refuses beside others are noted, and that is all."""
    message = composed(settings, letter)
    try:
        refused, _ = await aiosmtplib.send(
            message,
            recipients=recipients(settings),
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            username=settings.smtp_user or None,
            password=settings.smtp_password or None,
            use_tls=settings.smtp_tls == "tls",
            start_tls=settings.smtp_tls == "starttls",
            timeout=TIMEOUT_S,
        )
    except (aiosmtplib.SMTPException, OSError, ValueError) as problem:
        raise judged(problem) from problem
    for address, answer in refused.items():
        run.log(f"{mask_email(address)} was refused: {answer.code}")
    return str(message["Message-ID"])


def recipients(settings: Settings) -> list[str]:
    """The addresses to mail to."""
    return [part.strip() for part in settings.notify_mail.split(",") if part.strip()]


def composed(settings: Settings, letter: Letter) -> EmailMessage:
    """The mail, the same for every attempt."""
    notice, message = letter.notice, EmailMessage()
    _, _, domain = settings.notify_from.strip("<> ").rpartition("@")
    message["Subject"] = heading(notice).replace("=?", "= ?")  # else it is decoded here, line breaks in it and all
    message["From"] = settings.notify_from
    message["To"] = ", ".join(recipients(settings))
    message["Date"] = notice.created_at
    message["Message-ID"] = f"<{letter.id}@{domain or 'localhost'}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text or notice.title)
    if notice.table:
        message.add_attachment(notice.table, subtype="csv", filename=f"{notice.kind}-{notice.created_at:%Y-%m-%d}.csv")
    return message


def judged(problem: Exception) -> Signal:
    """What a failed sending means. No address gets into a reason."""
    if isinstance(problem, ValueError) or type(problem) in (aiosmtplib.SMTPException, aiosmtplib.SMTPNotSupported):
        told = "the mail server cannot do what SMTP_TLS and SMTP_USER ask for, or NOTIFY_FROM or NOTIFY_MAIL is wrong"
        return Misconfigured(told, dependency=DEPENDENCY)
    match problem:
        case aiosmtplib.SMTPAuthenticationError():
            return Misconfigured(f"the mail server refuses the login: {problem.code}", dependency=DEPENDENCY)
        case aiosmtplib.SMTPRecipientsRefused():
            return _answered(min(one.code for one in problem.recipients), "every address")
        case aiosmtplib.SMTPResponseException():
            return _answered(problem.code, "the mail")
        case _:
            return Unavailable(f"the mail server is not reached: {type(problem).__name__}", dependency=DEPENDENCY)


def _answered(code: int, what: str) -> Signal:
    told = f"the mail server refuses {what}: {code}"
    return Discard(told) if code >= _PERMANENT else Unavailable(told, dependency=DEPENDENCY)


CHANNEL = Channel(is_set, whole, send)
