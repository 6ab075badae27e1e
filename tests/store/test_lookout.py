"""A lookout sees what a single look sees, and asks for less."""

from dataclasses import replace
from typing import Any

import pytest

from arqlight_core import observe
from arqlight_core.observe import FleetView, lookout
from arqlight_core.observe.lookout import NONE, Lookout
from arqlight_core.observe.minutes import Minute
from arqlight_core.observe.pace import STILL
from arqlight_core.store import scripts
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts import Call
from tests.store.line import QUEUE, Line


def timeless(view: FleetView) -> FleetView:
    """The view without what changes with the clock alone, and without the totals, which come with a roll call."""
    still: dict[str, Any] = {"oldest_ms": 0, "in_per_s": 0.0, "out_per_s": 0.0, "pace": STILL, "totals": {}}
    return replace(
        view, at_ms=0, commands=0, took_ms=0.0, queues=tuple(replace(queue, **still) for queue in view.queues)
    )


async def past_minutes(line: Line) -> None:
    """Each of the last five minutes has a count of its own."""
    running = await line.store.time_ms() // 60_000
    for back in range(1, 6):
        await line.raw.hset(f"{QUEUE.prefix}minute:{running - back}", mapping={"completed": back, "w3": back})


async def test_every_look_sees_what_a_first_look_would(line: Line):
    watching = Lookout(line.store)
    await past_minutes(line)
    for job in ("a", "b", "c"):
        await line.put(job)
        assert timeless(await watching.look()) == timeless(await observe.fleet(line.store))


async def test_totals_come_with_each_roll_call(line: Line, monkeypatch: pytest.MonkeyPatch):
    watching = Lookout(line.store)
    await line.put("a")
    for known in (1, 1):
        await line.put("b")
        [queue] = (await watching.look()).queues
        assert queue.totals["enqueued"] == known + 1
        await line.put("c")
    monkeypatch.setattr(lookout, "ROLL_CALL_EVERY", 0.0)
    [queue] = (await watching.look()).queues
    assert queue.totals["enqueued"] == 3


async def test_minutes_that_are_over_are_asked_for_once(line: Line, monkeypatch: pytest.MonkeyPatch):
    asked: list[int] = []
    overview = scripts.overview

    def heard(queue: QueueKeys, minutes: int, totals: int) -> Call[list[Any]]:
        asked.append(minutes)
        return overview(queue, minutes, totals)

    monkeypatch.setattr(lookout.scripts, "overview", heard)
    watching = Lookout(line.store)
    for _ in range(3):
        await watching.look()
    assert asked[0] == 5
    assert set(asked[1:]) <= {NONE, 0, 1}  # one past minute is asked for when another has begun meanwhile
    assert (await watching.look()).commands == len(["overview", "orders"])


@pytest.mark.parametrize(("every", "seen"), [(60.0, 0), (0.0, 7)])
async def test_the_running_minute_is_read_now_and_then(
    line: Line, monkeypatch: pytest.MonkeyPatch, every: float, seen: int
):
    monkeypatch.setattr(lookout, "MINUTES_EVERY", every)
    watching = Lookout(line.store)
    await watching.look()
    await watching.look()
    running = await line.store.time_ms() // 60_000
    await line.raw.hset(f"{QUEUE.prefix}minute:{running}", mapping={"completed": 7})
    view = await watching.look()
    if view.at_ms // 60_000 == running:  # else it has ended just now
        assert view.queues[0].history[-1] == seen


async def test_a_minute_that_has_just_ended_is_asked_for_alone(line: Line):
    watching = Lookout(line.store)
    await past_minutes(line)
    await watching.look()
    known = watching._over[QUEUE.name]  # pyright: ignore[reportPrivateUsage] - it was running at the look before
    del known[max(known)]
    view = await watching.look()
    assert view.commands == len(["overview", "orders", "overview"])
    assert timeless(view) == timeless(await observe.fleet(line.store))


async def test_after_a_long_absence_the_minutes_are_asked_for_again(line: Line):
    watching = Lookout(line.store)
    await watching.look()
    await past_minutes(line)
    watching._over[QUEUE.name] = {1: Minute()}  # pyright: ignore[reportPrivateUsage] - an hour ago
    [queue] = (await watching.look()).queues
    assert queue.history[:-1] == (5, 4, 3, 2, 1)


async def test_a_queue_and_a_worker_that_come_later_are_seen(line: Line, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lookout, "ROLL_CALL_EVERY", 0.0)
    watching = Lookout(line.store)
    await watching.look()
    await line.store.publish_queues({"late": {"wire": "arq:{late}"}})
    assert [queue.name for queue in (await watching.look()).queues] == sorted(["late", QUEUE.name])
