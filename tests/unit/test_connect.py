"""What is wrong with a server is said in one sentence, with what to do about it and without its password."""

import asyncio
from collections.abc import Generator
from typing import Any

import pytest
import redis
from redis.exceptions import BusyLoadingError, NoPermissionError, ResponseError

from arqlight_core.errors import ArqlightError, NotAllowed, ServerRefused, ServerUnreachable, UsageError
from arqlight_core.store import connect
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import Store, open_store, refuse_evicting

URL = "redis://ada:top-secret@db.example:6380/2"


@pytest.fixture
def locked_server(own_server: EmbeddedServer) -> Generator[EmbeddedServer]:
    """A server that wants a password."""
    client: Any = connect.threaded(own_server.url)
    client.config_set("requirepass", "s3cret")
    yield own_server
    client.execute_command("AUTH", "s3cret")
    client.config_set("requirepass", "")
    client.close()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (URL, "redis://ada:***@db.example:6380/2"),
        ("rediss://:top-secret@db.example", "rediss://:***@db.example"),
        ("redis+sentinel://ada:top-secret@a:1,b:2/m/0", "redis+sentinel://ada:***@a:1,b:2/m/0"),
        ("sentinel://a/m?sentinel_password=top-secret&db=1", "sentinel://a/m?sentinel_password=***&db=1"),
        ("redis://[::top-secret", "The server address"),
        ("unix://ada:top-secret@/run/redis.sock?db=1", "unix://ada:***@/run/redis.sock?db=1"),
        ("redis://db.example:6379/0", "redis://db.example:6379/0"),
        ("unix:///run/redis.sock", "unix:///run/redis.sock"),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, shown: str):
    assert connect.shown(url) == shown


@pytest.mark.parametrize("url", ["redis://a", "rediss://a", "unix:///a"])
def test_an_address_that_we_speak_is_taken(url: str):
    assert connect.checked(url) == url


@pytest.mark.parametrize("url", ["http://:top-secret@a", "a:6379", ""])
def test_an_address_that_we_do_not_speak_is_refused_without_telling_its_password(url: str):
    with pytest.raises(UsageError, match="use redis://, rediss:// or unix://") as told:
        connect.checked(url)
    assert "top-secret" not in str(told.value)


@pytest.mark.parametrize(
    ("problem", "kind", "sentence"),
    [
        (NoPermissionError("no keys"), NotAllowed, r"Your login ada may not do this .*\(no keys\); ask for a login"),
        (
            ResponseError("ACL failure in script: User ada has no 'set' script: on @user_script:1."),
            NotAllowed,
            r"\(User ada has no 'set'\); ask",
        ),
        (
            ResponseError("The user executing the script can't run this command script: 49d, on @user_script:1."),
            NotAllowed,
            r"\(The user executing the script can't run this command\); ask",
        ),
        (BusyLoadingError("loading"), ServerUnreachable, r"is still loading its data; try again"),
        (ResponseError("odd"), ServerRefused, r"answers with an error: odd\."),
        (ResponseError("NOAUTH Authentication required."), ServerRefused, r"put the right one into REDIS_URL"),
        (redis.ConnectionError("Error 111."), ServerUnreachable, r"No server answers .*\(Error 111\); start it"),
        (OSError("no route"), ServerUnreachable, r"No server answers .*\(no route\); start it"),
        (redis.TimeoutError(), ServerUnreachable, r"\(TimeoutError\); start it"),
    ],
)
def test_every_problem_has_its_sentence(problem: Exception, kind: type[ArqlightError], sentence: str):
    told = connect.explained(URL, problem)
    assert type(told) is kind
    with pytest.raises(kind, match=sentence):
        raise told
    assert "redis://ada:***@db.example:6380/2" in str(told)
    assert "top-secret" not in str(told)


def test_what_is_no_problem_of_the_server_is_not_explained_away():
    with pytest.raises(KeyError):
        connect.explained(URL, KeyError("a bug of ours"))


@pytest.mark.parametrize("password", ["", "wrong"])
async def test_a_missing_or_wrong_password_is_said_to_be_so(locked_server: EmbeddedServer, password: str):
    url = f"unix://:{password}@{locked_server.socket}" if password else locked_server.url
    with pytest.raises(ServerRefused, match="refuses the password; put the right one into REDIS_URL"):
        await open_store(url)


async def test_the_right_password_opens(locked_server: EmbeddedServer):
    store = await open_store(f"unix://:s3cret@{locked_server.socket}")
    await store.ping()
    await store.close()


@pytest.mark.parametrize("version", ["7.0.0", "7.2.4", "10.0"])
def test_a_server_that_is_new_enough_is_taken(version: str):
    connect.refuse_old(URL, {"redis_version": version})


@pytest.mark.parametrize("version", ["6.2.14", "6", "5.0.1"])
def test_a_server_that_is_too_old_is_refused(version: str):
    with pytest.raises(ServerRefused, match=f"is version {version}; arqlight needs Redis or Valkey 7.0 or newer"):
        connect.refuse_old(URL, {"redis_version": version})


async def test_a_server_that_evicts_is_refused_with_the_remedy(store: Store):
    client = store._client  # pyright: ignore[reportPrivateUsage] - no business of the store
    await client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        with pytest.raises(ServerRefused, match=r"evicts keys \(allkeys-lru\).*CONFIG SET maxmemory-policy noeviction"):
            await refuse_evicting(store)
    finally:
        await client.config_set("maxmemory-policy", "noeviction")


async def test_a_connection_survives_a_restart_of_its_server(own_server: EmbeddedServer):
    store = Store(own_server.url)
    await store.ping()
    own_server.stop()
    own_server.ensure()
    await store.ping()
    await store.close()


async def test_a_server_that_is_down_is_one_of_the_outages(own_server: EmbeddedServer):
    store = Store(own_server.url)
    own_server.stop()
    with pytest.raises(connect.OUTAGES):
        await store.ping()
    await store.close()


@pytest.mark.parametrize("retries", [0, 3])
async def test_a_server_that_hangs_up_is_tried_again_as_often_as_told(retries: int):
    calls = 0

    def hang_up(_: asyncio.StreamReader, line: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        line.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        with pytest.raises(ServerUnreachable):
            await open_store(f"redis://127.0.0.1:{port}", retries)
    assert calls == 1 + retries


async def test_behind_a_server_that_never_answers_nobody_waits_for_anybody_else_to_give_up():
    lines = asyncio.Queue[asyncio.StreamWriter]()

    def swallow(_: asyncio.StreamReader, line: asyncio.StreamWriter) -> None:
        lines.put_nowait(line)

    async with await asyncio.start_server(swallow, "127.0.0.1", 0) as listening:
        store = Store(f"redis://127.0.0.1:{listening.sockets[0].getsockname()[1]}", retries=0)
        calls = [asyncio.create_task(store.ping()) for _ in range(5)]
        accepted = [await lines.get() for _ in calls]
        assert not any(call.done() for call in calls)
        for line in accepted:
            line.close()
        answers = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(answer, connect.OUTAGES) for answer in answers)
        await store.close()


async def test_a_user_of_an_acl_opens_and_is_told_what_it_may_not_do(own_server: EmbeddedServer):
    client: Any = connect.threaded(own_server.url)
    client.execute_command("ACL", "SETUSER", "ada", "on", ">p@ss", "~*", "+ping", "+client", "+select")
    client.close()
    url = f"unix://ada:p%40ss@{own_server.socket}"
    store = Store(url)
    await store.ping()
    await store.close()
    with pytest.raises(ServerRefused, match=r"Your login ada may not do this .*ask for a login that may"):
        await open_store(url)
