"""The page of metrics: read as Prometheus reads it, with what the fleet has counted, at the price of a look."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from arqlight import metrics_page
from arqlight_core import observe
from arqlight_core.errors import UsageError
from arqlight_core.observe import lookout, metered
from arqlight_core.observe.exposition import exposition
from arqlight_core.observe.lookout import Lookout
from arqlight_core.observe.metered import Metered
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import Store
from tests.store.line import QUEUE, Line, dead


@pytest.fixture(autouse=True)
def _each_look_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, module in (("FRESH", metered), ("MINUTES_EVERY", lookout), ("ROLL_CALL_EVERY", lookout)):
        monkeypatch.setattr(module, name, 0.0)


def samples(page: bytes) -> dict[tuple[str, ...], float]:
    """Value by name and labels, these by their names."""
    return dict(_samples(page))


def _samples(page: bytes) -> Iterator[tuple[tuple[str, ...], float]]:
    for family in text_string_to_metric_families(page.decode()):
        for one in family.samples:
            yield (one.name, *(told for _, told in sorted(one.labels.items()))), one.value


async def test_what_a_queue_has_done_is_told_by_its_states_and_counters(line: Line) -> None:
    await line.finish(await line.running("a"))
    await line.bury(await line.running("b"), dead())
    await line.put("c")
    told = samples(await exposition(Metered(line.store)))
    assert told["arqlight_redis_up",] == 1
    assert told["arqlight_jobs_enqueued_total", QUEUE.name] == 3
    assert told["arqlight_jobs_completed_total", QUEUE.name] == 1
    assert told["arqlight_jobs_dead_total", QUEUE.name] == 1
    depth = {state: told["arqlight_queue_jobs", QUEUE.name, state] for state in ("waiting", "dead", "active")}
    assert depth == {"waiting": 1, "dead": 1, "active": 0}


async def test_a_histogram_counts_each_run_once_however_often_it_is_read(line: Line) -> None:
    watching = Metered(line.store)
    for runs in (1, 2):
        await line.finish(await line.running(f"job{runs}"))
        await exposition(watching)
        told = samples(await exposition(watching))
        assert told["arqlight_job_run_seconds_count", QUEUE.name] == runs
        assert told["arqlight_job_run_seconds_bucket", "+Inf", QUEUE.name] == runs
    told = samples(await exposition(watching))
    buckets = [value for name, value in told.items() if name[0] == "arqlight_job_wait_seconds_bucket"]
    assert buckets == sorted(buckets)


async def test_a_minute_that_is_over_is_in_the_histogram_once(line: Line) -> None:
    running = await line.store.time_ms() // 60_000
    await line.raw.hset(f"{QUEUE.prefix}minute:{running - 4}", mapping={"r3": 7})
    watching = Metered(line.store)
    await exposition(watching)
    told = samples(await exposition(watching))
    assert told["arqlight_job_run_seconds_bucket", "0.002", QUEUE.name] == 0
    assert told["arqlight_job_run_seconds_bucket", "0.005", QUEUE.name] == 7


async def cost(line: Line, once: Callable[[], Awaitable[Any]]) -> tuple[int, int]:
    """How many scripts the server has run for it, and how many commands in all, those within scripts as well."""
    before = await _ran(line)
    await once()
    after = await _ran(line)
    return after[0] - before[0], after[1] - before[1]


async def _ran(line: Line) -> tuple[int, int]:
    told: dict[str, dict[str, Any]] = await line.raw.info("commandstats")
    scripts = sum(one["calls"] for name, one in told.items() if name.startswith("cmdstat_eval"))
    return scripts, sum(one["calls"] for one in told.values())


async def test_a_page_costs_the_server_no_more_than_a_refresh_of_the_overview(line: Line) -> None:
    watching, room = Metered(line.store), Lookout(line.store)

    async def page() -> None:
        await exposition(watching)

    async def refresh() -> None:
        await room.look()
        await observe.surroundings(line.store)
        await observe.past_hour(line.store)

    await page()  # from the second time on the server knows all scripts, and the page the minutes that are over
    await refresh()
    (of_page, commands), (_, refreshed) = await cost(line, page), await cost(line, refresh)
    assert of_page == len(["overview", "orders", "alarms", "dependencies", "limits"])
    assert commands <= refreshed


async def test_readers_at_the_same_time_are_told_the_same(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metered, "FRESH", 60.0)
    watching = Metered(line.store)
    assert await watching.measure() is await watching.measure()


async def test_names_and_units_are_as_prometheus_wants_them(line: Line) -> None:
    page = await exposition(Metered(line.store))
    for family in text_string_to_metric_families(page.decode()):
        assert family.name.startswith("arqlight_")
        assert family.documentation.endswith(".")
        assert family.type in ("gauge", "counter", "histogram")


async def test_while_the_server_stands_still_or_is_away_the_page_says_so(
    own_server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(own_server.url, retries=0)
    watching, process = Metered(store), (await store.info())["process_id"]
    with monkeypatch.context() as hurried:
        hurried.setattr("arqlight_core.observe.exposition.PATIENCE", 0.2)
        os.kill(process, signal.SIGSTOP)
        try:
            async with asyncio.timeout(3):  # the client alone would wait for five
                assert samples(await exposition(watching)) == {("arqlight_redis_up",): 0}
        finally:
            os.kill(process, signal.SIGCONT)
    assert samples(await exposition(watching))["arqlight_redis_up",] == 1
    own_server.stop()
    assert samples(await exposition(watching)) == {("arqlight_redis_up",): 0}
    await store.close()


NASTY = 'a "quoted"\nname\\with {braces}\ttoo'


async def test_a_queue_is_told_by_its_name_whatever_that_is_and_no_more_once_it_is_gone(line: Line) -> None:
    await line.store.publish_queues({NASTY: {"wire": f"arq:{{{NASTY}}}"}})
    watching = Metered(line.store)
    told = samples(await exposition(watching))
    assert told["arqlight_queue_jobs", NASTY, "waiting"] == told["arqlight_job_run_seconds_count", NASTY] == 0
    await line.raw.hdel("arqlight:queues", NASTY)
    assert not [one for one in samples(await exposition(watching)) if NASTY in one]


async def test_a_histogram_does_not_fall_when_the_server_has_lost_what_it_counted(line: Line) -> None:
    watching = Metered(line.store)
    for job in ("a", "b"):
        await line.finish(await line.running(job))
        told = samples(await exposition(watching))
        await line.raw.delete(*await line.raw.keys(f"{QUEUE.prefix}minute:*"))
        await exposition(watching)
    assert told["arqlight_job_run_seconds_count", QUEUE.name] == 2
    assert told["arqlight_job_run_seconds_bucket", "+Inf", QUEUE.name] == 2


async def test_it_is_served_on_a_port_of_its_own(line: Line) -> None:
    await line.put("a")
    with metrics_page.served(line.store.url, metrics_page.LOOPBACK, 0) as address:
        told = [samples(urlopen(address).read()) for _ in range(2)]  # noqa: ASYNC210, S310 - another thread answers
    assert [one["arqlight_queue_jobs", QUEUE.name, "waiting"] for one in told] == [1, 1]


async def test_a_port_that_is_taken_is_told_in_a_sentence(line: Line) -> None:
    with metrics_page.served(line.store.url, metrics_page.LOOPBACK, 0) as address:
        port = int(address.rpartition(":")[2].partition("/")[0])
        with (
            pytest.raises(UsageError, match=rf"No metrics can be served on 127\.0\.0\.1:{port} "),
            metrics_page.served(line.store.url, metrics_page.LOOPBACK, port),
        ):
            pass
