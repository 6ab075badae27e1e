"""A viewer's login changes nothing, whatever client it is used with: every command that the server knows is tried."""

from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest
from redis.exceptions import NoPermissionError, ResponseError

from arqlight_core.rights import Role
from arqlight_core.store import connect
from arqlight_core.store.gateway import Store
from tests.rights.conftest import Logins, picture
from tests.rights.scene import QUEUE, Scene

KEYS = (
    QUEUE.wire,
    "arq:job:next",
    "arq:result:dead",
    "arq:abort",
    f"{QUEUE.prefix}events",
    f"{QUEUE.prefix}totals",
    f"{QUEUE.prefix}bulk:b1",
    "arqlight:queues",
)
GRAVE = {"write", "@write", "@dangerous", "@admin", "@scripting"}
HARMLESS = ("_ro", "|help", "info")
"""How the names of those end that change nothing all the same."""
TOUCHING = ("pfcount arq:job:next", "touch arq:job:next")
"""Commands that a server counts among the reading ones, and that may write something."""
LEAKING = (
    "scan 0",
    "keys *",
    "randomkey",
    "dbsize",
    "monitor",
    "config get *",
    "acl list",
    "client list",
    "slowlog get",
)


@pytest.fixture
def viewer(logins: Logins) -> Generator[Any]:
    client: Any = connect.threaded(logins.url(Role.VIEWER))
    yield client
    client.close()


def commands(rows: list[Any]) -> Iterator[tuple[str, int, set[str]]]:
    """Every command and subcommand that COMMAND tells of: name, fewest words, flags and categories."""
    for name, arity, flags, _, _, _, categories, _, _, parts in rows:
        yield name.decode(), abs(arity), {mark.decode() for mark in (*flags, *categories)}
        yield from commands(parts)


def writing(client: Any) -> list[list[str]]:
    """Whatever could change something, as a call on a key of ours, with as few words as the server takes."""
    client.set_response_callback("COMMAND", list)
    told = commands(client.execute_command("COMMAND"))
    grave = [(name.split("|"), fewest) for name, fewest, marks in told if marks & GRAVE and not name.endswith(HARMLESS)]
    return [[*named, *[QUEUE.wire] * (fewest - len(named))] for named, fewest in grave]


async def test_no_command_that_writes_is_a_viewers(logins: Logins, viewer: Any, admin: Store) -> None:
    await Scene.of(admin)
    before, tried = picture(logins.admin), writing(logins.admin)
    assert len(tried) > 150
    assert [told for told in tried if not refused(viewer, told)] == []
    assert picture(logins.admin) == before


def refused(client: Any, told: list[str]) -> bool:
    try:
        client.execute_command(*told)
    except NoPermissionError:
        return True
    except ResponseError as problem:
        return "command not allowed" in str(problem)  # to nobody, unless the server is configured otherwise
    return False


@pytest.mark.parametrize(
    "command", ["set", "del", "unlink", "rename", "expire", "hset", "zadd", "xadd", "lpush", "sadd"]
)
async def test_no_family_of_writes_reaches_a_key_of_ours(command: str, viewer: Any, admin: Store) -> None:
    await Scene.of(admin)
    for key in KEYS:
        told = {"hset": (key, "f", "v"), "zadd": (key, 1, "m"), "xadd": (key, "*", "f", "v"), "del": (key,)}
        with pytest.raises(NoPermissionError):
            viewer.execute_command(command, *told.get(command, (key, "1")))


@pytest.mark.parametrize("command", [*TOUCHING, *LEAKING])
def test_nothing_is_told_or_touched_beside_the_keys(command: str, viewer: Any) -> None:
    with pytest.raises(NoPermissionError):
        viewer.execute_command(*command.split())


@pytest.mark.parametrize("run", ["EVAL", "EVAL_RO"])
async def test_no_script_of_a_viewers_own_writes(run: str, logins: Logins, viewer: Any, admin: Store) -> None:
    await Scene.of(admin)
    before = picture(logins.admin)
    for body in ("redis.call('DEL', KEYS[1])", "redis.call('SET', 'arq:job:next', 'x')", "redis.call('FLUSHALL')"):
        with pytest.raises(ResponseError, match=r"(?i)no permissions|not allowed|can't run"):
            viewer.execute_command(run, body, 1, QUEUE.wire)
    assert picture(logins.admin) == before


def test_a_viewer_reads_no_key_but_ours_and_hears_no_channel_but_ours(logins: Logins, viewer: Any) -> None:
    logins.admin.set("another's", "secret")
    with pytest.raises(NoPermissionError):
        viewer.get("another's")
    with pytest.raises(NoPermissionError):
        viewer.execute_command("SUBSCRIBE", "another's")
    with pytest.raises(NoPermissionError):
        viewer.publish(QUEUE.wake, "1")
    assert viewer.execute_command("SUBSCRIBE", QUEUE.wake)


def test_a_viewer_reads_a_stock_queue_that_was_named(logins: Logins, viewer: Any) -> None:
    logins.admin.zadd("plain", {"job": 1})
    assert viewer.zcard("plain") == 1
    with pytest.raises(NoPermissionError):
        viewer.zcard("plainer")


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.WORKER, Role.PRODUCER])
async def test_no_role_but_an_admins_empties_or_reconfigures_a_server(
    role: Role, logins: Logins, store_of: Callable[[Role], Store]
) -> None:
    raw: Any = store_of(role)._client  # pyright: ignore[reportPrivateUsage] - beside what the store would ask
    for told in (
        ["FLUSHALL"],
        ["CONFIG", "SET", "maxmemory", "1"],
        ["KEYS", "*"],
        ["SCRIPT", "FLUSH"],
        ["ACL", "LIST"],
    ):
        with pytest.raises(NoPermissionError):
            await raw.execute_command(*told)
    assert logins.admin.execute_command("ACL", "WHOAMI") == b"default"
