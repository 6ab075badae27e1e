"""Tasks are read since the watermark, which a whole pass alone moves: nothing is lost, whoever dies where."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from arqlight.demo.world.stand_in import Call, Fault
from arqlight_core.clock import now
from arqlight_core.errors import Discard, Misconfigured, Unavailable
from arqlight_core.settings import Settings
from arqlight_jobs.flrts import tasks_sync_reading
from arqlight_jobs.flrts.changes import propose
from arqlight_jobs.flrts.records import Records
from arqlight_jobs.flrts.requests import ChangeAsked, SyncAsked
from arqlight_jobs.flrts.tables import passes, people
from arqlight_jobs.flrts.tables import tasks as tables
from arqlight_jobs.flrts.tasks_sync import sync
from tests.unit.flrts.syncing import (
    ANN,
    BOB,
    LIST,
    Scene,
    age,
    listed,
    make,
    reminded,
    scene_of,
    synced,
    two_to_a_page,
)

DUE = date(2026, 3, 9)


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    two_to_a_page(monkeypatch)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncGenerator[Scene]:
    async with scene_of(Settings(data_dir=tmp_path / "data")) as made:
        yield made


def filters_of(call: Call) -> dict[str, Any]:
    return {name: terms for one in msgspec.json.decode(call.query["filters"]) for name, terms in one.items()}


async def test_the_first_pass_reads_all_tasks_of_the_project_also_closed_ones(scene: Scene) -> None:
    subjects = make(scene, 5)
    scene.project.change(3, status=12)
    scene.project.make("elsewhere", project=2)
    told, _ = await scene.sync()
    assert (told["read"], told["changed"]) == (5, 5)
    assert await scene.subjects() == subjects
    assert [row["closed"] for row in await scene.rows(tables.tasks, "id")] == [False, False, True, False, False]
    assert [call.query["offset"] for call in listed(scene)] == ["1", "2", "3"]
    assert "updatedAt" not in filters_of(listed(scene)[0])


async def test_the_next_pass_asks_for_what_was_changed_since_and_a_minute_before(scene: Scene) -> None:
    make(scene, 3)
    await scene.sync()
    mark = await scene.watermark()
    newest = max(package.updated for package in scene.project.packages.values())
    assert abs(mark - newest) < timedelta(milliseconds=1)
    age(scene, timedelta(hours=1))
    changed = scene.project.change(2, subject="other")
    told, _ = await scene.sync()
    assert (told["read"], told["changed"]) == (1, 1)
    asked = filters_of(listed(scene)[-1])
    since, until = asked["updatedAt"]["values"]
    assert (asked["updatedAt"]["operator"], until) == ("<>d", "")
    assert since == f"{mark - timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}"
    assert asked["status"] == {"operator": "*", "values": []}
    assert (await scene.task(2))["subject"] == changed.subject


async def test_the_watermark_stops_at_the_beginning_of_the_pass(scene: Scene) -> None:
    make(scene, 3)
    begun = now()
    for package in scene.project.packages.values():
        package.updated += timedelta(minutes=5)  # their clock is ahead, or it was changed while we read
    await scene.sync()
    assert abs(await scene.watermark() - begun) < timedelta(seconds=9)


async def test_without_tasks_there_is_no_watermark_and_one_that_stands_stays(scene: Scene) -> None:
    await scene.sync()
    assert await scene.watermark() is None
    make(scene, 1)
    await scene.sync()
    mark = await scene.watermark()
    age(scene, timedelta(hours=1))
    assert (await scene.sync())[0]["read"] == 0
    assert await scene.watermark() == mark


# ------------------------------------------------------------------ what follows


async def test_reminders_are_planned_and_a_new_assignee_is_told_but_not_of_old_business(scene: Scene) -> None:
    make(scene, 2, assignee=ANN, due=DUE)
    _, queued = await scene.sync()
    assert [asked.task for asked in reminded(queued)] == [1, 2]
    assert await scene.said() == []
    scene.project.change(1, assignee=BOB)
    scene.project.make("brand new", assignee=ANN)
    _, queued = await scene.sync()
    assert [asked.task for asked in reminded(queued)] == [1, 3]
    assert sorted(user for user, _ in await scene.said()) == ["ann", "bob"]
    _, queued = await scene.sync()
    assert queued == []


async def test_what_a_run_had_not_queued_when_it_died_the_next_one_queues(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(scene, 3, assignee=ANN, due=DUE)
    with monkeypatch.context() as broken:
        broken.setattr(tasks_sync_reading, "follow", _dies)
        with pytest.raises(_Killed):
            await scene.sync(job_id="one")
    await scene.change(passes.news, at=now() - timedelta(minutes=1))
    _, queued = await scene.sync(job_id="one")
    assert sorted(asked.task for asked in reminded(queued)) == [1, 2, 3]
    assert await scene.rows(passes.news) == []


class _Killed(BaseException):
    """As kill -9 would end the run."""


async def _dies(*_: Any) -> None:
    raise _Killed


async def test_what_was_changed_here_is_sent_the_oldest_first(scene: Scene) -> None:
    make(scene, 2)
    scene.project.make("elsewhere", project=2)
    await scene.sync()
    await scene.sync("project:2")
    row = {"user": "ann", "fields": {"subject": "x"}, "base": {}, "reason": ""}
    for number, (name, task, state) in enumerate(
        [("late", 1, "pending"), ("early", 2, "pending"), ("done", 2, "applied"), ("other", 3, "pending")]
    ):
        at = now() - timedelta(minutes=number)
        await scene.add(tables.changes, id=name, task=task, state=state, created_at=at, **row)
    told, queued = await scene.sync()
    assert [(asked.task, asked.change) for name, asked in queued if name == "flrts.tasks.update"] == [
        (2, "early"),
        (1, "late"),
    ]
    assert told["sent"] == 2


# ------------------------------------------------------------------ scopes


async def test_of_a_user_those_tasks_are_read_that_are_given_to_them(scene: Scene) -> None:
    scene.project.make("for ann", assignee=ANN, project=2)
    scene.project.make("for bob", assignee=BOB)
    await scene.sync("user:ann")
    assert await scene.subjects() == ["for ann"]
    assert await scene.watermark("user:ann") is not None


@pytest.mark.parametrize(("user", "why"), [("nobody", "no user"), ("cat", "nobody at OpenProject")])
async def test_nobody_has_no_tasks(scene: Scene, user: str, why: str) -> None:
    await scene.add(people.users, id="cat", timezone="UTC", email="", created_at=now())
    with pytest.raises(Discard, match=why):
        await scene.sync(f"user:{user}")


async def test_a_round_queues_a_pass_for_each_known_project_or_for_the_one_of_the_settings(scene: Scene) -> None:
    _, queued = await scene.run(sync, SyncAsked("projects"))
    assert synced(queued) == ["project:1"]
    await scene.look()
    scene.project.references.memberships.pop(3)
    scene.project.references.projects.pop(2)
    scene.project.references.projects[3] = "Roof"
    _, queued = await scene.run(sync, SyncAsked("projects"))
    assert synced(queued) == ["project:1", "project:2"]
    await scene.look()
    _, queued = await scene.run(sync, SyncAsked("projects"))
    assert synced(queued) == ["project:1", "project:3"]
    [bucket] = {asked.bucket for _, asked in queued}
    assert len(bucket) == 12
    assert bucket.endswith("0")


async def test_a_round_sends_changes_of_tasks_that_no_pass_would_come_across(scene: Scene) -> None:
    make(scene, 1)
    await scene.sync()
    async with scene.records.engine.begin() as connection:
        for task in (1, 99):
            await propose(connection, task, {"subject": "other"}, "", change=f"change-{task}")
    _, queued = await scene.run(sync, SyncAsked("projects"))
    assert [asked for _, asked in queued if isinstance(asked, ChangeAsked)] == [ChangeAsked(99, "change-99")]
    _, queued = await scene.sync()
    assert [asked for _, asked in queued if isinstance(asked, ChangeAsked)] == [ChangeAsked(1, "change-1")]


async def test_without_an_openproject_a_round_does_nothing(scene: Scene) -> None:
    bare = scene.next_run()
    records = Records(scene.records.engine, msgspec.structs.replace(scene.settings, openproject_base_url=""))

    async def opened(opener: Any) -> Any:  # noqa: ARG001 - a run's own signature
        return records

    bare.open = opened
    assert "OPENPROJECT_BASE_URL" in (await sync.handler(bare, SyncAsked("projects")))["why"]
    assert bare.queued == []


# ------------------------------------------------------------------ faults of OpenProject's


@pytest.mark.parametrize(
    ("status", "signal"), [(404, Discard), (400, Discard), (403, Discard), (401, Misconfigured), (503, Unavailable)]
)
async def test_a_refusal_keeps_the_watermark_and_a_vanished_project_is_given_up(
    scene: Scene, status: int, signal: type[Exception]
) -> None:
    make(scene, 3)
    await scene.sync()
    mark = await scene.watermark()
    scene.there.script(Fault(status=status, path=LIST))
    with pytest.raises(signal) as ended:
        await scene.sync()
    if signal is Discard:
        assert str(ended.value).startswith(f"project:1 cannot be read: openproject answered {status}")
    assert await scene.watermark() == mark


async def test_a_page_that_is_shorter_than_asked_for_ends_nothing(scene: Scene) -> None:
    subjects = make(scene, 5)
    real = scene.there.answer

    def answer(call: Call) -> Any:
        size = {} if call.path != LIST else {"pageSize": "1"}
        return real(replace(call, query={**call.query, **size}))

    scene.there.answer = answer
    await scene.sync()
    assert await scene.subjects() == subjects
