"""What outbound jobs read and write: the messages to be sent, and the chats that they go to."""

from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_jobs.flrts.people import chats_of
from arqlight_jobs.flrts.tables.metadata import LONGEST_WORD
from arqlight_jobs.flrts.tables.people import chats
from arqlight_jobs.flrts.tables.speech import messages
from arqlight_jobs.outbound.rows import the_one
from arqlight_jobs.providers.telegram import cut


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be said. `user` or `chat` is '' where the other says whom it is for."""

    id: str
    user: str
    chat: str
    text: str
    parse_mode: str
    silent: bool

    @property
    def parts(self) -> list[str]:
        """The text as it is sent, each part short enough."""
        return [part for part in cut(self.text) if part.strip()]


async def message_of(connection: AsyncConnection, message: str) -> Message:
    """The message. Raises Discard when there is none."""
    return await the_one(connection, Message, messages, "message", id=message)


async def chats_for(connection: AsyncConnection, message: Message) -> list[str]:
    """The chats that it is for now."""
    return [message.chat] if message.chat else await chats_of(connection, message.user)


async def is_silent(connection: AsyncConnection, chat: str) -> bool:
    """Whether nothing reaches the chat; one that is nobody's is not known to be so."""
    active = (await connection.execute(select(chats.c.active).where(chats.c.id == chat))).scalar_one_or_none()
    return active is False


async def has_arrived(connection: AsyncConnection, message: str) -> None:
    """One chat has all of it: whatever the others say, it is sent."""
    told = update(messages).where(messages.c.id == message, messages.c.state != "sent")
    await connection.execute(told.values(state="sent", reason=""))


async def has_failed(connection: AsyncConnection, message: str, reason: str) -> None:
    """No chat has got it so far, and one will not."""
    told = update(messages).where(messages.c.id == message, messages.c.state == "queued")
    await connection.execute(told.values(state="failed", reason=reason[:LONGEST_WORD]))


async def is_gone(connection: AsyncConnection, chat: str, reason: str) -> None:
    """Nothing reaches the chat until somebody writes there again."""
    told = update(chats).where(chats.c.id == chat, chats.c.active)
    await connection.execute(told.values(active=False, inactive_because=reason[:LONGEST_WORD]))


async def has_moved(connection: AsyncConnection, chat: str, to: str) -> None:
    """The group is known by another id from now on; where it is known by that already, the old one is forgotten."""
    known = (await connection.execute(select(chats.c.id).where(chats.c.id == to))).scalar_one_or_none()
    if known is None:
        await connection.execute(update(chats).where(chats.c.id == chat).values(id=to))
    else:
        await connection.execute(delete(chats).where(chats.c.id == chat))
