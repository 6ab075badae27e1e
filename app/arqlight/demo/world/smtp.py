"""A mail server on loopback: takes mail as RFC 5321 has it, refuses whom it is told to, and counts by Message-ID."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser

_ENOUGH = 10_000
"""Mails that are remembered."""


@dataclass
class MailServer:
    """What it has taken. `refuses` says of an address whether there is no such mailbox."""

    refuses: Callable[[str], bool] = lambda _: False
    taken: Counter[str] = field(default_factory=Counter[str])

    async def served(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client's conversation."""
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            writer.write(b"220 demo ESMTP\r\n")
            while line := await reader.readline():
                word, _, rest = line.decode(errors="replace").strip().partition(" ")
                writer.write(f"{await self._answered(word.upper(), rest, reader, writer)}\r\n".encode())
                await writer.drain()
                if word.upper() == "QUIT":
                    break
        writer.close()

    async def _answered(self, word: str, rest: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
        match word:
            case "EHLO":
                return "250-demo\r\n250-8BITMIME\r\n250 SMTPUTF8"
            case "RCPT" if self.refuses(rest.partition("<")[2].partition(">")[0]):
                return "550 5.1.1 no such mailbox"
            case "DATA":
                writer.write(b"354 go on\r\n")
                return self._took(await reader.readuntil(b"\r\n.\r\n"))
            case "HELO" | "MAIL" | "RCPT" | "RSET" | "NOOP":
                return "250 2.0.0 good"
            case "QUIT":
                return "221 2.0.0 goodbye"
            case _:
                return "502 5.5.1 no such command"

    def _took(self, content: bytes) -> str:
        message = BytesHeaderParser().parsebytes(content)["Message-ID"]
        if not message:
            return "554 5.6.0 a mail without Message-ID"
        self.taken[message] += 1
        if len(self.taken) > _ENOUGH:
            del self.taken[next(iter(self.taken))]
        return "250 2.0.0 taken"
