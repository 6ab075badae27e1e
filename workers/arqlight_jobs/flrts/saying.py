"""Says something to somebody: the text is put on record, and a job that sends it is queued."""

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
    await run.enqueue(SEND, Said(effect))


async def note(connection: AsyncConnection, effect: str, text: str, *, user: str = "", chat: str = "") -> None:
    """Put it on record, by the transaction of what it tells of; `say` of the same effect then says this."""
    row = {"id": effect, "user": user, "chat": chat, "text": text, "parse_mode": "", "silent": False}
    await put_if_new(connection, messages, {**row, "state": "queued", "reason": "", "at": now()})
