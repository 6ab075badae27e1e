"""Stand-ins for those who are told: a mail server; webhook and Telegram are `tests.unit.outbound.standin`."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session

from arqlight_jobs.healer.notice_request import AlertAsked

ALERT = AlertAsked(
    fingerprint="health:site:shop:bad",
    severity="critical",
    subject="site shop",
    title="Site shop fails",
    text="failed: the home page answers 500",
)


@dataclass
class Mailbox:
    """A mail server that answers as it is told and keeps what it took."""

    port: int = 0
    refused: dict[str, str] = field(default_factory=dict[str, str])
    """Recipient -> answer."""
    answers: list[str] = field(default_factory=list[str])
    """To the next mails, in turn; then each is taken."""
    mails: list[EmailMessage] = field(default_factory=list[EmailMessage])
    recipients: list[list[str]] = field(default_factory=list[list[str]])

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        _ = (server, session, options)
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        _ = (server, session)
        if self.answers:
            return self.answers.pop(0)
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(message_from_bytes(content, policy=policy.default))  # pyright: ignore[reportArgumentType]
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 taken"


@asynccontextmanager
async def mail_server(mailbox: Mailbox) -> AsyncGenerator[Mailbox]:
    """The mailbox on a port of its own."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(mailbox, hostname="localhost", enable_SMTPUTF8=True), "127.0.0.1", 0)
    mailbox.port = server.sockets[0].getsockname()[1]
    try:
        yield mailbox
    finally:
        server.close()
