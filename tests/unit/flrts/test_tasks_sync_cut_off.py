"""A pass over tasks that is cut off, outrun or run twice at once: nothing is lost, and no watermark moved too far."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from arqlight.demo.world.stand_in import Answer, Call
from arqlight_core.clock import now
from arqlight_core.errors import LeaseLost, Snooze, Unavailable
from arqlight_core.settings import Settings
from arqlight_jobs.flrts import watermarks
from arqlight_jobs.flrts.requests import SyncAsked
from arqlight_jobs.flrts.tables import passes
from arqlight_jobs.flrts.tasks_sync import sync
from tests.unit.flrts.syncing import HOUSEHOLD, LIST, Scene, age, listed, make, scene_of, two_to_a_page


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    two_to_a_page(monkeypatch)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncGenerator[Scene]:
    async with scene_of(Settings(data_dir=tmp_path / "data")) as made:
        yield made


# ------------------------------------------------------------------ cut off


async def test_a_pass_that_is_cut_off_moves_no_watermark_and_goes_on_where_it_was(scene: Scene) -> None:
    subjects = make(scene, 6)
    await _cut_off(scene, after=2, job_id="one")
    assert len(await scene.subjects()) == 4
    assert await scene.watermark() is None
    before = len(listed(scene))
    await scene.sync(job_id="one")
    assert await scene.subjects() == subjects
    assert [call.query["offset"] for call in listed(scene)[before:]] == ["3"]
    assert await scene.watermark() is not None


async def _cut_off(scene: Scene, after: int, **how: Any) -> None:
    """A pass whose call fails behind that many pages."""
    real, calls = scene.there.answer, 0

    def answer(call: Call) -> Any:
        nonlocal calls
        calls += call.path == LIST
        return real(call) if calls <= after else Answer(503)

    scene.there.answer = answer
    try:
        with pytest.raises(Unavailable):
            await scene.sync(**how)
    finally:
        scene.there.answer = real


async def test_another_job_begins_anew_where_one_was_cut_off(scene: Scene) -> None:
    make(scene, 6)
    await _cut_off(scene, after=2, job_id="one")
    before = len(listed(scene))
    await scene.sync(job_id="two")
    assert [call.query["offset"] for call in listed(scene)[before:]] == ["1", "2", "3"]


async def test_what_is_changed_while_a_pass_is_cut_off_is_read_by_the_next(scene: Scene) -> None:
    make(scene, 6)
    age(scene, timedelta(hours=1))
    await _cut_off(scene, after=2, job_id="one")
    scene.project.change(1, subject="changed behind it")
    await scene.change(passes.passes, started_at=now() - timedelta(minutes=10))  # it began long ago
    scene.project.packages[1].updated = now() - timedelta(minutes=5)
    scene.project.change(6, subject="changed before it")
    await scene.sync(job_id="one")
    assert "changed behind it" not in await scene.subjects()
    await scene.sync(job_id="two")
    assert (await scene.subjects())[0] == "changed behind it"


async def test_what_leaves_the_list_while_it_is_read_hides_no_other(scene: Scene) -> None:
    subjects = make(scene, 6)
    real = scene.there.answer

    def answer(call: Call) -> Any:
        told = real(call)
        if call.query.get("offset") == "1":
            scene.project.packages.pop(1, None)  # what stood first on the second page is on the first by now
        return told

    scene.there.answer = answer
    await scene.sync()
    assert set(subjects[1:]) <= set(await scene.subjects())


async def test_a_long_pass_is_shared_by_several_runs(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    subjects = make(scene, 5)
    monkeypatch.setattr(watermarks, "SHARE_S", -1.0)
    for left in (2, 1):
        with pytest.raises(Snooze, match=f"{left} pages of project:1 are left"):
            await scene.sync(job_id="one")
    told, _ = await scene.sync(job_id="one")
    assert told["read"] == 5
    assert await scene.subjects() == subjects


async def test_its_progress_is_pages_of_all_pages(scene: Scene) -> None:
    make(scene, 5)
    run = scene.next_run()
    await sync.handler(run, SyncAsked(HOUSEHOLD, "b"))
    assert run.percents == [33, 66, 100]


# ------------------------------------------------------------------ at the same time


async def test_two_passes_at_once_lose_nothing_and_one_of_them_moves_the_watermark(scene: Scene) -> None:
    subjects = make(scene, 7)
    ends = await asyncio.gather(*(scene.sync(job_id=name) for name in ("one", "two")), return_exceptions=True)
    assert any(not isinstance(end, BaseException) for end in ends)
    assert all(isinstance(end, Snooze) for end in ends if isinstance(end, BaseException))
    assert await scene.subjects() == subjects
    assert await scene.watermark() is not None
    for name in ("one", "two"):
        await scene.sync(job_id=name)
    assert await scene.subjects() == subjects


async def test_a_stale_run_neither_writes_how_far_it_is_nor_begins(scene: Scene) -> None:
    make(scene, 4)
    real, late = scene.there.answer, list[Any]()

    def answer(call: Call) -> Any:
        if call.path == LIST and not late:
            late.append(asyncio.ensure_future(scene.sync(job_id="one", fence=9)))
        return real(call)

    scene.there.answer = answer
    scene.there.latency = 0.02
    with pytest.raises(LeaseLost):
        await scene.sync(job_id="one", fence=3)
    told, _ = await late[0]
    assert told["read"] == 4
    with pytest.raises(LeaseLost):
        await scene.sync(job_id="one", fence=3)


async def test_a_pass_that_somebody_has_outrun_leaves_the_watermark_where_it_is(scene: Scene) -> None:
    make(scene, 2)
    await scene.sync()
    early = await scene.watermark() - timedelta(hours=2)
    async with scene.records.engine.begin() as connection:
        passing = watermarks.Pass(HOUSEHOLD, "one", 1, await scene.watermark(), now(), latest=now())
        await watermarks.rewind(connection, HOUSEHOLD, early)
    assert await watermarks.move(scene.records.engine, passing) == early
