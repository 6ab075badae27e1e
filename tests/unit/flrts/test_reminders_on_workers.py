"""Reminders on real workers: planned, due, said once; also where a worker is killed, or Redis has lost everything."""

import logging
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from arqlight_core import observe
from arqlight_core.catalogue import Catalogue
from arqlight_core.enqueue import enqueue
from arqlight_core.jobs import State as JobState
from arqlight_core.policy import MINUTE, SECOND
from arqlight_core.store.declarations import publish
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from arqlight_jobs.flrts.reminders_schedule import schedule, schedules, sweep
from arqlight_jobs.flrts.reminders_send import sends
from arqlight_jobs.flrts.reminding import OWN, State
from arqlight_jobs.flrts.requests import RemindersAsked, ReminderSweep
from arqlight_jobs.flrts.telegram_outbound import outbound
from tests import forked
from tests.faults.fleet import eventually
from tests.faults.shop import serving
from tests.planted import everything_in
from tests.unit.flrts.dying_reminder import POINTS, settings_of
from tests.unit.flrts.reminded import ADDRESS, SUBJECT, TASK, Reminded, reminded, settings_in

QUEUES = [schedules, sends]
SOON = f"{OWN}soon"

Catalogue.discover("arqlight_jobs")


@pytest.fixture
async def hub(store: Store, folder: Path) -> AsyncGenerator[Reminded]:
    await publish(store, [*QUEUES, outbound])
    async with reminded(settings_in(folder)) as made:
        yield made


async def to_be_said(store: Store) -> int:
    """How many jobs wait for the bot."""
    queues = {queue.name: queue.counts for queue in (await observe.fleet(store)).queues}
    return queues[outbound.name][JobState.WAITING]


async def is_sent(hub: Reminded, before: str = SOON) -> bool:
    return (await hub.one(before)).state is State.SENT


# ------------------------------------------------------------------ on time, once


async def test_a_reminder_is_said_when_it_is_due_and_once(
    store: Store, hub: Reminded, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await hub.chat()
    await hub.due(-1.2 * SECOND, before=SOON)
    async with serving(store, *QUEUES, settings=hub.settings):
        for _ in range(3):  # others change the task, too
            await enqueue(store, schedule, RemindersAsked(TASK))
        await eventually(lambda: is_sent(hub))
        await enqueue(store, schedule, RemindersAsked(TASK))
        await enqueue(store, sweep, ReminderSweep())

        async def all_is_done() -> bool:
            queues = {queue.name: queue.counts for queue in (await observe.fleet(store)).queues}
            return queues[schedules.name][JobState.COMPLETED] == 5 and queues[sends.name][JobState.SCHEDULED] == 2

        await eventually(all_is_done)
    one = await hub.one(SOON)
    assert one.ended_at
    assert one.ended_at >= one.due_at
    assert (len(await hub.said()), await to_be_said(store)) == (1, 1)
    ours = "\n".join(one.getMessage() for one in caplog.records).encode()
    for where in (await everything_in(store), ours):
        assert not [word for word in (SUBJECT, ADDRESS, "planted-token") if word.encode() in where]


async def test_a_date_that_moves_ahead_is_heeded_by_the_new_version_alone(store: Store, hub: Reminded) -> None:
    await hub.chat()
    one = await hub.due(-0.8 * SECOND, before=SOON)
    async with serving(store, *QUEUES, settings=hub.settings):
        await enqueue(store, schedule, RemindersAsked(TASK))

        async def is_queued() -> bool:
            queues = {queue.name: queue.counts for queue in (await observe.fleet(store)).queues}
            return queues[sends.name][JobState.SCHEDULED] == 3

        await eventually(is_queued)
        await hub.move(one, version=2)

        async def is_heeded() -> bool:
            job = await observe.job(store, QueueKeys.declared(sends.name).job_id(f"{one.id}:1"))
            return job.state is JobState.COMPLETED

        await eventually(is_heeded)
    assert ((await hub.one(SOON)).state, await hub.said()) == (State.PLANNED, [])


# ------------------------------------------------------------------ Redis has lost everything


async def test_what_redis_has_lost_is_said_by_the_next_look(store: Store, hub: Reminded) -> None:
    await hub.chat()
    await hub.due(-0.3 * SECOND, before=SOON)
    async with serving(store, schedules, settings=hub.settings):
        await enqueue(store, schedule, RemindersAsked(TASK))

        async def is_planned() -> bool:
            queues = {queue.name: queue.counts for queue in (await observe.fleet(store)).queues}
            return queues[schedules.name][JobState.COMPLETED] == 1

        await eventually(is_planned)
    await store._client.flushall()  # pyright: ignore[reportPrivateUsage] - no business of the store
    await publish(store, [*QUEUES, outbound])
    async with serving(store, *QUEUES, settings=hub.settings):

        async def looked() -> bool:
            await enqueue(store, sweep, ReminderSweep())
            return await is_sent(hub)

        await eventually(looked)
    assert (len(await hub.said()), await to_be_said(store)) == (1, 1)


async def test_what_has_its_job_is_not_queued_again_by_a_look(store: Store, hub: Reminded) -> None:
    await hub.due(MINUTE)
    async with serving(store, schedules, settings=hub.settings):
        ids = [(await enqueue(store, sweep, ReminderSweep())).job_id for _ in range(2)]

        async def both_are_done() -> bool:
            states = [(await observe.job(store, one)).state for one in ids]
            return states == [JobState.COMPLETED] * 2

        await eventually(both_are_done)
    results = [(await observe.job(store, one)).result for one in ids]
    assert sorted(result["queued"] for result in results) == [0, 1]


# ------------------------------------------------------------------ kill -9


@dataclass
class Line:
    """One worker after the other."""

    url: str
    folder: Path
    workers: list[BaseProcess] = field(default_factory=list[BaseProcess])

    def hire(self, point: str, port: int) -> None:
        """Another one, if the last is dead."""
        if not self.workers or self.workers[-1].exitcode is not None:
            log = self.folder / f"log-{len(self.workers)}"
            told = (self.url, str(self.folder), point, str(port))
            self.workers.append(forked.begin("tests.unit.flrts.dying_reminder", told, log))


@pytest.fixture
def line_of_workers(store: Store, folder: Path) -> Generator[Line]:
    made = Line(store.url, folder)
    yield made
    for one in made.workers:
        one.kill()
        one.join()


@pytest.mark.fault
@pytest.mark.timeout(60)
@pytest.mark.parametrize("by", ["telegram", "email"])
@pytest.mark.parametrize("point", POINTS)
async def test_a_reminder_arrives_wherever_its_worker_is_killed(
    store: Store, folder: Path, line_of_workers: Line, point: str, by: str
) -> None:
    await publish(store, [*QUEUES, outbound])
    async with reminded(settings_of(folder, 0)) as hub:
        await (hub.chat() if by == "telegram" else hub.change_user(email=ADDRESS))
        await hub.due(-0.1 * SECOND, before=SOON)
        await enqueue(store, schedule, RemindersAsked(TASK))

        async def over() -> bool:
            line_of_workers.hire(point, hub.mailbox.port)
            return (folder / "died").exists() and await is_sent(hub)

        await eventually(over, 40)
        assert len(line_of_workers.workers) == 2
        ids = [mail["Message-ID"] for mail in hub.mailbox.mails]
        assert len(set(ids)) == (0 if by == "telegram" else 1)
        assert len(ids) <= 2
        assert len(await hub.said()) == (1 if by == "telegram" else 0)
    if by == "telegram":
        assert await eventually(lambda: to_be_said(store)) == 1
