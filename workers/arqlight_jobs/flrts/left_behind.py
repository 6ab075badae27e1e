"""Queues again what is on record and has no job any more: what people have written, and what is to be said to them.

A job may be lost with Redis, purged, or dead of its deadline. While it is there, or is kept as a dead letter, its id is
taken and nothing is queued. What nobody could say within a day is given up.
"""

from arqlight_core.policy import DAY, MINUTE
from arqlight_core.run import Run
from arqlight_jobs.flrts import saying, updates
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
    """How many jobs are new, of each kind, and how many messages are given up. The job names FOLLOW_UPS."""
    engine = records.engine
    given_up = await saying.give_up(engine, DAY, MOST)
    heard = await updates.left_behind(engine, LEFT, MOST)
    unsaid = await saying.left_behind(engine, LEFT, MOST)
    return {
        "updates": sum([(await run.enqueue(HEED, CommandCame(number))).new for number in heard]),
        "messages": sum([(await run.enqueue(saying.SEND, Said(message))).new for message in unsaid]),
        "given_up": given_up,
    }
