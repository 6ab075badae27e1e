"""A realistic fleet on a server of its own: to walk through the control room, and for the pictures in docs.

    uv run python -m tests.bench.gallery [--minutes 4] [--pictures docs] [--stay]

It fills and works for some minutes, with an operator's pauses, limits and a purge among it, then takes the pictures
(rsvg-convert makes them PNG). With `--stay` it prints the server's address and goes on until it is interrupted.
"""

import argparse
import asyncio
import math
import random
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arqlight.store_fleet import StoreFleet
from arqlight_core.clock import now_ms
from arqlight_core.enqueue import enqueue, enqueue_many
from arqlight_core.jobs import State
from arqlight_core.operations import pause, purge, set_fleet_concurrency
from arqlight_core.selection import Selection
from arqlight_core.store.declarations import publish
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from arqlight_screens.control_room import ControlRoom
from arqlight_screens.kept import Kept
from arqlight_screens.themes import NAMES
from tests.bench import gallery_fleet as work

if TYPE_CHECKING:
    from textual.pilot import Pilot

PROCESSES, MINUTE_MS = 2, 60_000
SIZE = (116, 30)
CAMPAIGN = "spring-2026"
PICTURES: dict[str, tuple[str, ...]] = {
    "overview": (),
    "active": (":billing:validation active",),
    "failures": ("2",),
    "job": (":crm:message dead", "enter"),
    "limits": ("4",),
    "flow": ("6", "j", "j", "enter"),
}
"""What is pressed for each; a word behind `:` is typed as a command."""


async def begin(store: Store) -> None:
    """What stands in the queues at first."""
    for name, tenant, people in ((CAMPAIGN, "acme", 60), ("recall", "bergmann", 90), ("newsletter", "castor", 400)):
        await enqueue(store, work.campaign, work.Campaign(name, tenant, people), correlation_id=name)
    files = [work.File(f"claims-{n:04}.csv", random.randrange(200, 2000)) for n in range(60)]  # noqa: S311
    await enqueue_many(store, work.validate, files)
    letters = [work.Message(random.choice(work.TENANTS), f"reader-{n:04}") for n in range(800)]  # noqa: S311
    await enqueue_many(store, work.send, letters)
    await enqueue_many(store, work.publish, [work.Site(f"site-{n}") for n in range(14)])
    later = [work.Message("delta", f"client-{n:04}") for n in range(40)]
    await enqueue_many(store, work.message, later, delay=timedelta(hours=2))


async def remember(store: Store) -> None:
    """An hour of counts before this one, as a fleet leaves them that has worked all day."""
    raw: Any = store._client  # pyright: ignore[reportPrivateUsage] - it fills
    pipe, now = raw.pipeline(transaction=False), now_ms()
    for queue, pace in ((work.TASKS, 240), (work.MESSAGE, 180), (work.PERSONALISE, 90), (work.VALIDATION, 20)):
        prefix = QueueKeys.declared(queue.name).prefix
        for back in range(2, 60):
            done = round(pace * (1 + 0.6 * math.sin(back / 9)) * random.uniform(0.8, 1.2))  # noqa: S311
            failed = round(done * (0.15 if back < 12 else 0.01))
            told = {"enqueued": done, "completed": done - failed, "retried": failed}
            pipe.hset(f"{prefix}minute:{now // MINUTE_MS - back}", mapping=told)
    await pipe.execute()


async def feed(store: Store) -> None:
    """What keeps coming, until it is cancelled."""
    for n in count():
        tasks = [work.Message(random.choice(work.TENANTS), f"user-{n}") for _ in range(4)]  # noqa: S311
        await enqueue_many(store, work.create_task, tasks)
        await enqueue_many(store, work.personalise, tasks[:2])
        if n % 3 == 0:
            await enqueue(store, work.bring_in, work.File(f"late-{n}.csv", 100))
            await enqueue(store, work.validate, work.File(f"late-{n}.csv", 400))
        if n % 12 == 0:
            name = f"inc-{4100 + n // 12}"
            service = work.Incident(random.choice(("api", "db", "web")))  # noqa: S311
            await enqueue(store, work.HEALING[0], service, correlation_id=name)
        await asyncio.sleep(1.0)


async def operate(store: Store) -> None:
    """What operators have done."""
    await pause(store, "site:publish", actor="anna", reason="release freeze until 14:00")
    await set_fleet_concurrency(
        store, "billing:validation", "8", actor="ada", reason="their API is slow", for_=timedelta(hours=1)
    )
    scheduled = Selection("crm:message", State.SCHEDULED, everything=True)
    plan = await purge(store, scheduled, actor="otto", dry_run=True)
    await purge(store, scheduled, actor="otto", reason="wrong list", confirm=plan.confirm)


async def picture(pilot: "Pilot[None]", room: ControlRoom, folder: Path, name: str) -> None:
    """Go there from the overview and take it."""
    await pilot.press("1")
    for key in PICTURES[name]:
        await pilot.press(*([*_spelt(key), "enter"] if key.startswith(":") else [key]))
        await pilot.pause(2.0)
    await pilot.pause(1.0)
    svg = room.export_screenshot(title="arqlight").replace("<text ", '<text xml:space="preserve" ')
    command = ["rsvg-convert", "--zoom", "0.7", "-o", str(folder / f"{name}.png")]
    subprocess.run(command, input=svg.encode(), check=True)  # noqa: ASYNC221 - a fixed list, and nobody waits


def _spelt(typed: str) -> list[str]:
    names = {":": "colon", " ": "space", "-": "minus"}
    return [names.get(letter, letter) for letter in typed]


class Pictured(StoreFleet):
    """The fleet under an address that stands on nobody's machine."""

    @property
    def address(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride] - it stands for the attribute
        """As it is shown."""
        return "redis://fleet.example:6379"

    @address.setter
    def address(self, shown: str) -> None:
        del shown


async def take(url: str, folder: Path) -> None:
    """All pictures, from one room."""
    kept = Kept()
    kept.memory.theme = NAMES["dark"]  # whatever the terminal at hand can show
    room = ControlRoom(Pictured(lambda: url, "otto"), kept=kept)
    async with room.run_test(size=SIZE) as pilot:
        await pilot.pause(3.0)
        for name in PICTURES:
            await picture(pilot, room, folder, name)


async def alive(url: str, minutes: float, then: Callable[[], Awaitable[Any]]) -> None:
    """Fill, work, operate; then do what is asked."""
    work.move_to()
    store = Store(url)
    await publish(store, list(work.QUEUES))
    context = get_context("spawn")
    fleet = [context.Process(target=work.serve, args=(url,), daemon=True) for _ in range(PROCESSES)]
    for process in fleet:
        process.start()
    await begin(store)
    await remember(store)
    feeding = asyncio.create_task(feed(store))
    try:
        await asyncio.sleep(8)
        await operate(store)
        await asyncio.sleep(minutes * 60)
        await then()
    finally:
        feeding.cancel()
        for process in fleet:
            process.terminate()
        for process in fleet:
            await asyncio.to_thread(process.join, 30)
        await store.close()


async def _stay(url: str) -> None:
    sys.stderr.write(f"REDIS_URL={url}\n")
    await asyncio.Event().wait()


def main() -> int:
    parser = argparse.ArgumentParser(description="A realistic fleet, to be looked at.")
    parser.add_argument("--minutes", type=float, default=4.0, help="how long it works before the pictures are taken")
    parser.add_argument("--pictures", type=Path, help="the folder for the pictures")
    parser.add_argument("--stay", action="store_true", help="go on until interrupted")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="aq") as folder, suppress(KeyboardInterrupt):
        server = EmbeddedServer.of(Path(folder))
        server.ensure()

        async def then() -> None:
            if asked.pictures:
                await take(server.url, asked.pictures)
            if asked.stay:
                await _stay(server.url)

        try:
            asyncio.run(alive(server.url, 0 if asked.stay and not asked.pictures else asked.minutes, then))
        finally:
            server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
