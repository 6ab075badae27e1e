"""Servers that cannot be trusted with jobs are refused in one sentence that says what to change."""

from collections.abc import Generator
from typing import Any

import pytest
import redis

from arqlight_core.store.embedded import EmbeddedServer
from tests.acceptance.command_line import CommandLine
from tests.acceptance.old_server import old_server

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]

WRITERS = (["fleet"], ["enqueue", "billing.validate"], ["validate", "x.csv"])


@pytest.fixture
def server(user: CommandLine, own_server: EmbeddedServer) -> Generator[Any]:
    user.extra["REDIS_URL"] = own_server.url
    client: Any = redis.Redis.from_url(own_server.url)  # pyright: ignore[reportUnknownMemberType]
    yield client
    client.config_set("requirepass", "")
    client.close()
    del user.extra["REDIS_URL"]


def test_an_evicting_server_takes_no_jobs(user: CommandLine, server: Any) -> None:
    server.config_set("maxmemory-policy", "allkeys-lru")
    for command in WRITERS:
        said = user.run(*command, expect=1).stderr
        assert "evicts keys (allkeys-lru)" in said
        assert "CONFIG SET maxmemory-policy noeviction" in said
    assert server.dbsize() == 0
    assert "noeviction" in user.run("doctor", expect=1).stdout


def test_a_wrong_password_is_named_and_not_shown(user: CommandLine, server: Any) -> None:
    server.config_set("requirepass", "right-one")
    user.extra["REDIS_URL"] = user.extra["REDIS_URL"].replace("unix://", "unix://:wrong-one@")
    for command in (*WRITERS, ["status"], ["doctor"]):
        said = user.run(*command, expect=1).stderr
        assert "refuses the password" in said
        assert "wrong-one" not in said


def test_a_server_below_7_is_refused(user: CommandLine) -> None:
    with old_server() as url:
        user.extra["REDIS_URL"] = url
        for command in (*WRITERS, ["status"]):
            assert "is version 6.2.14" in user.run(*command, expect=1).stderr
        del user.extra["REDIS_URL"]
