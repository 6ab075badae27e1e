"""A mail server on loopback that answers as it is told, address by address, and keeps what it took."""

import asyncio
import warnings
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Mailbox:
    """A mail server that answers as it is told and keeps what it took."""

    port: int = 0
    refused: dict[str, str] = field(default_factory=dict[str, str])
    """Recipient -> answer."""
    sender: str = ""
    """The answer to every sender, if there is one."""
    answers: list[str] = field(default_factory=list[str])
    """To the next mails, in turn; then each is taken. '' takes it and ends the connection without an answer."""
    password: str = ""
    """Of any login; '' asks for none."""
    mails: list[EmailMessage] = field(default_factory=list[EmailMessage])
    raw: list[bytes] = field(default_factory=list[bytes])
    recipients: list[list[str]] = field(default_factory=list[list[str]])
    silent: set[str] = field(default_factory=set[str])
    """Commands that are never answered."""

    async def handle_EHLO(  # noqa: N802 - aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        _ = (server, envelope)
        await self._heard("EHLO")
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802 - as above
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        _ = (server, session)
        await self._heard("MAIL")
        if self.sender:
            return self.sender
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - as above
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        _ = (server, session, options)
        await self._heard("RCPT")
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        _ = session
        await self._heard("DATA")
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer and not answer.startswith("2"):
            return answer
        content = envelope.content
        assert isinstance(content, bytes)
        self.raw.append(content)
        self.mails.append(message_from_bytes(content, policy=policy.default))  # pyright: ignore[reportArgumentType]
        self.recipients.append(list(envelope.rcpt_tos))
        if not answer:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return answer

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        _ = (server, session, envelope)
        await self._heard("QUIT")
        return "221 Bye"

    async def _heard(self, command: str) -> None:
        if command in self.silent:
            await asyncio.Event().wait()

    def may_enter(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: Any) -> AuthResult:
        """Whether a login has the password."""
        _ = (server, session, envelope, mechanism)
        right = isinstance(login, LoginPassword) and login.password == self.password.encode()
        return AuthResult(success=right, handled=right)

    def protocol(self) -> SMTP:
        """One conversation."""
        asks: dict[str, Any] = {"authenticator": self.may_enter, "auth_required": True, "auth_require_tls": False}
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # it is for TLS with a login
            return SMTP(self, hostname="localhost", enable_SMTPUTF8=True, **(asks if self.password else {}))


@asynccontextmanager
async def mail_server(mailbox: Mailbox) -> AsyncGenerator[Mailbox]:
    """The mailbox on a port of its own."""
    server = await asyncio.get_running_loop().create_server(mailbox.protocol, "127.0.0.1", mailbox.port)
    mailbox.port = server.sockets[0].getsockname()[1]
    try:
        yield mailbox
    finally:
        server.close()
