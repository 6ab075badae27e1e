"""What users of the CRM are told within it: put there once, listed, read."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from arqlight_core.clock import now
from arqlight_core.errors import UsageError
from arqlight_jobs.crm.requests import NotificationAsked
from arqlight_jobs.crm.tables.notifications import notifications
from arqlight_jobs.crm.tables.people import users
from arqlight_jobs.outbound.rows import put_if_new

MOST_LISTED = 1000


@dataclass(frozen=True, slots=True)
class Notification:
    """One of them; `read_at` is None until the user has read it."""

    id: str
    user: str
    kind: str
    entity: str
    title: str
    text: str
    at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class Inbox:
    """The inboxes of a database."""

    engine: AsyncEngine

    async def put(self, id: str, asked: NotificationAsked) -> bool:  # noqa: A002 - as the record has it
        """Tell the user; whether that was new."""
        told = {"user": asked.user, "kind": asked.kind, "entity": asked.entity, "title": asked.title}
        row = {"id": id, **told, "text": asked.text, "at": now(), "read_at": None}
        async with self.engine.begin() as connection:
            return await put_if_new(connection, notifications, row)

    async def check(self, user: str) -> None:
        """Raises UsageError when there is no such user."""
        async with self.engine.connect() as connection:
            if (await connection.execute(select(users.c.id).where(users.c.id == user))).scalar() is None:
                raise UsageError(f"There is no user {user}; `arqlight tenant show` lists those of a tenant.")

    async def listed(self, user: str, limit: int, *, unread: bool = False) -> list[Notification]:
        """What a user was told, the newest first."""
        chosen = select(notifications).where(notifications.c.user == user)
        chosen = chosen.where(notifications.c.read_at.is_(None)) if unread else chosen
        ordered = chosen.order_by(notifications.c.at.desc(), notifications.c.id).limit(limit)
        async with self.engine.connect() as connection:
            return [Notification(**row) for row in (await connection.execute(ordered)).mappings()]

    async def read(self, user: str, id: str) -> bool:  # noqa: A002 - as above
        """Note that the user has read it; whether there was such a one, unread."""
        own = (notifications.c.user == user, notifications.c.id == id, notifications.c.read_at.is_(None))
        async with self.engine.begin() as connection:
            return (await connection.execute(update(notifications).where(*own).values(read_at=now()))).rowcount == 1

    async def read_all(self, user: str) -> int:
        """Note that the user has read everything that is there; how many were unread."""
        own = (notifications.c.user == user, notifications.c.read_at.is_(None))
        async with self.engine.begin() as connection:
            return (await connection.execute(update(notifications).where(*own).values(read_at=now()))).rowcount
