"""What OpenProject posts is laid over what is known, once, and what follows from it is queued whatever crashes."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from arqlight_core.clock import now
from arqlight_core.errors import Discard
from arqlight_core.settings import Settings
from arqlight_jobs.flrts import applying
from arqlight_jobs.flrts.openproject_webhook import heed
from arqlight_jobs.flrts.requests import HookCame
from arqlight_jobs.flrts.tables import hooks, passes
from arqlight_jobs.flrts.tables import tasks as tables
from tests.unit.flrts.syncing import ANN, BOB, Scene, reminded, scene_of

DUE = date(2026, 3, 9)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncGenerator[Scene]:
    async with scene_of(Settings(data_dir=tmp_path / "data")) as made:
        yield made


async def known(scene: Scene, **fields: Any) -> int:
    """A task that is known as it is there."""
    made = scene.project.make("Mow the lawn", **fields)
    await scene.posted(made.id, "created")
    return made.id


async def test_a_new_task_is_known_and_its_assignee_is_told_once(scene: Scene) -> None:
    made = scene.project.make("Mow the lawn", assignee=ANN, due=DUE)
    told, queued = await scene.posted(made.id, "created")
    assert told == {"task": 1, "came": "applied"}
    [asked] = reminded(queued)
    assert (asked.task, asked.due) == (1, "2026-03-09")
    assert await scene.said() == [("ann", "You have a new task: Mow the lawn (#1, due 2026-03-09)")]
    assert (await scene.task(1))["assignee"] == ANN
    [row] = await scene.rows(hooks.hooks)
    assert (row["state"], row["reason"]) == ("applied", "")
    assert await scene.rows(passes.news) == []


@pytest.mark.parametrize(
    ("change", "plans", "tells"),
    [
        ({"due": date(2026, 4, 1)}, True, False),
        ({"due": None}, True, False),
        ({"assignee": BOB}, True, True),
        ({"assignee": None}, True, False),
        ({"status": 12}, True, False),
        ({"status": 12, "assignee": BOB}, True, False),
        ({"subject": "Mow it"}, False, False),
        ({"status": 7}, False, False),
    ],
)
async def test_reminders_are_planned_anew_and_people_told_by_what_has_changed(
    scene: Scene,
    change: dict[str, Any],
    plans: bool,  # noqa: FBT001 - a parameter of the test
    tells: bool,  # noqa: FBT001 - as above
) -> None:
    task = await known(scene, assignee=ANN, due=DUE)
    before = len(await scene.said())
    scene.project.change(task, **change)
    told, queued = await scene.posted(task)
    assert told["came"] == "applied"
    assert bool(reminded(queued)) is plans
    assert [user for user, _ in (await scene.said())[before:]] == (["bob"] if tells else [])


async def test_a_post_of_what_we_have_changed_ourselves_changes_nothing(scene: Scene) -> None:
    task = await known(scene, assignee=ANN)
    scene.project.change(task, due=DUE)
    row: dict[str, Any] = {"id": "c", "task": task, "user": "ann", "fields": {}, "base": {}}
    row |= {"state": "applied", "reason": ""}
    await scene.add(tables.changes, **row, lock_version=1, created_at=now())
    told, queued = await scene.posted(task)
    assert (told["came"], queued) == ("our own change", [])
    assert (await scene.rows(hooks.hooks, "received_at"))[-1]["state"] == "noop"
    assert (await scene.task(task))["lock_version"] == 1
    scene.project.change(task, due=None)
    assert reminded((await scene.posted(task))[1])


async def test_an_older_post_changes_nothing_and_neither_does_one_of_what_is_known(scene: Scene) -> None:
    task = await known(scene, assignee=ANN)
    old = scene.webhooks.post({**scene.project.told(task), "subject": "Old"})
    scene.project.change(task, due=DUE)
    await scene.posted(task)
    assert (await scene.heeded(old))[0]["came"] == "older than what is known"
    again = scene.webhooks.post({**scene.project.told(task), "derived": 1})
    told, queued = await scene.heeded(again)
    assert (told["came"], queued) == ("known already", [])
    assert (await scene.task(task))["due"] == DUE


async def test_a_task_that_was_never_read_is_no_news_to_its_assignee(scene: Scene) -> None:
    made = scene.project.make("Old business", assignee=ANN, due=DUE)
    _, queued = await scene.posted(made.id, "updated")
    assert reminded(queued)
    assert await scene.said() == []


@pytest.mark.parametrize("topic", ["time_entry", "attachment", "work_package_comment", "anything_else"])
async def test_of_other_things_nothing_is_kept(scene: Scene, topic: str) -> None:
    told, queued = await scene.heeded(scene.webhooks.post({"id": 3}, "created", topic))
    assert (told["came"], queued) == ("nothing is kept of it", [])
    assert (await scene.rows(hooks.hooks))[0]["state"] == "noop"


async def test_a_project_is_known_by_its_name(scene: Scene) -> None:
    thing = {"id": 9, "name": "Roof", "identifier": "roof", "active": True}
    await scene.heeded(scene.webhooks.post(thing, "created", "project"))
    [row] = await scene.rows(tables.references)
    assert (row["kind"], row["id"], row["name"], row["facts"]) == (
        "project",
        9,
        "Roof",
        {"identifier": "roof", "active": True},
    )
    told, _ = await scene.heeded(scene.webhooks.post({"id": "x"}, "updated", "project"))
    assert told["came"] == "nothing is kept of it"


HOSTILE: dict[str, dict[str, Any]] = {
    "nothing": {},
    "no number": {"id": "1"},
    "too large": {"id": 2**40},
    "a version too large": {"lockVersion": 2**63},
    "no moment": {"updatedAt": "soon"},
    "a sign that no text has": {"subject": "a\0b"},
    "links of another kind": {"_links": []},
}


@pytest.mark.parametrize("kind", HOSTILE)
async def test_a_post_that_is_no_work_package_is_given_up_with_the_reason(scene: Scene, kind: str) -> None:
    made = scene.project.make("Mow the lawn")
    thing = {**scene.project.told(made.id), **HOSTILE[kind]} if HOSTILE[kind] else {}
    with pytest.raises(Discard) as given_up:
        await scene.heeded(scene.webhooks.post(thing))
    assert "Mow" not in str(given_up.value)
    [row] = await scene.rows(hooks.hooks)
    assert row["state"] == "noop"
    assert row["reason"]
    assert await scene.subjects() == []


async def test_whoever_dies_before_the_rest_is_queued_leaves_it_to_the_next_run(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = scene.project.make("Mow the lawn", assignee=ANN, due=DUE)
    post = scene.webhooks.post(scene.project.told(made.id), "created")
    with monkeypatch.context() as broken:
        broken.setattr(applying, "say", _dies)
        with pytest.raises(_Killed):
            await scene.heeded(post, job_id="one")
    assert len(await scene.subjects()) == 1
    assert await scene.said() == []
    refs = {(await scene.heeded(post, job_id="one"))[1][0][1].ref}
    assert len(await scene.said()) == 1
    assert "" not in refs
    _, queued = await scene.heeded(post, job_id="one")
    assert queued == []


async def test_posts_of_one_task_at_the_same_time_tell_its_assignee_once(scene: Scene) -> None:
    task = await known(scene)
    scene.project.change(task, assignee=ANN)
    first = scene.webhooks.post(scene.project.told(task))
    scene.project.change(task, due=DUE)
    second = scene.webhooks.post(scene.project.told(task))
    await asyncio.gather(scene.heeded(first), scene.heeded(second))
    assert [user for user, _ in await scene.said()] == ["ann"]
    assert (await scene.task(task))["due"] == DUE


async def test_without_the_post_the_job_ends_with_the_reason(scene: Scene) -> None:
    with pytest.raises(Discard, match="there is no post"):
        await scene.run(heed, HookCame("gone"))


class _Killed(BaseException):
    """As kill -9 would end the run."""


async def _dies(*_: Any, **__: Any) -> None:
    raise _Killed
