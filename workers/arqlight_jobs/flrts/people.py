"""Users of the task hub and their chats."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_jobs.flrts.tables.people import chats, users
from arqlight_jobs.outbound.rows import the_one


@dataclass(frozen=True, slots=True)
class User:
    """Somebody. `openproject_id` is who they are there; '' stands for no address."""

    id: str
    timezone: str
    email: str
    openproject_id: int | None


async def user_of(connection: AsyncConnection, user: str) -> User:
    """The user. Raises Discard when there is none."""
    return await the_one(connection, User, users, "user", id=user)


async def chats_of(connection: AsyncConnection, user: str) -> list[str]:
    """The chats in which the user can be told something, the oldest first."""
    chosen = select(chats.c.id).where(chats.c.user == user, chats.c.active).order_by(chats.c.linked_at, chats.c.id)
    return list((await connection.execute(chosen)).scalars())
