"""Fifty senders push at once through real workers: by the providers' own logs none of the six windows is exceeded."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import parse_qs

import pytest

from arqlight.demo.world.stand_in import Call
from arqlight_core.clock import monotonic, now
from arqlight_core.declaration import Queue
from arqlight_core.enqueue import enqueue_many
from arqlight_core.policy import SECOND, Limit, Rate
from arqlight_core.settings import Settings
from arqlight_core.store.declarations import publish
from arqlight_core.store.gateway import Store
from arqlight_fleet.worker import FleetWorker
from arqlight_jobs.outbound.rows import put_new
from arqlight_jobs.outreach.journeys import Place, asked_of, fresh_action
from arqlight_jobs.outreach.requests import Channel, SendAsked
from arqlight_jobs.outreach.sends import limits, sends
from arqlight_jobs.outreach.tables import scheduled_actions
from arqlight_jobs.outreach.timeouts import timeouts
from tests.faults.fleet import eventually
from tests.faults.test_protection import most_in_a_span
from tests.unit.outreach.scene import Scene, document, providers

pytestmark = [pytest.mark.fault, pytest.mark.timeout(120)]

SENDERS: dict[Channel, int] = {"email": 30, "sms": 20}
JOBS: dict[Channel, int] = {"email": 45, "sms": 26}
"""One of each sender, and the others of the first few."""

BUSY = 4
WORKERS = 3

TENANT: dict[Channel, tuple[Rate, ...]] = {
    "email": (Rate(6, SECOND), Rate(13, 3 * SECOND), Rate(24, 7 * SECOND)),
    "sms": (Rate(4, SECOND), Rate(8, 3 * SECOND), Rate(14, 7 * SECOND)),
}
SENDER: tuple[Rate, ...] = (Rate(1, SECOND), Rate(2, 3 * SECOND), Rate(3, 7 * SECOND))
"""The windows of a minute, an hour and a day, so much shorter."""

Seen = dict[str, list[float]]


def shortened(seen: Seen) -> Queue:
    """The queue as it is declared, but for the spans; each time a job asks for its places that is noted."""
    declared = [*limits(TENANT)[::2], *limits(dict.fromkeys(TENANT, SENDER))[1::2]]
    assert {limit.name for limit in declared} == {limit.name for limit in sends.limits}
    return replace(sends, limits=tuple(_noting(limit, seen) for limit in declared))


def _noting(limit: Limit, seen: Seen) -> Limit:
    def by(asked: SendAsked) -> str | None:
        seen[asked.action].append(monotonic())
        return limit.key_of(asked)

    return replace(limit, by=by)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncGenerator[Scene]:
    async with providers() as world:
        world.twilio.numbers = frozenset(_address("sms", number) for number in range(SENDERS["sms"]))
        made = await Scene.of(world, Settings(data_dir=tmp_path / "data"))
        async with made.first.stack:
            yield made


def _address(channel: Channel, number: int) -> str:
    return f"+1500555{number:04}" if channel == "sms" else f"s{number}@acme.example"


async def pushed(scene: Scene) -> list[SendAsked]:
    """So many actions of so many senders, all due."""
    each: list[tuple[Channel, int]] = [
        (channel, number) for channel, count in SENDERS.items() for number in range(count)
    ]
    made = [
        {"id": f"{channel}{number}", "channel": channel, "address": _address(channel, number)}
        for channel, number in each
    ]
    nodes = [
        {"id": one["id"], "channel": one["channel"], "sender": one["id"], "subject": "s", "text": "{{name}}"}
        for one in made
    ]
    people = [
        {
            "id": f"c{number}",
            "email": f"c{number}@example.com",
            "phone": f"+49151{number:08}",
            "name": f"c{number}",
            "consent": True,
        }
        for number in range(max(JOBS.values()))
    ]
    start = {"id": "spring", "entry": "email0"}
    await scene.campaigns.load(document(campaign=start, senders=made, nodes=nodes, contacts=people, transitions=[]))
    await scene.campaigns.begin("spring")
    rows = [_action(channel, number) for channel, count in JOBS.items() for number in range(count)]
    async with scene.records.engine.begin() as connection:
        await put_new(connection, scheduled_actions, rows)
    return [asked_of(row) for row in rows]  # pyright: ignore[reportArgumentType] - a row as a dictionary


def _action(channel: Channel, number: int) -> dict[str, Any]:
    sender = f"{channel}{number if number < SENDERS[channel] else number % BUSY}"
    return fresh_action(Place("acme", "spring", f"c{number}", sender), channel, sender, now(), "")


async def test_no_window_of_a_tenant_or_a_sender_is_ever_exceeded(store: Store, scene: Scene) -> None:
    seen: Seen = defaultdict(list)
    asked = await pushed(scene)
    queues = [shortened(seen), timeouts]
    await publish(store, queues)
    queued = await enqueue_many(store, sends.job_types["outreach.send"], asked)
    assert all(one.new for one in queued)
    async with AsyncExitStack() as stack:
        for _ in range(WORKERS):
            await serve(stack, store, queues, scene.first.settings)
        await eventually(lambda: _all_sent(scene), 90)
    ways: dict[Channel, list[Way]] = {channel: list(_ways(channel, scene, seen)) for channel in SENDERS}
    assert {channel: len(found) for channel, found in ways.items()} == JOBS
    assert (
        median(way.arrived - way.asked for found in ways.values() for way in found) < 1.0
    )  # else arrivals tell nothing
    for channel, found in ways.items():
        within(TENANT[channel], found)
        senders = {way.sender for way in found}
        assert senders == {_address(channel, number) for number in range(SENDERS[channel])}
        for sender in senders:
            within(SENDER, [way for way in found if way.sender == sender])
    whole = TENANT["email"][2]
    moments = [round(way.arrived * 1e6) for way in ways["email"]]
    assert most_in_a_span(moments, round((whole.per / SECOND + 1) * 1e6)) >= whole.limit * 0.75  # and it is used


async def serve(stack: AsyncExitStack, store: Store, queues: list[Queue], settings: Settings) -> None:
    worker = FleetWorker(queues=queues, url=store.url, settings=settings, handle_signals=False, poll_delay=0.05)
    running = asyncio.create_task(worker.async_run())

    async def end() -> None:
        await worker.close()
        await asyncio.wait([running])

    stack.push_async_callback(end)


async def _all_sent(scene: Scene) -> bool:
    return (await scene.campaigns.counts("spring")).actions == {"sent": sum(JOBS.values())}


@dataclass(frozen=True, slots=True)
class Way:
    """One that has arrived: its place was taken after it was last asked for, and before it arrived."""

    sender: str
    asked: float
    arrived: float


def _ways(channel: Channel, scene: Scene, seen: Seen) -> Iterator[Way]:
    calls = scene.world.by_mail.calls if channel == "email" else scene.world.by_sms.calls
    for call in calls:
        sender, contact = _mail(call) if channel == "email" else _text(call)
        action = _action(channel, int(contact.removeprefix("c")))["id"]
        yield Way(sender, max(moment for moment in seen[action] if moment <= call.at), call.at)


def _mail(call: Call) -> tuple[str, str]:
    return call.json["from"]["email"], call.json["content"][0]["value"]


def _text(call: Call) -> tuple[str, str]:
    form = parse_qs(call.body.decode())
    return form["From"][0], form["Body"][0]


def within(rates: tuple[Rate, ...], ways: Sequence[Way]) -> None:
    """No span of any rate holds more, whatever may have held up single ones on their way."""
    for rate in rates:
        span = rate.per / SECOND
        most = max(sum(way.asked <= one.asked and one.arrived < way.asked + span for one in ways) for way in ways)
        assert most <= rate.limit, str(rate)
