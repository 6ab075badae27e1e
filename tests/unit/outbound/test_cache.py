import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Generator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis

from arqlight_core.errors import Unavailable, UsageError
from arqlight_core.policy import MINUTE, SECOND
from arqlight_core.settings import Settings
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import Store
from arqlight_jobs.outbound.cache import PREFIX, Cache, CacheAway, cache

ROOT = Path(__file__).parents[3]
MILLISECOND = timedelta(milliseconds=1)

FETCHES = """
import asyncio, sys
from datetime import timedelta
from arqlight_core.settings import Settings
from arqlight_jobs.outbound.cache import cache

async def main():
    async def fetch():
        print("fetched", flush=True)
        await asyncio.sleep(0.3)
        return 7

    async with cache(Settings(redis_url=sys.argv[1])) as opened:
        minute = timedelta(minutes=1)
        assert await asyncio.gather(*(opened.fetched("k", fetch, minute) for _ in range(25))) == [7] * 25

asyncio.run(main())
"""


@pytest.fixture
async def opened(store: Store, shared_server: EmbeddedServer) -> AsyncGenerator[Cache]:
    """A cache on an empty server: `store` has emptied it."""
    assert await store.workers() == []
    async with cache(Settings(redis_url=shared_server.url)) as made:
        yield made


@pytest.fixture
def server(opened: Cache, shared_server: EmbeddedServer) -> Generator["redis.Redis"]:
    assert opened
    with redis.Redis(unix_socket_path=str(shared_server.socket), decode_responses=True) as client:
        yield client


class Fetching:
    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.calls = 0

    async def __call__(self) -> Any:
        self.calls += 1
        await asyncio.sleep(0.05)
        answer = self.answers.pop(0) if self.answers else "value"
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.mark.parametrize("value", [None, 0, -7, 1.5, "7", "é", [1, {"a": None}], True])
async def test_a_value_comes_back_until_it_is_deleted(opened: Cache, value: Any):
    await opened.set("k", value, MINUTE)
    assert await opened.get("k", "missing") == value
    assert await opened.exists("k")
    assert await opened.delete("k")
    assert not await opened.delete("k")
    assert not await opened.exists("k")
    assert await opened.get("k", "missing") == "missing"


async def test_everything_lies_under_one_prefix_and_expires(opened: Cache, server: "redis.Redis"):
    await opened.set("a", 1, MINUTE)
    await opened.incr("b", ttl=MINUTE)
    keys: set[str] = set()

    async def looking() -> int:
        keys.update(server.keys())  # pyright: ignore[reportArgumentType, reportUnknownMemberType] - redis types both its clients at once
        return 7

    await opened.fetched("c", looking, MINUTE)
    assert len(keys) == 3
    assert all(
        key.startswith(PREFIX) and 0 < int(str(server.pttl(key))) <= 60_000 for key in (keys - {f"{PREFIX}lock:c"})
    )
    assert f"{PREFIX}lock:c" in keys
    assert server.exists(f"{PREFIX}lock:c") == 0


async def test_a_value_expires(opened: Cache):
    await opened.set("k", 1, 20 * MILLISECOND)
    await asyncio.sleep(0.03)
    assert not await opened.exists("k")


@pytest.mark.parametrize("ttl", [timedelta(0), -SECOND, timedelta(microseconds=9)])
async def test_what_would_not_be_kept_is_refused(opened: Cache, ttl: timedelta):
    with pytest.raises(ValueError, match="at least a millisecond"):
        await opened.set("k", 1, ttl)
    with pytest.raises(ValueError, match="at least a millisecond"):
        await opened.incr("k", ttl=ttl)


async def test_counters_count_both_ways_and_keep_their_beginning(opened: Cache, server: "redis.Redis"):
    assert [await opened.incr("n", ttl=MINUTE), await opened.incr("n", 5, ttl=60 * MINUTE)] == [1, 6]
    assert [await opened.decr("n", ttl=MINUTE), await opened.decr("n", 9, ttl=MINUTE)] == [5, -4]
    assert await opened.get("n") == -4
    assert 0 < int(str(server.ttl(f"{PREFIX}value:n"))) <= 60
    await asyncio.gather(*(opened.incr("many", ttl=MINUTE) for _ in range(200)))
    assert await opened.get("many") == 200


async def test_a_pattern_deletes_what_it_matches_and_no_job(opened: Cache, server: "redis.Redis"):
    server.set("arq:job:1", "x")
    for number in range(250):
        await opened.set(f"site:{number}", number, MINUTE)
    await opened.set("other", 1, MINUTE)
    await opened.delete_matching("site:*")
    assert sorted(map(str, server.scan_iter())) == ["arq:job:1", f"{PREFIX}value:other"]  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    await opened.delete_matching("*")
    assert server.keys() == ["arq:job:1"]  # pyright: ignore[reportUnknownMemberType]


async def test_fifty_who_miss_at_once_fetch_once(opened: Cache):
    fetch = Fetching()
    assert await asyncio.gather(*(opened.fetched("k", fetch, MINUTE) for _ in range(50))) == ["value"] * 50
    assert fetch.calls == 1
    assert not opened.fetching


async def test_processes_that_miss_at_once_fetch_once(opened: Cache, shared_server: EmbeddedServer):
    assert opened
    started = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", FETCHES, shared_server.url),
            cwd=ROOT,
            env=os.environ,
            stdout=asyncio.subprocess.PIPE,
        )
        for _ in range(2)
    ]
    told = [(await process.communicate())[0].decode() for process in started]
    assert [process.returncode for process in started] == [0, 0]
    assert "".join(told).count("fetched") == 1


async def test_a_fetch_that_fails_keeps_nothing_and_the_next_one_fetches(opened: Cache):
    fetch = Fetching(Unavailable("down"), "value")
    with pytest.raises(Unavailable, match="down"):
        await opened.fetched("k", fetch, MINUTE)
    assert await opened.fetched("k", fetch, MINUTE) == "value"
    assert fetch.calls == 2


async def test_a_fetch_that_takes_too_long_holds_up_nobody(opened: Cache, server: "redis.Redis"):
    server.set(f"{PREFIX}lock:k", "a process that was killed", px=200)
    assert await opened.fetched("k", Fetching(), MINUTE) == "value"
    assert server.exists(f"{PREFIX}lock:k") == 0


async def test_a_kept_nothing_is_not_fetched_again(opened: Cache):
    fetch = Fetching(None)
    assert [await opened.fetched("k", fetch, MINUTE) for _ in range(2)] == [None, None]
    assert fetch.calls == 1


@pytest.mark.parametrize("damage", ["", "{", "\x80\x04.", "nonsense"])
async def test_what_cannot_be_read_counts_as_missing(opened: Cache, server: "redis.Redis", damage: str):
    server.set(f"{PREFIX}value:k", damage)
    assert await opened.get("k", "missing") == "missing"
    assert await opened.fetched("k", Fetching(), MINUTE) == "value"
    assert await opened.get("k") == "value"


async def test_health_tells_how_fast_the_server_answers(opened: Cache):
    took = await opened.health()
    assert took is not None
    assert timedelta(0) < took < SECOND


async def test_without_a_server_each_fetches_for_itself_and_it_is_found_again(own_server: EmbeddedServer):
    async with cache(Settings(redis_url=own_server.url)) as opened:
        await opened.set("k", 1, MINUTE)
        own_server.stop()
        assert await opened.health() is None
        with pytest.raises(CacheAway, match="the cache does not answer") as away:
            await opened.get("k")
        assert (isinstance(away.value, Unavailable), away.value.dependency) == (True, "cache")
        assert await opened.fetched("k", Fetching(), MINUTE) == "value"
        own_server.ensure()
        assert await opened.health() is not None
        assert await opened.incr("n", ttl=MINUTE) == 1


async def test_a_server_that_goes_away_during_a_fetch_loses_nothing(own_server: EmbeddedServer):
    async def fetch() -> str:
        own_server.stop()
        return "value"

    async with cache(Settings(redis_url=own_server.url)) as opened:
        assert await opened.fetched("k", fetch, MINUTE) == "value"


@pytest.mark.parametrize("url", [None, "redis+sentinel://h1,h2/mymaster"])
async def test_a_cache_needs_a_single_server(url: str | None):
    with pytest.raises(UsageError, match="REDIS_URL"):
        async with cache(Settings(redis_url=url)):
            pass


async def test_a_closed_cache_leaves_no_connection(store: Store, shared_server: EmbeddedServer):
    assert await store.workers() == []
    with redis.Redis(unix_socket_path=str(shared_server.socket)) as client:
        async with cache(Settings(redis_url=shared_server.url)) as opened:
            await asyncio.gather(*(opened.get(str(number)) for number in range(50)))
            assert cashews_among(client) > 0
        assert cashews_among(client) == 0


def cashews_among(client: "redis.Redis") -> int:
    clients: Any = client.client_list()  # pyright: ignore[reportUnknownMemberType] - redis types both its clients at once
    return sum(one["name"] == "cashews" for one in clients)
