"""Who is let in: tokens and passwords, roles, pace, and what a refusal leaves behind."""

import base64
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar.connection import ASGIConnection

from arqlight.http import door
from arqlight_core.errors import UsageError
from arqlight_core.operations import tokens
from arqlight_core.policy import MINUTE, Rate
from arqlight_core.rights import Role
from arqlight_core.store.declarations import publish
from arqlight_core.store.gateway import Store
from tests.store.line import QUEUE, eventually
from tests.unit.http.house import House, housed, settings_in
from tests.unit.http.seeded import LINE

NAME = QUEUE.name
PAUSE = {"queue": NAME}
BOARD, ADMIN = "pass-word", "s3cret"


async def passed(store: Store, moment_ms: int) -> bool:
    return await store.time_ms() > moment_ms


def basic(name: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"}


async def test_without_a_token_there_is_nothing_to_see_and_the_trail_says_who_tried_once(house: House) -> None:
    for _ in range(3):
        refused = await house.stranger.get("/api/v1/queues")
        assert (refused.status_code, refused.headers["content-type"]) == (401, "application/problem+json")
        assert refused.headers["www-authenticate"].startswith("Bearer")
    rows = [row for row in await house.audit() if row["operation"] == "http_request"]
    assert [(row["target"], row["condition"], row["via"]) for row in rows] == [
        ("GET /api/v1/queues", "refused", "http")
    ]


@pytest.mark.parametrize(
    "told",
    [
        "Bearer nonsense",
        "Bearer aq.the-admin.wrong",
        "Bearer aq.nobody.",
        "Basic !",
        "Basic \xe9",
        "Basic gYE=",
        "x",
    ],
)
async def test_a_wrong_token_opens_nothing(house: House, told: str) -> None:
    refused = await house.stranger.get("/api/v1/queues", headers={b"Authorization": told.encode("latin-1")})
    assert refused.status_code == 401


async def test_only_the_hash_of_a_token_is_kept(store: Store) -> None:
    text = await tokens.create_token(store, "ada", Role.VIEWER, actor="me")
    kept = await store._client.hgetall("arqlight:{shared}:tokens")  # pyright: ignore[reportPrivateUsage] - what is on the server
    assert text.rpartition(".")[2].encode() not in kept[b"ada"]
    assert await tokens.bearer(store, text) == ("ada", Role.VIEWER)


async def test_a_token_opens_nothing_once_it_is_revoked_or_over(store: Store) -> None:
    one = await tokens.create_token(store, "ada", Role.VIEWER, actor="me")
    with pytest.raises(UsageError, match="taken"):
        await tokens.create_token(store, "ada", Role.ADMIN, actor="me")
    await tokens.revoke_token(store, "ada", actor="me")
    assert await tokens.bearer(store, one) is None
    short = await tokens.create_token(store, "bob", Role.VIEWER, actor="me", lasting=timedelta(seconds=1))
    assert await tokens.bearer(store, short) == ("bob", Role.VIEWER)
    [view] = await tokens.tokens(store)
    await eventually(lambda: passed(store, view.until_ms))
    assert await tokens.bearer(store, short) is None
    await tokens.create_token(store, "bob", Role.VIEWER, actor="me")  # the name is free again


@pytest.mark.parametrize(
    ("path", "body", "statuses"),
    [
        ("pause", PAUSE, (403, 200, 200)),
        ("enqueue", {"job_type": "x", "payload": {}}, (403, 403, 404)),
        ("purge", {"selection": {"queue": NAME, "state": "dead", "everything": True}}, (403, 403, 200)),
    ],
)
async def test_a_role_may_do_what_its_login_may(
    house: House, path: str, body: dict[str, object], statuses: tuple[int, ...]
) -> None:
    callers = (house.viewer, house.operator, house.admin)
    told = [(await one.post(f"/api/v1/operations/{path}", json=body)).status_code for one in callers]
    assert tuple(told) == statuses


async def test_what_a_role_may_not_do_is_told_and_written_down(house: House) -> None:
    refused = await house.viewer.post("/api/v1/operations/pause", json=PAUSE)
    assert "asks for operator" in refused.json()["detail"]
    [row] = [row for row in await house.audit() if row["operation"] == "http_request"]
    assert (row["actor"], row["condition"]) == ("the-viewer", "refused")
    assert not await house.store.is_paused(QUEUE)


async def test_whoever_asks_too_fast_waits(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(door.RATES, Role.VIEWER, Rate(2, MINUTE, 3))
    told = [await house.viewer.get("/api/v1/queues") for _ in range(4)]
    assert [one.status_code for one in told] == [200, 200, 200, 429]
    assert 25 <= int(told[-1].headers["retry-after"]) <= 30
    assert (await house.operator.get("/api/v1/queues")).status_code == 200


async def test_whoever_guesses_is_slowed_down(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "STRANGERS", Rate(1, MINUTE, 2))
    told = [(await house.stranger.get("/api/v1/queues")).status_code for _ in range(4)]
    assert told == [401, 401, 429, 429]
    assert (await house.viewer.get("/api/v1/queues")).status_code == 200


async def test_a_guess_that_comes_too_fast_is_not_let_in_though_it_is_right(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "STRANGERS", Rate(1, MINUTE, 2))
    async with housed(store, settings_in(folder, admin_password=ADMIN)) as house:
        guesses = [basic("admin", guess) for guess in (ADMIN, "1", "2", ADMIN)]
        told = [(await house.stranger.get("/api/v1/queues", headers=one)).status_code for one in guesses]
        assert told == [200, 401, 401, 429]
        assert (await house.viewer.get("/api/v1/queues")).status_code == 200


async def test_a_caller_cannot_flood_the_trail_by_asking_for_many_names(house: House) -> None:
    for name in range(5):
        assert (await house.viewer.put(f"/jobs/queues/{name}/pause")).status_code == 403
    assert len([row for row in await house.audit() if row["operation"] == "http_request"]) == 1


@pytest.mark.parametrize(
    ("client", "known_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::1", "::1"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1%eth0", "2001:db8:1:2::/64"),
        ("x" * 100, "x" * 45),
        ("", "somewhere"),
    ],
)
def test_whoever_has_many_addresses_is_slowed_down_as_one(client: str, known_as: str) -> None:
    scope: Any = {"type": "http", "client": (client, 1), "headers": []}
    assert door.address_of(ASGIConnection(scope)) == known_as


async def test_a_password_opens_as_it_is_set_and_not_for_pages_of_others(store: Store, folder: Path) -> None:
    told = settings_in(folder, board_username="ada", board_password=BOARD, admin_password=ADMIN)
    async with housed(store, told) as house:

        async def status(method: str, path: str, headers: dict[str, str]) -> int:
            return (await house.stranger.request(method, path, headers=headers)).status_code

        assert await status("GET", "/api/v1/queues", basic("ada", BOARD)) == 200
        assert await status("GET", "/api/v1/queues", basic("ada", ADMIN)) == 401
        assert await status("POST", "/jobs/health-checks/system", basic("ada", BOARD)) == 403
        admin = basic("admin", ADMIN)
        for origin in ("https://evil.example", "null", "http://[", str(house.stranger.base_url) + ".evil.example"):
            assert await status("POST", "/jobs/health-checks/system", admin | {"Origin": origin}) == 403
        own = str(house.stranger.base_url)
        assert await status("PUT", f"/jobs/queues/{NAME}/pause", admin | {"Origin": own}) == 404  # it was let in
        asked = await house.stranger.get("/api/v1/queues")
        assert "Basic" in asked.headers["www-authenticate"]
        assert await status("POST", "/jobs/health-checks/system", admin) == 202


async def test_a_request_has_an_id_that_stands_in_the_answer(house: House) -> None:
    given = await house.viewer.get("/api/v1/queues/nowhere", headers={"X-Request-ID": "from-me.1"})
    assert given.headers["x-request-id"] == given.json()["instance"] == "from-me.1"
    made = await house.viewer.get("/health", headers={"X-Request-ID": "not fit!"})
    assert len(made.headers["x-request-id"]) == 32


async def test_the_pages_need_no_token_and_nothing_from_elsewhere(house: House) -> None:
    page = await house.stranger.get("/schema")
    assert page.status_code == 200
    assert "/api/v1/operations/purge" in page.text
    assert "http://" not in page.text.replace(str(house.stranger.base_url), "")
    assert "https://" not in page.text
    assert "<script" not in page.text
    document = (await house.stranger.get("/schema/openapi.json")).json()
    assert document["paths"]["/api/v1/operations/purge"]["post"]["security"]


DEEP = b'{"job_type": "x", "payload": {"a": ' + b"[" * 5000 + b"]" * 5000 + b"}}"
BEYOND = b'{"job_type": "wp.health.system", "payload": {"slot": 123456789012345678901234567890}}'


@pytest.mark.parametrize(
    ("name", "body", "status", "told"),
    [
        ("pause", b"x" * 2_000_000, 413, "larger"),
        ("pause", b"{", 422, "no JSON"),
        ("pause", b"", 422, "no JSON"),
        ("pause", b'{"queue": "\xff"}', 422, "no JSON"),
        ("pause", b'{"queue": NaN}', 422, "no JSON"),
        ("pause", b'{"queue": "x", "dry_run": 0}', 422, "dry_run"),
        ("enqueue", DEEP, 422, "nested too deeply"),
        ("enqueue", BEYOND, 422, "64 bits"),
        ("set_concurrency", b'{"queue": "test:line", "value": "' + b"0" * 5000 + b'"}', 422, "whole number"),
        ("destroy", b"{}", 404, "/schema"),
    ],
)
async def test_a_body_that_does_not_fit_is_a_problem_with_its_remedy(
    house: House, name: str, body: bytes, status: int, told: str
) -> None:
    await publish(house.store, [LINE])
    head = {"Content-Type": "application/json"}
    for content in (body, in_pieces(body)):
        refused = await house.admin.post(f"/api/v1/operations/{name}", content=content, headers=head)
        assert (refused.status_code, refused.headers["content-type"]) == (status, "application/problem+json")
        assert told in refused.text
        assert refused.headers["x-request-id"] == refused.json()["instance"]


async def in_pieces(body: bytes) -> AsyncGenerator[bytes]:
    """Sent without saying how much it is."""
    for at in range(0, len(body), 100_000):
        yield body[at : at + 100_000]


async def test_what_is_no_json_or_not_taken_here_is_told(house: House) -> None:
    form = await house.admin.post("/api/v1/operations/pause", data=PAUSE)
    assert form.status_code == 415
    assert "send JSON, with the header Content-Type: application/json" in form.json()["detail"]
    other = await house.admin.get("/api/v1/operations/pause")
    assert (other.status_code, other.headers["allow"]) == (405, "POST, OPTIONS")
    assert "Allow" in other.json()["detail"]
