"""Searches over HTTP: through a queue a stretch at a time, and through the jobs of one group of failures."""

from base64 import urlsafe_b64encode
from typing import Any

import pytest

from arqlight_core.codec import Envelope, encode_job
from arqlight_core.observe.search import CHUNK, STEPS
from arqlight_core.operations import OPERATIONS
from arqlight_core.store.declarations import publish
from arqlight_core.store.scripts import Burial, Grouping
from tests.store.line import FAR, QUEUE, Line, dead, failed
from tests.unit.http.house import House
from tests.unit.http.seeded import LINE

NAME = QUEUE.name
SEARCH = f"/api/v1/queues/{NAME}/search"


async def seen(house: House, path: str) -> Any:
    told = await house.viewer.get(path)
    assert told.status_code == 200, told.text
    return told.json()


def grave(fingerprint: str) -> Burial:
    grouping = Grouping(fingerprint, "Broken", "it broke")
    return Burial("dead", "broken", failed(), "Broken: it broke", b"", FAR, grouping=grouping)


def found_in(page: Any) -> list[str]:
    return [row["id"] for row in page["items"]]


async def test_a_search_goes_on_by_its_cursor_and_leaves_out_what_came_later(house: House, line: Line) -> None:
    step = CHUNK * STEPS
    await line.put(*(f"job-{number:05}" for number in range(step + 200)))
    first = await seen(house, f"{SEARCH}?text=job-000")
    await line.put("job-00099-later")
    assert (first["looked"], found_in(first)) == (step, [f"job-{number:05}" for number in range(100)])
    then = await seen(house, f"{SEARCH}?text=job-000&cursor={first['cursor']}")
    assert (then["items"], then["cursor"]) == ([], "")
    assert then["looked"] >= 200


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("text=ACME", ["j1"]),
        ("where=tenant=acme", ["j1"]),
        ("where=tenant=acme&where=n=2", []),
        ("where=n=2&job_type=work", ["j2"]),
        ("job_type=other", []),
        ("text=hidden", []),
    ],
)
async def test_jobs_are_found_by_what_they_carry(house: House, line: Line, asked: str, found: list[str]) -> None:
    await publish(line.store, [LINE])
    for number, tenant in ((1, "acme"), (2, "zenith")):
        told = {"n": number, "tenant": tenant, "secret": "hidden-7"}
        await line.put(f"j{number}", payload=encode_job(Envelope("work", (told,), {}, 1_000)))
    assert found_in(await seen(house, f"{SEARCH}?{asked}")) == found


async def test_the_jobs_of_a_group_of_failures_are_told_by_the_page(house: House, line: Line) -> None:
    for number in range(3):
        await line.ended(f"broken-{number}", grave("f00"))
    await line.ended("other", grave("f01"))
    [group] = [one for one in (await seen(house, "/api/v1/failures"))["items"] if one["count"] == 3]
    path = f"/api/v1/failures/{group['fingerprint']}/jobs"
    first = await seen(house, f"{path}?limit=2")
    then = await seen(house, f"{path}?limit=2&cursor={first['cursor']}")
    assert sorted(found_in(first) + found_in(then)) == [f"broken-{number}" for number in range(3)]
    assert (first["items"][0]["queue"], first["looked"], first["among"], then["cursor"]) == (NAME, 4, 4, "")
    assert found_in(await seen(house, f"{SEARCH}?state=dead&error=BROKE&limit=2")) != []
    by_group = await seen(house, f"{SEARCH}?state=dead&fingerprint={group['fingerprint']}")
    assert len(by_group["items"]) == 3
    assert (await house.viewer.get("/api/v1/failures/x/jobs")).status_code == 404
    assert (await house.viewer.get(f"{path}?queue=x")).status_code == 404


async def test_the_history_of_a_job_tells_what_operators_did(house: House, line: Line) -> None:
    await line.ended("j1", dead(failure=failed("it broke"), ttl_ms=FAR))
    await OPERATIONS["pause"].run(house.store, NAME, reason="mending", actor="ada")
    told = await seen(house, "/api/v1/jobs/j1/history")
    assert told["job_id"] == "j1"
    kinds = [one["kind"] for one in told["happenings"]]
    assert "dead" in kinds
    [paused] = [one for one in told["happenings"] if one["operation"] == "pause"]
    assert (paused["by"], paused["reason"]) == ("ada", "mending")


FORGED = [urlsafe_b64encode(told).decode() for told in (b"", b"1 2", b"x y z", b"1 nan a", b"1 -e+ a", b"\xff 1 a")]


@pytest.mark.parametrize("asked", ["", "text=", "where=tenant", "older=soon&text=x", "state=lost&text=x"])
async def test_what_asks_for_nothing_that_can_be_looked_for_is_refused(house: House, asked: str) -> None:
    assert (await house.viewer.get(f"{SEARCH}?{asked}")).status_code == 422


@pytest.mark.parametrize("cursor", [*FORGED, "A", "===="])
async def test_a_forged_cursor_is_refused(house: House, cursor: str) -> None:
    told = await house.viewer.get(f"{SEARCH}?text=x&cursor={cursor}")
    assert told.status_code == (200 if not cursor else 422), told.text


async def test_what_is_asked_for_once_is_said_once_and_only_a_list_may_be_repeated(house: House) -> None:
    for path in (f"{SEARCH}?text=a&text=b", "/api/v1/audit?queue=a&queue=b", "/api/v1/tenants?limit=1&limit=2"):
        told = await house.viewer.get(path)
        assert (told.status_code, "is given 2 times" in told.text) == (422, True), path
    assert (await house.viewer.get(f"{SEARCH}?where=n=1&where=tenant=acme")).status_code == 200


async def test_a_search_in_no_queue_is_not_found(house: House) -> None:
    assert (await house.viewer.get("/api/v1/queues/x/search?text=y")).status_code == 404
