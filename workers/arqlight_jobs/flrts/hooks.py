"""Takes in what OpenProject posts: verified over the bytes as they came, kept as they came, and queued once.

OpenProject gives a post no id and no time: the body itself says whether it came before, within a day.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from arqlight_core.clock import now
from arqlight_core.errors import UsageError
from arqlight_core.policy import DAY
from arqlight_core.settings import Settings
from arqlight_jobs.flrts.records import Records
from arqlight_jobs.flrts.tables.hooks import hooks
from arqlight_jobs.flrts.tables.metadata import LONGEST_WORD
from arqlight_jobs.outbound.rows import put_if_new
from arqlight_jobs.providers.openproject_webhooks import NotAHook, NotSigned, told_in, verify

LARGEST = 4 * 1024**2
"""Bytes of a post: a work package with its longest text and all that is embedded in it has less."""

REMEMBERED = DAY
"""How long the same body is the same post."""


class PostRefused(UsageError):
    """A post that is not taken in: nothing of it is kept and nothing is queued."""


class State(StrEnum):
    """How far a post is."""

    RECEIVED = "received"
    APPLIED = "applied"
    NOOP = "noop"


@dataclass(frozen=True, slots=True)
class Taken:
    """A post that is on record. `is_due` says that its job has not read it yet, and is to be queued if it is not."""

    digest: str
    is_new: bool
    is_due: bool


async def accept(records: Records, raw: bytes, headers: Mapping[str, str]) -> Taken:
    """Keep a post; its job is then to be queued. Raises PostRefused.

    The same body again is the same post, whose job may have been lost between the two.
    """
    _check(records.settings, raw, headers)
    digest = hashlib.sha256(raw).hexdigest()
    row = {"digest": digest, "body": raw, "state": State.RECEIVED, "reason": "", "received_at": now()}
    async with records.engine.begin() as connection:
        is_new = await put_if_new(connection, hooks, row) or await _came_long_ago(connection, digest)
        state = (await connection.execute(select(hooks.c.state).where(hooks.c.digest == digest))).scalar_one()
    return Taken(digest, is_new, is_due=state == State.RECEIVED)


async def left_behind(engine: AsyncEngine, after: timedelta, limit: int) -> list[str]:
    """Posts of the last day whose job has not read them for so long: whoever took them in may not have queued it."""
    came = hooks.c.received_at > now() - REMEMBERED, hooks.c.received_at < now() - after
    chosen = select(hooks.c.digest).where(hooks.c.state == State.RECEIVED, *came)
    async with engine.connect() as connection:
        return list((await connection.execute(chosen.order_by(hooks.c.received_at).limit(limit))).scalars())


async def body_of(engine: AsyncEngine, digest: str) -> tuple[bytes, State] | None:
    """What was posted, and how far it is; None when it is no longer kept."""
    chosen = select(hooks.c.body, hooks.c.state).where(hooks.c.digest == digest)
    async with engine.connect() as connection:
        row = (await connection.execute(chosen)).one_or_none()
    return None if row is None else (row.body, State(row.state))


async def close(connection: AsyncConnection, digest: str, state: State, reason: str) -> None:
    """Note what came of it; the first word stays."""
    is_open = hooks.c.digest == digest, hooks.c.state == State.RECEIVED
    await connection.execute(update(hooks).where(*is_open).values(state=state, reason=reason[:LONGEST_WORD]))


def _check(settings: Settings, raw: bytes, headers: Mapping[str, str]) -> None:
    """Raises PostRefused with the reason, which tells nothing of what stands in the post."""
    if len(raw) > LARGEST:
        raise PostRefused(f"The post is refused: it is larger than {LARGEST} bytes.")
    secret = settings.openproject_webhook_secret
    if not secret and not settings.openproject_unsigned:
        told = "set OPENPROJECT_WEBHOOK_SECRET to the webhook's secret, or OPENPROJECT_UNSIGNED=1 to trust everybody"
        raise PostRefused(f"No post of OpenProject's can be verified: {told}.")
    try:
        if secret:
            verify(secret, headers, raw)
        told_in(raw)
    except (NotSigned, NotAHook) as problem:
        raise PostRefused(f"The post is refused: {problem}.") from None


async def _came_long_ago(connection: AsyncConnection, digest: str) -> bool:
    """Whether the same body came so long ago that it is another post, which then is on record in its place."""
    over = hooks.c.digest == digest, hooks.c.received_at <= now() - REMEMBERED
    values = {"state": State.RECEIVED, "reason": "", "received_at": now()}
    return (await connection.execute(update(hooks).where(*over).values(**values))).rowcount == 1
