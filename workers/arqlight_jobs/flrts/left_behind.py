"""Queues again what is on record and has no job any more: what people have written, and what is to be said to them.

A job may be lost with Redis, purged, or dead of its deadline. While it is there, or is kept as a dead letter, its id is
taken and nothing is queued. What nobody could say within a day is given up. Of a task that was asked for the words are
not on record: who has waited for it for a day is told so.
"""

from sqlalchemy.ext.asyncio import AsyncEngine

from arqlight_core.policy import DAY, MINUTE
from arqlight_core.run import Run
from arqlight_jobs.flrts import saying, updates, wishing
from arqlight_jobs.flrts.records import Records
from arqlight_jobs.flrts.requests import CommandCame, Said

HEED = "flrts.telegram.command"

FOLLOW_UPS = (HEED, saying.SEND)
"""What a job that looks for it may queue."""

LEFT = 5 * MINUTE
"""How long something may take before it counts as left behind."""

MOST = 500
"""Of each kind at one look; the oldest come first."""


async def queue_again(run: Run, records: Records) -> dict[str, int]:
    """How many jobs are new, of each kind, and of how many messages and tasks nothing has come.

    The job names FOLLOW_UPS.
    """
    engine = records.engine
    in_vain = await wishing.in_vain(engine, LEFT, MOST)
    for one in in_vain:
        await _told(run, engine, one)
    given_up = await saying.give_up(engine, DAY, MOST)
    heard = await updates.left_behind(engine, LEFT, MOST)
    unsaid = await saying.left_behind(engine, LEFT, MOST)
    return {
        "updates": sum([(await run.enqueue(HEED, CommandCame(number))).new for number in heard]),
        "messages": sum([(await run.enqueue(saying.SEND, Said(message))).new for message in unsaid]),
        "given_up": given_up,
        "in_vain": len(in_vain),
    }


async def _told(run: Run, engine: AsyncEngine, one: wishing.Wish) -> None:
    effect = f"task-late-{one.mark}"
    async with engine.begin() as connection:
        await saying.note(connection, effect, f"Failed to create task within a day: {one.title}", user=one.user)
        await wishing.over(connection, one.mark, one.user)
    await saying.send(run, effect)
