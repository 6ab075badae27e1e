"""Views as JSON, by the page; and events as they come, also when the server was away."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import httpx
import pytest

from arqlight.http.views import LISTINGS
from arqlight_core.codec import Envelope, encode_job
from arqlight_core.operations import OPERATIONS
from arqlight_core.policy import MINUTE
from arqlight_core.store.declarations import publish
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import Store
from tests.faults.server_process import ServerProcess
from tests.store.line import FAR, QUEUE, Line, dead
from tests.unit.http.house import House, housed, settings_in
from tests.unit.http.seeded import LINE

NAME = QUEUE.name
ELSEWHERE = ("campaigns/x", "incidents/x", "holds?queue=x", "eta?queue=x", "metrics?queue=x", "metrics?job_type=x")
STREAM = "/api/v1/events/stream"


async def seen(house: House, path: str) -> Any:
    told = await house.viewer.get(path)
    assert told.status_code == 200, told.text
    return told.json()


async def all_pages(house: House, path: str) -> list[Any]:
    found, cursor = list[Any](), ""
    while True:
        page = await seen(house, f"{path}&cursor={cursor}")
        found += page["items"]
        if not (cursor := page["cursor"]):
            return found


@pytest.mark.parametrize("path", [*(one.path for one in LISTINGS), "dead", "events", "audit", "campaigns", "incidents"])
async def test_a_list_has_items_and_a_cursor(house: House, path: str) -> None:
    page = await seen(house, f"/api/v1/{path}")
    assert isinstance(page["items"], list)
    assert isinstance(page["cursor"], str)
    refused = await house.viewer.get(f"/api/v1/{path}?cursor=nonsense!")
    assert refused.status_code == 422
    assert (await house.viewer.get(f"/api/v1/{path}?limit=0")).status_code == 422


async def test_jobs_are_read_page_by_page(house: House, line: Line) -> None:
    for number in range(5):
        await line.put(f"j{number}")
    rows = await all_pages(house, f"/api/v1/queues/{NAME}/jobs?state=waiting&limit=2")
    assert [row["id"] for row in rows] == [f"j{number}" for number in range(5)]
    assert (await house.viewer.get(f"/api/v1/queues/{NAME}/jobs?state=lost")).status_code == 422
    assert (await house.viewer.get("/api/v1/queues/nowhere/jobs")).status_code == 404


async def test_a_queue_and_a_job_are_seen_and_what_is_not_there_is_not(house: House, line: Line) -> None:
    await line.put("j1")
    assert (await seen(house, f"/api/v1/queues/{NAME}"))["counts"]["waiting"] == 1
    assert (await seen(house, "/api/v1/jobs/j1"))["state"] == "waiting"
    assert "no worker" in (await seen(house, "/api/v1/jobs/j1/why"))["why"]
    for path in (
        "queues/x",
        "jobs/x",
        "jobs/x/why",
        "jobs/x/history",
        "flows/x",
        "bulks/x",
        "failures/x",
        "dead?queue=x",
        *ELSEWHERE,
    ):
        assert (await house.viewer.get(f"/api/v1/{path}")).status_code == 404, path


async def test_holds_and_silences_are_told_with_what_they_are_of(house: House) -> None:
    await OPERATIONS["set_hold"].run(house.store, NAME, job_type="mail", reason="wait", actor="ada")
    await OPERATIONS["silence_alerts"].run(house.store, NAME, for_=MINUTE, reason="known", actor="ada")
    [hold] = (await seen(house, f"/api/v1/holds?queue={NAME}"))["items"]
    assert (hold["queue"], hold["by"], hold["reason"]) == (NAME, "ada", "wait")
    [silence] = (await seen(house, "/api/v1/silences"))["items"]
    assert silence["id"]
    assert (silence["by"], silence["reason"]) == ("ada", "known")


async def test_figures_of_a_queue_and_of_the_server_are_told(house: House, line: Line) -> None:
    await line.finish(await line.running("j1"), result=b"", ttl_ms=FAR)
    told = await seen(house, f"/api/v1/metrics?queue={NAME}&span=10min")
    assert (told["step_ms"], len(told["points"]), told["whole"]["counts"]["completed"]) == (60_000, 10, 1)
    assert (await seen(house, "/api/v1/metrics?span=2d"))["step_ms"] == 3_600_000
    for span in ("soon", "90d"):
        assert (await house.viewer.get(f"/api/v1/metrics?span={span}")).status_code == 422
    server = await seen(house, "/api/v1/server")
    assert server["memory"]["used"] > 0
    assert 0 <= server["traffic"]["hit_rate"] <= 1
    assert "eviction policy" in {one["check"] for one in (await seen(house, "/api/v1/doctor"))["items"]}
    [eta] = (await seen(house, f"/api/v1/eta?queue={NAME}"))["items"]
    assert eta["line"].startswith(f"{NAME} is empty")


async def test_the_audit_trail_is_read_page_by_page(house: House) -> None:
    for _ in range(3):
        await OPERATIONS["pause"].run(house.store, NAME, actor="ada")
    rows = await all_pages(house, "/api/v1/audit?operation=pause&limit=2")
    assert len({row["id"] for row in rows}) == len(rows) == 3


async def test_events_go_on_behind_a_cursor(house: House) -> None:
    first = await seen(house, "/api/v1/events")
    await OPERATIONS["pause"].run(house.store, NAME, actor="ada")
    then = await seen(house, f"/api/v1/events?cursor={first['cursor']}")
    assert [event["kind"] for event in then["items"]] == ["pause"]


async def test_what_is_no_text_is_told_all_the_same(house: House, line: Line) -> None:
    await line.put("j\udcff")
    [row] = (await seen(house, f"/api/v1/queues/{NAME}/jobs"))["items"]
    assert row["id"].startswith("j")


async def test_a_slash_that_belongs_to_a_name_is_written_2f(house: House, line: Line) -> None:
    await line.put("a/19.0")
    assert (await seen(house, "/api/v1/jobs/a%2F19.0"))["id"] == "a/19.0"
    assert (await seen(house, "/api/v1/jobs/a%2f19.0/why"))["id"] == "a/19.0"


async def test_no_view_tells_what_is_masked_and_who_reveals_it_is_written_down(house: House, line: Line) -> None:
    await publish(line.store, [LINE])
    told = encode_job(Envelope("work", ({"n": 1, "secret": "hidden-7"},), {}, 1_000))
    await line.put("j1", payload=told)
    [claimed] = (await line.claim()).jobs
    await line.bury(claimed.lease, dead(ttl_ms=FAR))
    paths = ["jobs/j1", "jobs/j1/why", f"queues/{NAME}/jobs?state=dead", "dead", "events", "failures", "audit"]
    for path in paths:
        for caller in (house.viewer, house.admin):
            assert "hidden-7" not in (await caller.get(f"/api/v1/{path}")).text
    reveal = "/api/v1/operations/reveal"
    assert (await house.operator.post(reveal, json={"job_id": "j1", "dry_run": True})).status_code == 403
    revealed = await house.admin.post(reveal, json={"job_id": "j1", "reason": "a complaint"})
    assert revealed.json()["revealed"]["args"] == [{"n": 1, "secret": "hidden-7"}]
    [row] = [row for row in await house.audit() if row["operation"] == "reveal"]
    assert (row["actor"], row["reason"], "hidden-7" in str(row)) == ("the-admin", "a complaint", False)


# ------------------------------------------------------------------ events as they come


async def streamed(
    caller: httpx.AsyncClient, headers: dict[str, str] | None = None
) -> AsyncGenerator[tuple[str, str, str]]:
    """Each message: the name of its event, its data, its id; a comment has the name `:`."""
    async with caller.stream("GET", STREAM, headers=headers or {}) as answer:
        assert answer.status_code == 200
        told: dict[str, str] = {}
        async for line in answer.aiter_lines():
            if line:
                name, _, value = line.partition(":")
                told[name or ":"] = value.strip()
                continue
            yield (told.get("event", ":"), told.get("data", ""), told.get("id", ""))
            told = {}


async def next_event(stream: AsyncGenerator[tuple[str, str, str]]) -> tuple[str, Any, str]:
    async with asyncio.timeout(15):
        while True:
            kind, data, own = await anext(stream)
            if kind != ":":
                return kind, json.loads(data), own


async def test_events_come_as_they_happen_and_a_reader_goes_on_where_it_was(house: House) -> None:
    async with aclosing(streamed(house.viewer)) as stream:
        await anext(stream)
        await OPERATIONS["pause"].run(house.store, NAME, actor="ada")
        kind, told, last = await next_event(stream)
        assert (kind, told["queue"], told["told"]["by"]) == ("pause", NAME, "ada")
    await OPERATIONS["resume"].run(house.store, NAME, actor="ada")
    async with aclosing(streamed(house.viewer, {"Last-Event-ID": last})) as stream:
        assert (await next_event(stream))[0] == "resume"


async def told_until(stream: AsyncGenerator[tuple[str, str, str]], last: str) -> list[str]:
    """The kinds of all events up to the first of this kind."""
    kinds = [(await next_event(stream))[0]]
    while kinds[-1] != last:
        kinds.append((await next_event(stream))[0])
    return kinds


async def test_a_stream_outlives_a_killed_redis_and_tells_each_event_once(
    own_server: EmbeddedServer, folder: Path
) -> None:
    store, server = Store(own_server.url), ServerProcess(own_server)
    await store.publish_queues({NAME: {"wire": QUEUE.wire, "purpose": "to be tested"}})
    await store._client.config_set("appendfsync", "always")  # pyright: ignore[reportPrivateUsage] - else it loses a second
    async with housed(store, settings_in(folder)) as house:
        async with aclosing(streamed(house.viewer)) as stream:
            await anext(stream)
            await OPERATIONS["pause"].run(store, NAME, actor="ada")
            assert await told_until(stream, "pause") == ["pause"]
            await OPERATIONS["resume"].run(store, NAME, actor="ada")
            async with server.down():  # it may have told the stream of it, or not
                away = await house.viewer.get("/api/v1/queues")
                assert (away.status_code, away.headers["retry-after"]) == (503, "2")
                assert (await house.stranger.get("/ready")).status_code == 503
                assert (await house.stranger.get("/health")).status_code == 200
            await OPERATIONS["set_hold"].run(store, NAME, job_type="x", actor="ada")
            assert await told_until(stream, "set_hold") == ["resume", "set_hold"]
        assert (await house.stranger.get("/ready")).json() == {"status": "ready", "redis": "ok", "database": "ok"}
    await store.close()
