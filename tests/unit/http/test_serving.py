"""`arqlight serve` and `arqlight token`: what is refused, and what is told."""

import asyncio
import base64
import socket
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import httpx
import pytest

from arqlight.http import connections, punctual
from arqlight.http.serving import Place, refuse_open, refuse_unfit
from arqlight_core.errors import UsageError
from tests.acceptance.command_line import CommandLine
from tests.unit.http.house import House, settings_in
from tests.unit.shell import Shell

ELSEWHERE = "203.0.113.7"


def test_a_token_is_shown_once_listed_and_revoked(shell: Shell) -> None:
    text = shell.run("token", "create", "ada", "--role", "viewer", "--for", "30d").strip()
    assert text.startswith("aq.ada.")
    [listed] = shell.told("token", "list")
    assert (listed["name"], listed["role"], listed["expired"]) == ("ada", "viewer", False)
    assert text.rpartition(".")[2] not in shell.run("token", "list")
    shell.run("token", "create", "ada", "--role", "viewer", expect=2)
    shell.run("token", "create", "b b", "--role", "viewer", expect=2)
    shell.run("token", "create", "bob", "--role", "worker", expect=2)
    shell.run("token", "revoke", "ada")
    shell.run("token", "revoke", "ada", expect=2)
    assert "There is no token" in shell.run("token", "list")
    trail = [(row["operation"], row["condition"]) for row in shell.told("audit")]
    assert trail[:2] == [("revoke_token", "refused"), ("revoke_token", "done")]
    assert trail[-1] == ("create_token", "done")
    assert {row["via"] for row in shell.told("audit")} == {"cli"}


def test_it_is_not_found_from_elsewhere_without_tokens_and_encryption(shell: Shell) -> None:
    shell.run("serve", "--host", ELSEWHERE, expect=2)
    assert "nothing opens it" in shell.complained
    shell.run("token", "create", "ada", "--role", "viewer")
    shell.run("serve", "--host", ELSEWHERE, expect=2)
    assert "--tls-cert" in shell.complained
    shell.run("serve", "--tls-cert", "/none", expect=2)
    shell.run("serve", "--tls-cert", "/none", "--tls-key", "/none", expect=2)
    assert "There is no file /none" in shell.complained


def test_a_place_that_is_taken_is_told(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        shell.run("serve", "--port", str(taken.getsockname()[1]), expect=2)
    assert "take another --port" in shell.complained


@pytest.mark.parametrize(
    ("place", "can_enter", "told"),
    [
        (Place("127.0.0.1", 1), False, ""),
        (Place(ELSEWHERE, 1), False, "nothing opens it"),
        (Place(ELSEWHERE, 1), True, "--tls-cert"),
        (Place(ELSEWHERE, 1, behind_proxy=True), True, ""),
        (Place(ELSEWHERE, 1, Path("c"), Path("k")), True, ""),
    ],
)
def test_what_opens_a_place(place: Place, can_enter: bool, told: str) -> None:  # noqa: FBT001 - a case
    with pytest.raises(UsageError, match=told) if told else nullcontext():
        refuse_open(place, can_enter=can_enter)


def test_the_password_of_an_example_opens_nothing_from_elsewhere(folder: Path) -> None:
    told = settings_in(folder, board_username="ada", board_password="changeme")  # noqa: S106 - that of an example
    refuse_unfit(Place("127.0.0.1", 1), told)
    with pytest.raises(UsageError, match="that of an example"):
        refuse_unfit(Place(ELSEWHERE, 1), told)


def test_it_answers_in_a_process_of_its_own(folder: Path) -> None:
    user = CommandLine(folder, {"BULLMQ_ADMIN_PASSWORD": "a-good-one"})
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return httpx.get(f"{url}/ready").status_code == 200
        except httpx.TransportError:
            return False

    try:
        token = user.told("token", "create", "ada", "--role", "operator")["token"]
        serving = user.start("serve", "--port", str(port))
        user.wait_until(answers, "the server answers")
        assert httpx.get(f"{url}/api/v1/queues", headers={"Authorization": f"Bearer {token}"}).status_code == 200
        basic = base64.b64encode(b"admin:a-good-one").decode()
        assert httpx.get(f"{url}/api/v1/audit", headers={"Authorization": f"Basic {basic}"}).status_code == 200
        serving.terminate()
        assert serving.wait(20) == 0
    finally:
        user.close()


# ------------------------------------------------------------------ connections that want to be held


async def raw(house: House, sent: bytes) -> bytes:
    """What is answered to these bytes, after which nothing follows, until the server hangs up."""
    reader, writer = await asyncio.open_connection(house.stranger.base_url.host, house.stranger.base_url.port)
    writer.write(sent)
    async with asyncio.timeout(10):
        told = await reader.read()
    writer.close()
    return told


@pytest.mark.parametrize("sent", [b"", b"GET /heal", b"GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /heal"])
async def test_who_sends_no_whole_head_is_hung_up_on(
    house: House, sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "PATIENCE_S", 0.2)
    told = await raw(house, sent)
    assert told.count(b"HTTP/1.1 200") == sent.count(b"Host")


@pytest.mark.parametrize("limit", ["PAUSE_S", "WHOLE_S"])
async def test_a_body_that_does_not_come_is_waited_for_no_longer(
    house: House, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(punctual, limit, 0.2)
    token = house.operator.headers["authorization"]
    head = f"POST /api/validations HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\nContent-Length: 9\r\n\r\nabc"
    told = await raw(house, head.encode())
    assert told.startswith(b"HTTP/1.1 408")
    assert b"took too long" in told
    assert not list(house.settings.data_dir.glob("**/upload-*"))


@pytest.mark.parametrize(
    "sent", [b"nonsense\r\n\r\n", b"GET /\xff HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000]
)
async def test_what_is_no_request_is_a_problem_too(house: House, sent: bytes) -> None:
    told = await raw(house, sent)
    assert told.startswith(b"HTTP/1.1 400")
    assert b"application/problem+json" in told
    assert b"Send HTTP/1.1" in told


# ------------------------------------------------------------------ a server that takes nothing


UNWELL = {
    "out of memory": ("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0", 503),
    "a replica": ("REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE", 503),
    "keeps nothing": ("CONFIG SET min-replicas-to-write 1", "CONFIG SET min-replicas-to-write 0", 503),
}


@pytest.mark.parametrize("how", UNWELL)
async def test_nothing_half_is_done_while_the_server_takes_nothing(house: House, how: str) -> None:
    client: Any = house.store._client  # pyright: ignore[reportPrivateUsage] - whoever breaks a server works below the store
    broken, mended, status = UNWELL[how]
    asked: dict[str, Any] = {"job_type": "wp.health.system", "payload": {}}
    assert (await house.admin.post("/api/v1/operations/enqueue", json=asked)).status_code == 200
    await client.execute_command(*broken.split())
    try:
        refused = await house.admin.post("/api/v1/operations/enqueue", json=asked)
        assert (refused.status_code, refused.headers.get("retry-after")) == (status, "2"), refused.text
        assert refused.headers["content-type"] == "application/problem+json"
    finally:
        await client.execute_command(*mended.split())
    assert await house.waiting("healer:health-checks") == 1
    assert (await house.admin.post("/api/v1/operations/enqueue", json=asked)).status_code == 200
