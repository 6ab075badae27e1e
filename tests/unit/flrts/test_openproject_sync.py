"""What tasks refer to is read and what is not there any more is marked; tasks that have drifted are read anew."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest

from arqlight.demo.world.stand_in import Fault
from arqlight_core.clock import now
from arqlight_core.errors import Snooze, Unavailable
from arqlight_core.settings import Settings
from arqlight_jobs.flrts import openproject_sync_missing, openproject_sync_reading, references, watermarks
from arqlight_jobs.flrts.requests import RemindersAsked
from arqlight_jobs.flrts.tables import passes
from arqlight_jobs.flrts.tables import tasks as tables
from tests.unit.flrts.syncing import ANN, Scene, reminded, scene_of, synced


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncGenerator[Scene]:
    async with scene_of(Settings(data_dir=tmp_path / "data")) as made:
        yield made


async def kinds(scene: Scene) -> dict[str, list[int]]:
    found = dict[str, list[int]]()
    for row in await scene.rows(tables.references, "kind", "id"):
        found.setdefault(row["kind"], []).append(row["id"])
    return found


async def facts(scene: Scene, kind: str, own: int) -> dict[str, object]:
    [row] = [row for row in await scene.rows(tables.references) if (row["kind"], row["id"]) == (kind, own)]
    return row["facts"]


async def test_everything_that_tasks_refer_to_is_known_by_its_id(scene: Scene) -> None:
    told, _ = await scene.look()
    assert await kinds(scene) == {
        "membership": [1, 2, 3],
        "priority": [8, 9],
        "project": [1, 2],
        "status": [1, 7, 12, 14],
        "type": [1, 2],
        "user": [5, 6],
    }
    assert told["read"]["status"] == 4
    assert await facts(scene, "status", 12) == {"is_closed": True, "is_default": False}
    assert await facts(scene, "membership", 3) == {"project": 2, "principal": 5}


async def test_what_is_not_listed_any_more_is_marked_and_what_comes_back_is_not(scene: Scene) -> None:
    await scene.look()
    scene.project.references.memberships.pop(3)
    name = scene.project.references.projects.pop(2)
    await scene.look()
    assert (await facts(scene, "project", 2))["vanished"] is True
    assert "vanished" not in await facts(scene, "project", 1)
    scene.project.references.projects[2] = name
    await scene.look()
    assert "vanished" not in await facts(scene, "project", 2)


async def test_a_kind_that_we_may_not_see_holds_up_no_other_and_is_not_taken_for_vanished(scene: Scene) -> None:
    await scene.look()
    scene.there.script(Fault(status=403, path="/api/v3/users"))
    told, _ = await scene.look()
    assert (told["read"]["user"], told["read"]["project"]) == (None, 2)
    assert "vanished" not in await facts(scene, "user", ANN)


async def test_a_long_list_is_read_by_pages_over_several_runs(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (watermarks, openproject_sync_reading):
        monkeypatch.setattr(module, "PAGE", 2)
    monkeypatch.setattr(watermarks, "SHARE_S", -1.0)
    scene.project.make("one")
    snoozes = 0
    while True:
        try:
            told, _ = await scene.look(job_id="one")
            break
        except Snooze:
            snoozes += 1
            assert snoozes < 9
    assert snoozes == 2  # statuses and memberships fill two pages each
    assert told["read"]["status"] == 4
    assert len(scene.there.calls) == 9


async def test_cut_off_it_marks_nothing_as_vanished(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    await scene.look()
    for module in (watermarks, openproject_sync_reading):
        monkeypatch.setattr(module, "PAGE", 1)
    scene.there.script(Fault(path="/api/v3/projects"), Fault(status=503, path="/api/v3/projects"))
    with pytest.raises(Unavailable):
        await scene.look()
    assert all("vanished" not in row["facts"] for row in await scene.rows(tables.references))


async def test_an_older_reading_does_not_overwrite_a_newer_one(scene: Scene) -> None:
    await scene.look()
    old = [{"id": 1, "name": "Old name"}]
    async with scene.records.engine.begin() as connection:
        await references.note(connection, "project", old, now() - timedelta(minutes=1))
        assert await references.mark_vanished(connection, "project", now() - timedelta(minutes=1)) == 0
    names = [row["name"] for row in await scene.rows(tables.references, "id") if row["kind"] == "project"]
    assert names == ["Household", "Garden"]


@pytest.mark.parametrize(
    "thing", [{}, {"id": "1"}, {"id": True}, {"id": 0}, {"id": 2**31}, {"id": 1, "name": 7}, {"id": -1}]
)
async def test_what_is_nothing_of_the_kind_is_left_out(scene: Scene, thing: dict[str, object]) -> None:
    async with scene.records.engine.begin() as connection:
        assert await references.note(connection, "project", [thing], now()) == 0
        odd = {"id": 4, "name": "a\0b", "identifier": "x" * 999, "active": 7, "_links": 3}
        assert await references.note(connection, "membership", [odd], now()) == 1
        assert await references.note(connection, "project", [odd], now()) == 1


# ------------------------------------------------------------------ drift


async def test_tasks_that_have_drifted_are_read_anew_however_old_they_are(scene: Scene) -> None:
    for number in range(3):
        scene.project.make(f"task {number}")
    scene.project.make("elsewhere", project=2)
    for scope in ("project:1", "project:2"):
        await scene.sync(scope)
    assert synced((await scene.look())[1]) == []
    for package in scene.project.packages.values():
        package.updated -= timedelta(days=1)
    scene.project.packages[2].lock_version += 1
    scene.project.packages[2].subject = "changed unseen"
    await scene.sync()
    assert "changed unseen" not in await scene.subjects()
    told, queued = await scene.look()
    assert (synced(queued), told["drifted"], told["open"]) == (["project:1"], ["project:1"], 4)
    await scene.sync()
    assert "changed unseen" in await scene.subjects()
    assert synced((await scene.look())[1]) == []


async def test_a_task_that_was_never_read_has_drifted_and_a_closed_one_has_not(scene: Scene) -> None:
    scene.project.make("unread", project=2)
    scene.project.make("closed", status=12)
    _, queued = await scene.look()
    assert synced(queued) == ["project:2"]


async def test_a_project_is_queued_once_however_many_of_its_tasks_have_drifted(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (watermarks, openproject_sync_reading):
        monkeypatch.setattr(module, "PAGE", 2)
    for number in range(5):
        scene.project.make(f"task {number}")
    assert synced((await scene.look())[1]) == ["project:1"]


# ------------------------------------------------------------------ missing


async def test_a_task_that_is_gone_there_is_closed_here_and_its_reminders_are_planned_anew(scene: Scene) -> None:
    for subject in ("gone", "there"):
        scene.project.make(subject, assignee=ANN)
    await scene.sync()
    gone = scene.project.packages.pop(1)
    told, queued = await scene.look()
    assert told["gone"] == 1
    assert [asked.task for asked in reminded(queued)] == [1]
    assert [row["closed"] for row in await scene.rows(tables.tasks, "id")] == [True, False]
    told, queued = await scene.look()
    assert (told["gone"], queued) == (0, [])
    scene.project.packages[1] = gone
    assert synced((await scene.look())[1]) == ["project:1"]
    assert [asked.task for asked in reminded((await scene.sync())[1])] == [1]
    assert not (await scene.task(1))["closed"]


async def test_a_task_that_was_closed_there_unseen_is_closed_here_and_is_not_gone(scene: Scene) -> None:
    scene.project.make("closed unseen")
    await scene.sync()
    scene.project.change(1, status=12)
    told, queued = await scene.look()
    assert told["gone"] == 0
    assert [asked.task for asked in reminded(queued)] == [1]
    assert (await scene.task(1))["closed"]


async def test_only_so_many_missing_tasks_are_asked_for_by_one_look(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openproject_sync_missing, "MOST", 2)
    for number in range(3):
        scene.project.make(f"task {number}")
    await scene.sync()
    scene.project.packages.clear()
    assert [(await scene.look())[0]["gone"] for _ in range(3)] == [2, 1, 0]


async def test_reminders_that_nobody_has_planned_are_planned(scene: Scene) -> None:
    """Redis has lost the job, and nothing on record tells of it any more."""
    due = now().date()
    scene.project.make("one", assignee=ANN, due=due)
    await scene.sync()
    told, queued = await scene.look()
    assert told["unplanned"] == 1
    assert reminded(queued) == [RemindersAsked(1, due.isoformat())]


async def test_what_somebody_left_behind_is_seen_to_also_without_an_openproject(scene: Scene) -> None:
    made = scene.project.make("one", assignee=ANN)
    await scene.sync()
    await scene.add(passes.news, task=made.id, lock_version=0, before=-1, given=ANN, at=now() - timedelta(minutes=2))
    await scene.add(passes.news, task=99, lock_version=0, before=-1, given=None, at=now() - timedelta(minutes=2))
    told, queued = await scene.look()
    assert told["news"] == 2
    assert [asked.task for asked in reminded(queued)] == [1]
    assert [user for user, _ in await scene.said()] == ["ann"]
    assert await scene.rows(passes.news) == []
