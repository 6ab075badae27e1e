"""What arq's settings and pools say of a server becomes one address that says the same."""

import ssl
from typing import Any

import pytest
from arq.connections import ArqRedis, RedisSettings
from redis.asyncio import ConnectionPool
from redis.asyncio.sentinel import Sentinel

from arqlight_core import address
from arqlight_core.errors import UsageError
from arqlight_fleet.arq_words import url_of

PLAIN, AWKWARD = "p", "a@b"
UNCHECKED = "ssl_cert_reqs=required&ssl_check_hostname=False"
"""What arq's defaults come to."""


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        (None, "redis://localhost:6379/0"),
        (RedisSettings(host="::1", port=1, password=AWKWARD, database=2), "redis://:a%40b@[::1]:1/2"),
        (RedisSettings(username="ada", password=PLAIN), "redis://ada:p@localhost:6379/0"),
        (RedisSettings(unix_socket_path="/run/r.sock", database=3, password=PLAIN), "unix://:p@/run/r.sock?db=3"),
        (
            RedisSettings(ssl=True, ssl_ca_certs="/ca.pem", ssl_certfile="/c.pem", ssl_keyfile="/k.pem"),
            f"rediss://localhost:6379/0?ssl_keyfile=%2Fk.pem&ssl_certfile=%2Fc.pem&ssl_ca_certs=%2Fca.pem&{UNCHECKED}",
        ),
        (
            RedisSettings(sentinel=True, host=[("a", 1), ("b", 2)], sentinel_master="mine", password=PLAIN),
            "redis+sentinel://:p@a:1,b:2/mine/0",
        ),
        (
            RedisSettings(sentinel=True, host=[("a", 1)], ssl=True),
            f"rediss+sentinel://a:1/mymaster/0?{UNCHECKED}",
        ),
    ],
)
def test_settings_become_an_address(settings: RedisSettings | None, url: str):
    assert url_of(settings, None) == url
    assert address.problem_of(url) == ""


def test_a_pool_becomes_an_address():
    hidden: Any = ArqRedis(host="h", ssl=True, ssl_cert_reqs=ssl.CERT_NONE)  # pyright: ignore[reportArgumentType]
    assert url_of(None, hidden) == "rediss://h:6379/0?ssl_cert_reqs=none&ssl_check_hostname=False"
    read: Any = ConnectionPool.from_url("unix://:p@/run/r.sock?db=1")  # pyright: ignore[reportUnknownMemberType]
    assert url_of(None, ArqRedis(read)) == "unix://:p@/run/r.sock?db=1"
    sentinels: Any = Sentinel([("a", 1), ("b", 2)], password=PLAIN)
    assert url_of(None, sentinels.master_for("mine", redis_class=ArqRedis)) == "redis+sentinel://:p@a:1,b:2/mine/0"


def test_sentinels_that_are_no_list_are_refused():
    with pytest.raises(UsageError, match="With sentinel=True the host is a list"):
        url_of(RedisSettings(sentinel=True), None)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("redis+sentinel://a:1,b/mine/3", ((("a", 1), ("b", 26379)), "mine", 3)),
        ("sentinel+tls://[::1]:5", ((("::1", 5),), "mymaster", 0)),
    ],
)
def test_a_sentinel_address_is_taken_apart(url: str, told: tuple[Any, str, int]):
    found = address.sentinels(url)
    assert (found.hosts, found.master, found.database) == told


@pytest.mark.parametrize(
    "url", ["redis+sentinel:///m", "redis+sentinel://a/m/x", "sentinel://a:port/m", "redis://a/one", "unix://"]
)
def test_an_address_that_cannot_be_read_is_no_address(url: str):
    assert address.problem_of(url)
