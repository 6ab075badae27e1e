"""Posts and passes on a real PostgreSQL server, also many at a time: nothing is lost, and nobody is told twice."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import date, timedelta
from pathlib import Path

import pytest

from arqlight_core.clock import now
from arqlight_core.errors import Snooze
from arqlight_core.settings import Settings
from arqlight_jobs.flrts import tasks_sync_reading, watermarks
from arqlight_jobs.flrts.hooks import accept
from arqlight_jobs.flrts.tables import hooks, passes
from arqlight_jobs.flrts.tables import tasks as tables
from tests.unit.billing.test_postgresql import pytestmark, server
from tests.unit.flrts.syncing import ANN, BOB, Scene, scene_of

__all__ = ["pytestmark", "server"]


@pytest.fixture
async def scene(tmp_path: Path, server: str) -> AsyncGenerator[Scene]:
    async with scene_of(Settings(data_dir=tmp_path / "data", database_url=server)) as made:
        yield made


async def test_posts_of_one_task_in_any_order_and_at_once_end_with_the_newest(scene: Scene) -> None:
    made = scene.project.make("task")
    posts = [scene.webhooks.post(scene.project.told(made.id), "created")]
    for number in range(8):
        scene.project.change(made.id, subject=f"task {number}", assignee=(ANN, BOB)[number % 2])
        posts.append(scene.webhooks.post(scene.project.told(made.id)))
    await asyncio.gather(*(scene.heeded(post) for post in reversed(posts)))
    assert (await scene.task(made.id))["subject"] == "task 7"
    assert {row["state"] for row in await scene.rows(hooks.hooks)} <= {"applied", "noop"}
    assert await scene.rows(passes.news) == []


async def test_one_post_taken_in_many_times_at_once_is_kept_once(scene: Scene) -> None:
    scene.project.make("task", assignee=ANN, due=date(2026, 3, 9))
    post = scene.webhooks.post(scene.project.told(1), "created")
    taken = await asyncio.gather(*(accept(scene.records, post.body, post.headers) for _ in range(5)))
    assert sum(one.is_new for one in taken) == 1
    await asyncio.gather(*(scene.heeded(post) for _ in range(3)))
    assert len(await scene.said()) == 1


async def test_passes_and_posts_at_once_lose_nothing_and_do_not_wait_for_each_other_for_ever(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (watermarks, tasks_sync_reading):
        monkeypatch.setattr(module, "PAGE", 3)
    for number in range(10):
        scene.project.make(f"task {number}", assignee=ANN)
    posts = [scene.webhooks.post(scene.project.told(number)) for number in range(10, 0, -1)]
    work = [scene.sync(job_id="one"), scene.sync("user:ann"), *map(scene.heeded, posts), scene.look()]
    ends = await asyncio.gather(*work, return_exceptions=True)
    assert [end for end in ends if isinstance(end, BaseException) and not isinstance(end, Snooze)] == []
    assert len(await scene.subjects()) == 10
    assert await scene.watermark() is not None
    assert await scene.watermark("user:ann") is not None


async def test_what_has_vanished_is_marked_and_the_watermark_moves_on(scene: Scene) -> None:
    scene.project.make("task")
    await scene.sync()
    await scene.look()
    scene.project.references.priorities.pop(9)
    await scene.look()
    vanished = [row["id"] for row in await scene.rows(tables.references) if row["facts"].get("vanished")]
    assert vanished == [9]
    mark = await scene.watermark()
    scene.project.change(1, subject="other")
    await scene.sync()
    assert mark < await scene.watermark() < now() + timedelta(seconds=9)
