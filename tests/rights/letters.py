"""A declared queue with policies, and a server with something to look at."""

from datetime import timedelta

import msgspec

from arqlight_core.declaration import Queue
from arqlight_core.policy import SECOND, Backoff, Breaker, Limit, Rate
from arqlight_core.run import Run
from arqlight_core.store.declarations import publish
from arqlight_core.store.gateway import Store
from tests.rights.scene import Scene

LETTERS = Queue(
    "test:letters", "Letters.", concurrency=5, breaker=Breaker(), limits=(Limit("sending", (Rate(100, SECOND),)),)
)


class Letter(msgspec.Struct):
    text: str


@LETTERS.job("test.letter", Letter, timeout=timedelta(seconds=30), retry=Backoff(1))
async def send(run: Run, letter: Letter) -> str:
    run.progress(1, 2, "printed")
    return letter.text


async def watched(admin: Store) -> None:
    """Jobs in every state, a flow, and a declaration."""
    await Scene.of(admin)
    await publish(admin, [LETTERS])
    await admin.plant("c", ["next"])
