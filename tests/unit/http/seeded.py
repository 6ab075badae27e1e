"""A server on which there is something of everything: jobs in every state, failures, bulks, breakers, alerts."""

from datetime import timedelta
from typing import Any

import msgspec

from arqlight_core.declaration import Queue
from arqlight_core.operations import OPERATIONS, Selection
from arqlight_core.policy import MINUTE, Backoff, Breaker, Limit, Rate, Schedule
from arqlight_core.run import Run
from arqlight_core.store.declarations import publish
from tests.store.line import FAR, QUEUE, Line, cancelled, dead, failed
from tests.unit.steered import beat

NAME, TREE = QUEUE.name, "a-tree"
LINE = Queue(
    NAME, "to be asked about", concurrency=5, limits=(Limit("sending", (Rate(20, MINUTE),)),), breaker=Breaker(faults=3)
)


class Work(msgspec.Struct, frozen=True):
    """What there is to do, of which nobody may see the secret."""

    n: int = 1
    secret: str = ""


@LINE.job("work", Work, timeout=timedelta(seconds=30), retry=Backoff(attempts=3), sensitive=("secret",))
async def work(run: Run, asked: Work) -> None:
    """Do it."""


LINE.schedule(Schedule("nightly", "0 3 * * *", "work", payload={"n": 2}))


async def seed(line: Line) -> None:
    """Put it all there."""
    await publish(line.store, [LINE])
    await line.ended("dead", dead(failure=failed("it broke at 7")))
    await line.ended("cancelled", cancelled())
    await line.finish(await line.running("completed"), result=b"", ttl_ms=FAR)
    await line.retry(await line.running("retrying"))
    await line.defer(await line.running("scheduled"))
    await line.running("active")
    await line.put("purged", "waiting")
    await line.store.plant(TREE, ["dead", "waiting"])
    await beat(line.store, "w1", queues={NAME: {"running": 1, "concurrency": 5}}, functions=("work",))
    await _operated(line)


async def _operated(line: Line) -> None:
    async def run(name: str, *given: Any, **told: Any) -> None:
        await OPERATIONS[name].run(line.store, *given, actor="ada", reason="to be seen", **told)

    await run("purge", Selection(NAME, ids=("purged",)))
    await run("trip_breaker", NAME)
    await run("set_concurrency", NAME, "3")
    await run("set_hold", NAME, job_type="other")
    await run("silence_alerts", NAME, for_=MINUTE)
