"""The paths that other systems know: queues steered, sites looked at, files checked, health told."""

from prometheus_client.parser import text_string_to_metric_families

from arqlight_core import observe
from arqlight_jobs.healer.records import records
from arqlight_jobs.healer.sites import Sites
from arqlight_jobs.healer.words import Site
from tests.store.line import QUEUE, Line, dead
from tests.unit.http.house import House

NAME = QUEUE.name


async def test_it_lives_and_is_ready_without_a_token(house: House) -> None:
    assert (await house.stranger.get("/health")).json() == {"status": "ok"}
    assert (await house.stranger.get("/ready")).json()["status"] == "ready"


async def test_prometheus_reads_its_page_with_a_viewers_token(house: House) -> None:
    assert (await house.stranger.get("/metrics")).status_code == 401
    told = await house.viewer.get("/metrics")
    assert told.headers["content-type"].startswith("text/plain")
    names = {family.name for family in text_string_to_metric_families(told.text)}
    assert "arqlight_redis_up" in names


async def test_queues_are_told_in_the_words_of_other_systems(house: House, line: Line) -> None:
    await line.put("a", "b")
    await line.ended("a", dead())
    stats = (await house.viewer.get("/jobs/queues/stats")).json()[NAME]
    assert (stats["waiting"], stats["failed"], stats["delayed"], stats["paused"]) == (1, 1, 0, False)
    health = (await house.viewer.get("/api/v1/queues/health")).json()
    assert (health["status"], health["queues"][NAME]["condition"]) == ("degraded", "no worker")
    told = (await house.viewer.get("/api/v1/queues/statistics")).json()
    assert (told["totals"]["failed"], told["totals"]["success_rate"]) == (1, 0.0)
    assert told["queues"][NAME]["run_average_ms"] is None
    minute = f"{QUEUE.prefix}minute:{await house.store.time_ms() // 60_000}"
    await line.raw.hset(minute, mapping={"r4": 3, "r7": 1})  # three took 5 to 10 ms, one 50 to 100
    told = (await house.viewer.get("/api/v1/queues/statistics")).json()["queues"][NAME]
    assert (told["run_average_ms"], told["run_p50_ms"]) == (24.375, 8.333333333333334)
    assert (await house.viewer.get("/api/v1/queues/metrics")).json()["queues"][NAME]["workers"] == 0


async def test_a_queue_is_paused_resumed_and_cleaned(house: House, line: Line) -> None:
    path = f"/jobs/queues/{NAME}"
    assert (await house.viewer.put(f"{path}/pause")).status_code == 403
    assert (await house.operator.put(f"{path}/pause", json={"reason": "mending"})).json()["changed"] == 1
    assert await house.store.is_paused(QUEUE)
    assert (await house.operator.put(f"{path}/resume")).json()["changed"] == 1
    await line.put("a")
    await line.ended("a", dead())
    assert (await house.operator.post(f"{path}/clean", json={"state": "dead"})).status_code == 403
    told = await house.admin.post(f"{path}/clean", json={"state": "dead"})
    assert (told.status_code, told.json()["changed"]) == (200, 1)
    assert (await house.operator.put("/jobs/queues/nowhere/pause")).status_code == 404
    assert (await house.admin.post(f"{path}/clean", json={"state": "done"})).status_code == 422


async def test_a_site_gets_an_incident_and_no_second_one(house: House) -> None:
    asked = {"site": "shop", "symptom": None}
    unknown = await house.operator.post("/jobs/incidents", json=asked)
    assert unknown.status_code == 404
    async with records(house.settings) as opened:
        await Sites(opened.engine).add(Site("shop", "shop", "https://shop.example"))
    told = await house.operator.post("/jobs/incidents", json=asked)
    assert (told.status_code, told.json()["status"]) == (202, "queued"), told.text
    again = await house.operator.post("/jobs/incidents", json=asked)
    assert again.status_code == 409
    assert told.json()["incidentId"] in again.json()["detail"]
    assert (await house.operator.post("/jobs/incidents", json={"site": ""})).status_code == 422
    checked = await house.operator.post("/jobs/health-checks/sites/shop")
    assert (checked.status_code, checked.json()["new"]) == (202, True)
    assert (await house.operator.post("/jobs/health-checks/sites/none")).status_code == 404
    assert (await house.operator.post("/jobs/health-checks/servers/none")).status_code == 404


async def test_the_same_look_is_queued_once(house: House) -> None:
    told = [(await house.operator.post("/jobs/health-checks/system")).json() for _ in range(2)]
    assert told[0]["jobId"] == told[1]["jobId"]
    assert [one["new"] for one in told] == [True, False]


async def test_data_is_forgotten_at_an_admins_word(house: House) -> None:
    path = "/jobs/data-retention/purge"
    assert (await house.operator.post(path)).status_code == 403
    assert (await house.admin.post(path, json={"days": 9})).status_code == 422
    assert (await house.admin.post(path, json={"category": "none"})).status_code == 422
    told = await house.admin.post(path, json={"days": 2, "dry_run": True}, headers={"X-Request-ID": "req-2"})
    assert told.status_code == 202
    assert (await observe.job(house.store, told.json()["jobId"])).correlation_id == "req-2"
