"""A job of the task hub that runs a second time, with the same payload, leaves the records as the first one did."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from arqlight_core.settings import Settings
from arqlight_jobs.flrts import tables
from arqlight_jobs.flrts.tables import passes
from tests.unit.flrts.syncing import Scene, scene_of


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncGenerator[Scene]:
    async with scene_of(Settings(data_dir=tmp_path)) as made:
        yield made


async def records(scene: Scene) -> dict[str, list[dict[str, Any]]]:
    """Every table but that of passes, which says who has read how far; without the moments at which a row was seen."""
    found: dict[str, list[dict[str, Any]]] = {}
    for table in tables.metadata.sorted_tables:
        rows = await scene.rows(table, *(column.name for column in table.primary_key))
        found[table.name] = [{name: row[name] for name in row if name != "at" and name[-3:] != "_at"} for row in rows]
    del found[passes.passes.name]
    return found


async def test_reference_data_that_is_read_again_is_the_same(scene: Scene) -> None:
    scene.project.make("Mow the lawn")
    first, queued = await scene.look(job_id="one")
    left = await records(scene)
    second, again = await scene.look(job_id="one")
    assert second["read"] == first["read"]
    assert all(one in queued for one in again)
    assert await records(scene) == left


async def test_tasks_that_are_read_again_are_the_same_and_nobody_is_told_twice(scene: Scene) -> None:
    for subject in ("Mow the lawn", "Paint the fence"):
        scene.project.make(subject)
    await scene.sync(job_id="one")
    left, said = await records(scene), await scene.said()
    told, queued = await scene.sync(job_id="one")
    assert (told["changed"], queued) == (0, [])
    assert (await records(scene), await scene.said()) == (left, said)
