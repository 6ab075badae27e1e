"""Notices by mail. The Message-ID stays the same when a mail is sent again, so that mailboxes keep one."""

from email.message import EmailMessage

from arqlight_core.run import Run
from arqlight_core.secrecy import mask_email
from arqlight_core.settings import Settings
from arqlight_jobs.healer.channels.letter import Channel, Letter, heading, whole
from arqlight_jobs.providers import smtp


def is_set(settings: Settings) -> bool:
    """Whether there is a server to mail by, and somebody to mail to."""
    return bool(settings.smtp_host and settings.notify_mail)


async def send(run: Run, settings: Settings, letter: Letter) -> str:
    """Mail it; answers its Message-ID. Addresses that the server refuses beside others are noted, and that is all."""
    message = composed(settings, letter)
    refused = await smtp.send(settings, message, recipients(settings))
    for address, code in refused.items():
        run.log(f"{mask_email(address)} was refused: {code}")
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


CHANNEL = Channel(is_set, whole, send)
