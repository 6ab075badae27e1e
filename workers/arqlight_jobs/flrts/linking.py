"""How a chat becomes somebody's: a code is made for a user, and whoever sends it to the bot writes from their chat."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from arqlight_core.clock import now
from arqlight_core.errors import UsageError
from arqlight_core.policy import DAY
from arqlight_jobs.flrts.tables.people import chats, links, users
from arqlight_jobs.outbound.rows import put_in_place

LASTS = DAY
"""How long a code is good for."""

_BYTES = 16
"""Of a code: nobody guesses it. Written in base64 it fits into a link t.me/<bot>?start=<code>."""


@dataclass(frozen=True, slots=True)
class Linked:
    """Whose a chat is."""

    user: str
    active: bool


async def make_code(engine: AsyncEngine, user: str, lasts: timedelta = LASTS) -> str:
    """A code that links one chat with the user, once. Raises UsageError when there is no such user.

    The user is held until the code is there; old codes are forgotten before that, as whoever forgets a user does it.
    """
    code, held = secrets.token_urlsafe(_BYTES), select(users.c.id).where(users.c.id == user)
    async with engine.begin() as connection:
        await forget(connection, links.c.until <= now())
        if (await connection.execute(held.with_for_update(read=True, key_share=True))).scalar_one_or_none() is None:
            raise UsageError(f"The task hub has no user {user}.")
        await connection.execute(insert(links), {"digest": _digest(code), "user": user, "until": now() + lasts})
    return code


async def link(connection: AsyncConnection, code: str, chat: str) -> str | None:
    """The user whose chat it is from now on; None when the code is unknown, used, or too old."""
    mine = (links.c.digest == _digest(code), links.c.until > now())
    user = (await connection.execute(delete(links).where(*mine).returning(links.c.user))).scalar_one_or_none()
    if user is not None:
        row = {"id": chat, "user": user, "active": True, "inactive_because": "", "linked_at": now()}
        await put_in_place(connection, chats, [row])
    return user


async def forget(connection: AsyncConnection, which: ColumnElement[bool]) -> None:
    """Have these codes link nothing any more; in the order of their digests, lest two such calls meet."""
    chosen = select(links.c.digest).where(which).order_by(links.c.digest).with_for_update()
    digests = list((await connection.execute(chosen)).scalars())
    await connection.execute(delete(links).where(links.c.digest.in_(digests)))


async def linked_to(connection: AsyncConnection, chat: str) -> Linked | None:
    """Whose chat it is; None when it is nobody's."""
    row = (await connection.execute(select(chats.c.user, chats.c.active).where(chats.c.id == chat))).one_or_none()
    return None if row is None else Linked(row.user, row.active)


async def wake(connection: AsyncConnection, chat: str) -> None:
    """Somebody writes there: the bot is not blocked any more."""
    silent = (chats.c.id == chat, chats.c.active.is_(False))
    await connection.execute(update(chats).where(*silent).values(active=True, inactive_because=""))


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode(errors="replace")).hexdigest()
