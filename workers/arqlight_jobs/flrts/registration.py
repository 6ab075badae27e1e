"""Users of the task hub as an operator writes them down: who they are, by which clock they live, how to reach them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from arqlight_core.clock import now
from arqlight_core.errors import Discard, UsageError
from arqlight_core.secrecy import mask_email
from arqlight_jobs.flrts.linking import forget
from arqlight_jobs.flrts.people import User, user_of
from arqlight_jobs.flrts.reckoning import zone_of
from arqlight_jobs.flrts.reminding import State
from arqlight_jobs.flrts.requests import Id
from arqlight_jobs.flrts.tables.people import chats, links, users
from arqlight_jobs.flrts.tables.reminders import reminders
from arqlight_jobs.outbound.rows import put_if_new
from arqlight_jobs.providers.headers import MailRefused, address_of

MOST_NUMBER = 2**31 - 1
"""What PostgreSQL can count to in a column of 4 bytes."""


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat of a user's; `inactive_because` says why nothing is written there any more, '' while something is."""

    id: str
    inactive_because: str


@dataclass(frozen=True, slots=True)
class UserView:
    """A user with their chats, as they are shown."""

    id: str
    timezone: str
    email: str
    """Masked; '' for none."""
    openproject_id: int | None
    """Who they are in OpenProject."""
    chats: Sequence[Chat]

    @classmethod
    def of(cls, one: User, chats: Sequence[Chat]) -> "UserView":
        """The user without the address."""
        return cls(one.id, one.timezone, mask_email(one.email) if one.email else "", one.openproject_id, chats)


async def put_user(engine: AsyncEngine, own: str, told: Mapping[str, Any]) -> tuple[User | None, User]:
    """Register a user, or change what is told of one; who that was before, and is now.

    `told`: timezone, email, openproject_id, each as in User. Raises UsageError for what does not fit.
    """
    _check(own, told)
    fresh = {"id": own, "timezone": "UTC", "email": "", "openproject_id": None, **told, "created_at": now()}
    async with engine.begin() as connection:
        before = None
        if not await put_if_new(connection, users, fresh):
            before = await needed_user(connection, own)
            if told:
                await connection.execute(update(users).where(users.c.id == own).values(**told))
        return before, await needed_user(connection, own)


async def remove_user(engine: AsyncEngine, own: str) -> int:
    """Forget a user with all chats, and cancel what was planned; how many reminders that was. Raises UsageError.

    Codes first, as whoever links a chat holds a code and then asks for its user; reminders in the order of their ids,
    as they are planned: else each could wait for the other.
    """
    planned = (reminders.c.user == own, reminders.c.state == State.PLANNED)
    held = select(reminders.c.id).where(*planned).order_by(reminders.c.id).with_for_update()
    ended = {"state": State.CANCELLED, "reason": "the user is gone", "ended_at": now()}
    async with engine.begin() as connection:
        await needed_user(connection, own)
        await forget(connection, links.c.user == own)
        await connection.execute(delete(users).where(users.c.id == own))
        await connection.execute(held)
        return (await connection.execute(update(reminders).where(*planned).values(**ended))).rowcount


async def listed(engine: AsyncEngine) -> list[UserView]:
    """Every user, by id."""
    columns = [users.c[name] for name in User.__slots__]
    own_chats = select(chats.c.user, chats.c.id, chats.c.active, chats.c.inactive_because)
    async with engine.connect() as connection:
        found = [User(**row) for row in (await connection.execute(select(*columns).order_by(users.c.id))).mappings()]
        rows = (await connection.execute(own_chats.order_by(chats.c.linked_at, chats.c.id))).all()
    return [UserView.of(one, [_chat(row) for row in rows if row.user == one.id]) for one in found]


async def needed_user(connection: AsyncConnection, own: str) -> User:
    """The user. Raises UsageError."""
    try:
        return await user_of(connection, own)
    except Discard:
        raise UsageError(f"There is no user {own}; `arqlight hub user add {own}` makes one.") from None


async def assignee_of(connection: AsyncConnection, own: str) -> int:
    """A user's id in OpenProject. Raises UsageError."""
    known = (await needed_user(connection, own)).openproject_id
    if known is None:
        told = f"`arqlight hub user add {own} --openproject ID` says it"
        raise UsageError(f"Nobody has said who {own} is in OpenProject; {told}.")
    return known


def _chat(row: Any) -> Chat:
    return Chat(row.id, "" if row.active else row.inactive_because or "for no reason that is known")


def _check(own: str, told: Mapping[str, Any]) -> None:
    try:
        msgspec.convert(own, Id)
    except msgspec.ValidationError:
        raise UsageError(f"{own!r} is no id for a user; give 1 to 64 signs without blanks and colons.") from None
    if "timezone" in told:
        zone_of(told["timezone"])
    if told.get("email"):
        try:
            address_of(told["email"], "the address")
        except MailRefused:
            raise UsageError("That is no mail address; write one like ada@example.com.") from None
    number = told.get("openproject_id")
    if number is not None and not 1 <= number <= MOST_NUMBER:
        raise UsageError(f"{number} is no user's id in OpenProject.")
