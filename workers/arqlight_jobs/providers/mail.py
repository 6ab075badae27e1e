"""One mail to one address, whoever carries it, and how it is written for a mail server."""

from collections.abc import Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy

import msgspec

from arqlight_jobs.providers.headers import MailRefused, address_of, encodable, in_one_line, phrase


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be mailed. Nothing in it was checked; whoever carries it refuses what is hostile or malformed."""

    to: str
    to_name: str = ""
    sender: str
    sender_name: str = ""
    subject: str
    text: str
    html: str = ""
    message_id: str = ""
    """What goes before the @ of the Message-ID: by it a mailbox knows a mail that came twice. '' for any."""
    headers: dict[str, str] = {}
    """Beside those that every mail has."""
    custom_args: dict[str, str] = {}
    """SendGrid's: opaque ids alone; its event webhooks bring them back."""
    tracked: bool = False
    """SendGrid's: whether opens and clicks are told, by a pixel and rewritten links."""
    categories: tuple[str, ...] = ()
    """SendGrid's: opaque words alone."""
    send_at: datetime | None = None
    """SendGrid's: when it is to be sent, at most 72 hours ahead."""


class _Wire(EmailPolicy):
    """As SMTP wants it, but headers of URLs stay in one piece: a long word would be taken apart and encoded."""

    def fold_binary(self, name: str, value: str) -> bytes:
        """One header as it goes over the wire."""
        if name.lower().startswith("list-"):
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


WIRE = _Wire(linesep=SMTP.linesep, cte_type="7bit")


def full_message_id(mail: Mail) -> str:
    """The Message-ID in the domain of its sender. Raises MailRefused."""
    domain = address_of(mail.sender, "the sender").rpartition("@")[2]
    return f"<{in_one_line(mail.message_id, 'the Message-ID')}@{domain}>"


def subject_of(mail: Mail) -> str:
    """The subject as it can stand in a header. Raises MailRefused."""
    if not mail.subject.strip():
        raise MailRefused("the mail has no subject")
    return phrase(mail.subject, "the subject")


def mime_of(mail: Mail, at: datetime) -> EmailMessage:
    """The mail as a mail server takes it. Raises MailRefused."""
    sender = address_of(mail.sender, "the sender")
    message = EmailMessage(policy=WIRE)
    message["Subject"] = subject_of(mail)
    message["From"] = Address(phrase(mail.sender_name, "the sender's name"), addr_spec=sender)
    message["To"] = Address(phrase(mail.to_name, "the name"), addr_spec=address_of(mail.to, "the address"))
    message["Date"] = at
    if mail.message_id:
        message["Message-ID"] = full_message_id(mail)
    for name, value in mail.headers.items():
        message[name] = _plain(in_one_line(value, f"the header {name}"), f"the header {name}")
    _write(message, {"plain": mail.text, "html": mail.html})
    return message


def _write(message: EmailMessage, texts: Mapping[str, str]) -> None:
    given = [(kind, encodable(text, "the text")) for kind, text in texts.items() if text.strip()]
    if not given:
        raise MailRefused("the mail has no text")
    (kind, text), *others = given
    message.set_content(text, subtype=kind)
    for kind, text in others:
        message.add_alternative(text, subtype=kind)


def _plain(text: str, what: str) -> str:
    if not text.isascii():
        raise MailRefused(f"{what} is not ASCII")
    return text
