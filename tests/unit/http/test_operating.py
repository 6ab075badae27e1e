"""Operations over HTTP: made of the registry, confirmed as everywhere, told in problems when they do not fit."""

from typing import Any

import httpx
import pytest

from arqlight_core import observe
from arqlight_core.operations import OPERATIONS
from tests.store.line import QUEUE, Line
from tests.unit.http.house import House

NAME = QUEUE.name
WAITING = {"queue": NAME, "state": "waiting", "everything": True}


async def operated(caller: httpx.AsyncClient, name: str, **body: Any) -> httpx.Response:
    return await caller.post(f"/api/v1/operations/{name}", json=body)


async def test_every_operation_is_a_route_with_its_own_body(house: House) -> None:
    document = (await house.stranger.get("/schema/openapi.json")).json()
    for name, operation in OPERATIONS.items():
        told = document["paths"][f"/api/v1/operations/{name}"]["post"]
        assert told["summary"] == operation.help
        assert told["requestBody"]["required"]


async def test_a_queue_is_paused_by_the_token_with_its_reason(house: House) -> None:
    told = await operated(house.operator, "pause", queue=NAME, reason="mending")
    assert (told.status_code, told.json()["changed"]) == (200, 1)
    paused = (await observe.fleet(house.store)).queues[0].paused
    assert paused is not None
    assert (paused.by, paused.reason) == ("the-operator", "mending")
    again = await operated(house.operator, "pause", queue=NAME)
    assert again.json()["skipped"] == {"paused already": 1}
    ramped = await operated(house.operator, "resume", queue=NAME, ramp="2m")
    assert ramped.json()["changed"] == 1


async def test_many_jobs_are_purged_only_by_what_the_dry_run_gave(house: House, line: Line) -> None:
    for number in range(3):
        await line.put(f"j{number}")
    bare = await operated(house.admin, "purge", selection=WAITING)
    assert (bare.status_code, await house.waiting(NAME)) == (409, 3)
    assert "dry_run" in bare.json()["detail"]
    plan = (await operated(house.admin, "purge", selection=WAITING, dry_run=True)).json()
    assert (plan["changed"], plan["asks"]) == (3, "yes")
    wrong = await operated(house.admin, "purge", selection=WAITING, confirm="3.1.abc")
    assert wrong.status_code == 409
    done = await operated(house.admin, "purge", selection=WAITING, confirm=plan["confirm"])
    assert (done.status_code, done.json()["changed"], await house.waiting(NAME)) == (200, 3, 0)
    back = await operated(house.admin, "undo", queue=NAME)
    assert back.json()["changed"] == 3


@pytest.mark.parametrize(
    ("name", "body", "status", "told"),
    [
        ("pause", {}, 422, "queue"),
        ("pause", {"queue": 7}, 422, "queue"),
        ("pause", {"queue": NAME, "surprise": 1}, 422, "surprise"),
        ("pause", {"queue": "nowhere"}, 404, "There is no queue nowhere"),
        ("purge", {"selection": {"queue": NAME}}, 422, "Select jobs by their ids"),
        ("purge", {"selection": {"queue": NAME, "state": "x", "everything": True}}, 422, "state"),
        ("resume", {"queue": NAME, "ramp": "soon"}, 422, "no span"),
        ("promote", {"selection": WAITING}, 422, "cannot take this"),
        ("undo", {"queue": NAME}, 409, "trash"),
        ("pause_bulk", {"bulk": "nothing"}, 404, "nothing"),
        ("enqueue", {"job_type": "no.such", "payload": {}}, 404, "no.such"),
        ("enqueue", {"job_type": "wp.health.system", "payload": {"slot": -1}}, 422, "slot"),
        ("edit", {"selection": {"queue": "", "ids": ["a"]}, "changes": ["n=1"]}, 422, "which queue"),
    ],
)
async def test_what_does_not_fit_is_told(house: House, name: str, body: Any, status: int, told: str) -> None:
    refused = await operated(house.admin, name, **body)
    assert (refused.status_code, refused.headers["content-type"]) == (status, "application/problem+json")
    problem = refused.json()
    assert told in str((problem["detail"], problem.get("errors"))), problem


async def test_a_job_is_queued_and_belongs_to_its_request(house: House) -> None:
    asked: dict[str, Any] = {"job_type": "wp.health.system", "payload": {}}
    told = await house.admin.post("/api/v1/operations/enqueue", json=asked, headers={"X-Request-ID": "req-1"})
    job = await observe.job(house.store, told.json()["operation"])
    assert job.correlation_id == "req-1"
    assert [step.id for step in (await observe.flow(house.store, "req-1")).steps] == [job.id]


async def test_failures_of_all_queues_are_meant_where_none_is_named(house: House, line: Line) -> None:
    await line.put("j1")
    everywhere = {"queue": "", "state": "waiting", "everything": True}
    plan = (await operated(house.admin, "purge", selection=everywhere, dry_run=True)).json()
    assert list(plan["parts"]) == [NAME]


async def test_nothing_is_changed_where_only_looking_is_allowed(house: House) -> None:
    house.store.read_only = True
    refused = await operated(house.admin, "pause", queue=NAME)
    assert (refused.status_code, (await house.viewer.get("/api/v1/queues")).status_code) == (403, 200)
