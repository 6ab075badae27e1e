"""Says something to somebody: the text is put on record, and a job that sends it is queued."""

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from arqlight_core.clock import now
from arqlight_core.run import Run
from arqlight_jobs.flrts.requests import Said
from arqlight_jobs.flrts.tables.speech import messages
from arqlight_jobs.outbound.rows import put_if_new

SEND = "flrts.telegram.outbound"


async def say(run: Run, engine: AsyncEngine, effect: str, text: str, *, user: str = "", chat: str = "") -> None:
    """Tell a user in every chat of theirs, or one chat; the same effect is said once. The job names SEND a follow-up.

    `effect` is an id without blanks or colons, such as `task-created-<job>`, of at most 160 signs.
    """
    async with engine.begin() as connection:
        await note(connection, effect, text, user=user, chat=chat)
    await send(run, effect)


async def send(run: Run, effect: str) -> None:
    """Have what is noted said. The job names SEND a follow-up."""
    await run.enqueue(SEND, Said(effect))


async def note(connection: AsyncConnection, effect: str, text: str, *, user: str = "", chat: str = "") -> None:
    """Put it on record, by the transaction of what it tells of; `say` of the same effect then says this."""
    row = {"id": effect, "user": user, "chat": chat, "text": text, "parse_mode": "", "silent": False}
    await put_if_new(connection, messages, {**row, "state": "queued", "reason": "", "at": now()})


async def left_behind(engine: AsyncEngine, after: timedelta, limit: int) -> list[str]:
    """Messages that nobody has said for so long, the oldest first."""
    chosen = select(messages.c.id).where(messages.c.state == "queued", messages.c.at < now() - after)
    async with engine.connect() as connection:
        return list((await connection.execute(chosen.order_by(messages.c.at, messages.c.id).limit(limit))).scalars())


async def give_up(engine: AsyncEngine, after: timedelta, limit: int) -> int:
    """Note as failed what nobody could say for so long, and say how many that are; what arrives still is sent."""
    old = await left_behind(engine, after, limit)
    mine = messages.c.id.in_(old), messages.c.state == "queued"
    async with engine.begin() as connection:
        told = update(messages).where(*mine).values(state="failed", reason="it could not be said in time")
        return (await connection.execute(told)).rowcount
