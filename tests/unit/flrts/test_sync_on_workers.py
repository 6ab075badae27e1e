"""Posts, passes and looks on real workers: what follows from each change is queued once, whoever is cut off."""

import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from arqlight.demo.world.openproject import KEY
from arqlight.demo.world.stand_in import Answer, Call
from arqlight.orders.openproject import received
from arqlight_core.declaration import Queue
from arqlight_core.enqueue import enqueue
from arqlight_core.policy import SECOND, Backoff
from arqlight_core.run import Run
from arqlight_core.settings import Settings
from arqlight_core.store.gateway import Store
from arqlight_jobs.flrts import tasks_sync_reading, watermarks
from arqlight_jobs.flrts.openproject_sync import look, looks
from arqlight_jobs.flrts.openproject_webhook import webhooks
from arqlight_jobs.flrts.requests import ChangeAsked, ReferenceAsked, RemindersAsked, Said, SyncAsked
from arqlight_jobs.flrts.tables import passes
from arqlight_jobs.flrts.tables import tasks as tables
from arqlight_jobs.flrts.tasks_sync import sync, syncs
from tests.faults.fleet import eventually, until
from tests.faults.shop import serving
from tests.planted import everything_in
from tests.unit.flrts.syncing import ANN, HOUSEHOLD, SECRET, Scene, scene_of

SUBJECT = "Planted subject"
DUE = date(2026, 3, 9)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncGenerator[Scene]:
    async with scene_of(Settings(data_dir=tmp_path / "data")) as made:
        yield made


@dataclass
class Elsewhere:
    """The other queues of the hub: what arrived there."""

    arrived: list[Any] = field(default_factory=list[Any])

    @property
    def queues(self) -> list[Queue]:
        return [
            self._queue("flrts.reminders.schedule", RemindersAsked, lambda one: one.ref),
            self._queue("flrts.telegram.outbound", Said, lambda one: one.message),
            self._queue("flrts.tasks.update", ChangeAsked, lambda one: one.change),
        ]

    def _queue(self, job: str, payload: type[msgspec.Struct], id_of: Callable[[Any], str]) -> Queue:
        made = Queue(job.replace(".", ":"), "To be looked at.", concurrency=5)

        async def note(_run: Run, asked: Any) -> None:
            """Take note of it."""
            self.arrived.append(asked)

        made.job(job, payload, timeout=SECOND, retry=Backoff(1), id_of=id_of)(note)
        return made

    def planned(self) -> list[int]:
        return sorted(asked.task for asked in self.arrived if isinstance(asked, RemindersAsked))


@asynccontextmanager
async def at_work(store: Store, scene: Scene) -> AsyncGenerator[Elsewhere]:
    """A worker that tries again at once."""
    elsewhere = Elsewhere()
    brief = Backoff(3, first=SECOND / 100)
    own = [
        replace(queue, job_types={name: replace(job, retry=brief) for name, job in queue.job_types.items()})
        for queue in (webhooks, syncs, looks)
    ]
    for queue in own:
        queue.schedules = {}
    async with serving(store, *own, *elsewhere.queues, settings=scene.settings):
        yield elsewhere


async def test_a_post_leads_to_reminders_and_a_word_and_tells_nobody_else(
    scene: Scene, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    made = scene.project.make(SUBJECT, assignee=ANN, due=DUE)
    post = scene.webhooks.post(scene.project.told(made.id), "created")
    async with at_work(store, scene) as elsewhere:
        for _ in range(3):
            await received(store, scene.records, post.body, post.headers)
        await until(lambda: len(elsewhere.arrived) == 2)
        await eventually(lambda: _nothing_left(scene))
    assert elsewhere.planned() == [1]
    assert len(await scene.said()) == 1
    kept = await everything_in(store)
    for planted in (SUBJECT, SECRET, KEY):
        assert planted.encode() not in kept, planted
        assert planted not in caplog.text, planted


async def _nothing_left(scene: Scene) -> bool:
    return await scene.rows(passes.news) == []


async def test_an_attempt_after_a_failed_one_queues_what_follows_from_its_own_pages(
    scene: Scene, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (watermarks, tasks_sync_reading):
        monkeypatch.setattr(module, "PAGE", 2)
    for number in range(6):
        scene.project.make(f"task {number}", due=DUE)
    real, calls = scene.there.answer, list[str]()

    def answer(call: Call) -> Answer:
        if call.path.endswith("/work_packages"):
            calls.append(call.query["offset"])
            if len(calls) in (2, 4):
                return Answer(503)
        return real(call)

    scene.there.answer = answer
    async with at_work(store, scene) as elsewhere:
        await enqueue(store, sync, SyncAsked(HOUSEHOLD, "b"))
        await eventually(scene.watermark)
    assert calls == ["1", "2", "2", "3", "3"]
    assert elsewhere.planned() == [1, 2, 3, 4, 5, 6]


async def test_a_look_has_a_project_read_in_which_tasks_have_drifted(scene: Scene, store: Store) -> None:
    scene.project.make("task", project=2)
    async with at_work(store, scene):
        await enqueue(store, look, ReferenceAsked())
        await eventually(lambda: scene.watermark("project:2"))
    assert await scene.subjects() == ["task"]
    assert len(await scene.rows(tables.references)) == 15


async def test_a_round_has_every_known_project_read(scene: Scene, store: Store) -> None:
    for project in (1, 2):
        scene.project.make("task", project=project)
    await scene.look()
    async with at_work(store, scene):
        await enqueue(store, sync, SyncAsked("projects"))
        await eventually(lambda: scene.watermark("project:1"))
        await eventually(lambda: scene.watermark("project:2"))
