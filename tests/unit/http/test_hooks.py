"""What providers post: taken in once where it is signed, refused and written down where it is forged."""

import hashlib
import hmac
import json
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import httpx
import pytest
from sqlalchemy import insert

from arqlight.demo.world.sendgrid_events import EventWebhook
from arqlight_core.jobs import State
from arqlight_core.store.gateway import Store
from arqlight_jobs.outreach.records import records
from arqlight_jobs.outreach.tables import senders
from tests.unit.http.house import TELEGRAM_SECRET, VERIFY, WHATSAPP_SECRET, House, housed, settings_in

UPDATE = json.dumps(
    {"update_id": 7, "message": {"message_id": 1, "date": 1, "chat": {"id": 5, "type": "private"}, "text": "/start"}}
).encode()
TELEGRAM = {"X-Telegram-Bot-Api-Secret-Token": TELEGRAM_SECRET}
OWN = "a-third-secret"
NOTHING = json.dumps({"object": "whatsapp_business_account", "entry": []}).encode()
OPENPROJECT = json.dumps({"action": "work_package:updated", "work_package": {"id": 7}}).encode()


def signed(body: bytes, secret: str = WHATSAPP_SECRET) -> dict[str, str]:
    return {"X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


async def queued(house: House) -> int:
    view = (await house.viewer.get("/api/v1/queues")).json()["items"]
    return sum(one["counts"][State.WAITING] for one in view)


async def test_an_update_of_telegrams_is_queued_once(house: House) -> None:
    first = await house.stranger.post("/hooks/telegram", content=UPDATE, headers=TELEGRAM)
    assert first.status_code == 200, first.text
    assert "Update 7 is queued" in first.json()["told"]
    again = await house.stranger.post("/hooks/telegram", content=UPDATE, headers=TELEGRAM)
    assert (again.status_code, await queued(house)) == (200, 1)


async def test_a_post_of_whatsapps_is_taken_in_by_its_bytes(house: House) -> None:
    told = await house.stranger.post("/hooks/whatsapp", content=NOTHING, headers=signed(NOTHING))
    assert (told.status_code, told.json()["told"]) == (200, "The post tells nothing that is of use here.")
    forged = await house.stranger.post("/hooks/whatsapp", content=NOTHING + b" ", headers=signed(NOTHING))
    assert forged.status_code == 401


async def test_a_post_of_openprojects_is_queued_once(store: Store, folder: Path) -> None:
    async with housed(store, settings_in(folder, openproject_webhook_secret=OWN)) as house:
        headers = {"X-OP-Signature": "sha1=" + hmac.new(OWN.encode(), OPENPROJECT, hashlib.sha1).hexdigest()}
        told = [await house.stranger.post("/hooks/openproject", content=OPENPROJECT, headers=headers) for _ in "ab"]
        assert ([one.status_code for one in told], await queued(house)) == ([200, 200], 1), told[0].text


UNKNOWN = {
    "whatsapp": 401,
    "telegram": 401,
    "openproject": 401,
    "sendgrid?tenant=acme": 401,
    "sendgrid": 422,
    "sendgrid?tenant=": 422,
}
"""How a post of nobody is answered, whose signature is missing or cannot be verified here."""


async def test_what_comes_from_nobody_queues_nothing_and_is_written_down(house: House) -> None:
    for path, status in UNKNOWN.items():
        refused = await house.stranger.post(f"/hooks/{path}", content=UPDATE)
        assert refused.status_code == status, (path, refused.text)
    assert await queued(house) == 0
    rows = [row["target"] for row in await house.audit() if row["condition"] == "refused"]
    assert sorted(rows) == [f"POST /hooks/{name}" for name in ("openproject", "sendgrid", "telegram", "whatsapp")]


Signs = Callable[[bytes], dict[str, str]]
SENDGRID = EventWebhook()
SIGNS: dict[str, Signs] = {
    "whatsapp": signed,
    "openproject": lambda body: {"X-OP-Signature": "sha1=" + hmac.new(OWN.encode(), body, hashlib.sha1).hexdigest()},
    "telegram": lambda _: TELEGRAM,
    "sendgrid?tenant=acme": lambda body: SENDGRID.signed(body).headers,
}
GOOD = {
    "whatsapp": NOTHING,
    "openproject": OPENPROJECT,
    "telegram": UPDATE,
    "sendgrid?tenant=acme": SENDGRID.post([SENDGRID.event("open", "a-mail")]).body,
}
"""What each posts."""
UNREADABLE = {"whatsapp": 401, "openproject": 401, "telegram": 200, "sendgrid?tenant=acme": 200}
"""How what is signed and cannot be read is answered: Telegram posts it for ever else; SendGrid's is read by its job."""
STRANGE: dict[str, Callable[[dict[str, str]], dict[str, str]]] = {
    "without a signature": lambda _: {},
    "with an empty one": lambda told: dict.fromkeys(told, ""),
    "with one of strange signs": lambda told: dict.fromkeys(told, "sha256=\xe9"),
    "with half of it": lambda told: {name: value[: len(value) // 2] for name, value in told.items()},
    "with one more sign": lambda told: {name: f"{value}0" for name, value in told.items()},
}


@pytest.fixture
async def open_house(store: Store, folder: Path) -> AsyncGenerator[House]:
    """A server that knows all who post, and a tenant who sends mail."""
    told = settings_in(folder, openproject_webhook_secret=OWN, sendgrid_webhook_key=SENDGRID.public_key)
    async with records(told) as opened, opened.engine.begin() as connection:
        row = {"tenant": "acme", "id": "s", "channel": "email", "address": "a@example.com", "name": "Acme"}
        await connection.execute(insert(senders), row)
    async with housed(store, told) as house:
        yield house


@pytest.mark.parametrize("path", SIGNS)
async def test_of_each_what_it_has_signed_is_taken_in_once_and_nothing_else_and_nothing_breaks_it(
    open_house: House, path: str
) -> None:
    body, headers = GOOD[path], SIGNS[path](GOOD[path])

    async def post(content: bytes, told: dict[str, str]) -> httpx.Response:
        given = [(name.encode(), value.encode("latin-1")) for name, value in told.items()]
        return await open_house.stranger.post(f"/hooks/{path}", content=content, headers=given)

    for how, changed in STRANGE.items():
        assert (await post(body, changed(headers))).status_code == 401, how
    if path != "telegram":  # whose secret says nothing of the body
        assert (await post(body + b" ", headers)).status_code == 401
    assert (await post(b"x" * (9 * 1024**2), headers)).status_code == 413
    assert await queued(open_house) == 0
    assert {row["condition"] for row in await open_house.audit() if row["operation"] == "http_request"} == {"refused"}
    again = [(await post(body, {**headers, "Content-Type": kind})).status_code for kind in ("text/plain", "image/png")]
    assert (again, await queued(open_house)) == ([200, 200], path != "whatsapp")
    for unreadable in (b"", b"\xff\xfe\0", b"[" * 100_000, b'{"a":'):
        told = await post(unreadable, SIGNS[path](unreadable))
        assert told.status_code == UNREADABLE[path], (unreadable[:9], told.text)


HANDSHAKES = (
    (VERIFY, "subscribe", "42", 200),
    ("wrong", "subscribe", "42", 401),
    ("", "subscribe", "42", 401),
    (f"{VERIFY}\0é", "subscribe", "42", 401),
    (VERIFY, "x", "42", 401),
    (VERIFY, "subscribe", "<b>", 422),
    (VERIFY, "subscribe", "", 422),
    (VERIFY, "subscribe", "4" * 201, 422),
)


async def test_whatsapp_asks_whether_its_posts_are_to_come_here(house: House) -> None:
    for token, mode, challenge, status in HANDSHAKES:
        asked = {"hub.mode": mode, "hub.verify_token": token, "hub.challenge": challenge}
        told = await house.stranger.get("/hooks/whatsapp", params=asked)
        assert told.status_code == status, asked
        assert (told.text == challenge) == (status == 200)
