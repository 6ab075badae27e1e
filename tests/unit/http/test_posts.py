"""Posts as Standard Webhooks has them: each is queued once; forged, old, foreign and unreadable ones are not at all."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from arqlight.catalogue_page import page
from arqlight.orders import posts
from arqlight_core.catalogue import Catalogue
from arqlight_core.clock import now
from arqlight_core.declaration import Queue
from arqlight_core.errors import CatalogueInvalid
from arqlight_core.hook import Hook
from arqlight_core.operations import declared
from arqlight_core.policy import Backoff, Unique
from arqlight_core.run import Run
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from tests.store.line import Line
from tests.unit.http import posted
from tests.unit.http.house import House, housed, settings_in

OLD, NEW = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
STRANGE = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
ORDER = b'{"type":"order.paid","timestamp":"2026-11-22T10:00:00Z","data":{"number":7}}'
NONE = b'{"type":"order.lost","data":null}'
HALF = b'{"type":"visit \\ud800","data":1}'
SHOP = "/hooks/standard/shop"
AWAY = timedelta(minutes=5, seconds=2)


def headers(body: bytes, secret: str = NEW, own: str = "msg_1", at: datetime | None = None) -> dict[str, str]:
    """As the library of the standard signs it."""
    moment = at or now()
    signature = Webhook(secret).sign(own, moment, body.decode(errors="surrogateescape")) if body.isascii() else ""
    return {"webhook-id": own, "webhook-timestamp": str(int(moment.timestamp())), "webhook-signature": signature}


@pytest.fixture
async def house(store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[House]:
    """A server whose job types are those of these tests."""
    monkeypatch.setattr(declared, "PACKAGE", posted.__name__)
    forget_job_types()
    async with housed(store, settings_in(folder, hooks=f"shop={OLD},shop={NEW}")) as opened:
        yield opened
    forget_job_types()


def forget_job_types() -> None:
    declared.catalogue.cache_clear()
    posts.takers.cache_clear()


async def waiting(store: Store, queue: Queue = posted.orders) -> int:
    return await store._client.zcard(QueueKeys.declared(queue.name).wire)  # pyright: ignore[reportPrivateUsage]


async def test_a_post_is_queued_once_however_often_and_by_which_secret_it_comes(house: House, store: Store) -> None:
    async def post(secret: str, **how: Any) -> str:
        told = await house.stranger.post(SHOP, content=ORDER, headers=headers(ORDER, secret, **how))
        assert told.status_code == 200, told.text
        return told.json()["told"]

    both = await asyncio.gather(post(OLD), post(NEW))
    assert sorted(both) == ["Post msg_1 is known, and was queued.", "Post msg_1 is queued."]
    line = Line(store, store._client, QueueKeys.declared(posted.orders.name))  # pyright: ignore[reportPrivateUsage]
    assert await line.finish(await line.lease())
    assert "known" in await post(NEW, at=now() + timedelta(seconds=9))
    assert await waiting(store) == 0
    assert await post(NEW, own="msg_2") == "Post msg_2 is queued."
    assert (await waiting(store), await waiting(store, posted.visits)) == (1, 0)


async def test_who_takes_a_post_is_said_by_its_type(house: House, store: Store) -> None:
    for own, body in (("msg_1", b'{"type":"visit","data":1}'), ("msg_2", b'{"n":1}'), ("msg_3", b"[1]")):
        told = await house.stranger.post(SHOP, content=body, headers=headers(body, own=own))
        assert (told.status_code, told.json()["told"]) == (200, f"Post {own} is queued.")
    assert (await waiting(store), await waiting(store, posted.visits)) == (0, 3)
    told = await house.stranger.post(SHOP, content=NONE, headers=headers(NONE, own="msg_4"))
    assert told.json()["told"] == "Post msg_4 leads to nothing here."


def forged() -> dict[str, tuple[str, bytes, dict[str, str], int]]:
    """Posts that are not to be taken in: where to, what, and how it is answered."""
    good = headers(ORDER)
    latin = {**good, "webhook-signature": "v1,\xe9"}
    return {
        "by a stranger": (SHOP, ORDER, headers(ORDER, STRANGE), 401),
        "changed": (SHOP, ORDER + b" ", good, 401),
        "under another id": (SHOP, ORDER, {**good, "webhook-id": "msg_2"}, 401),
        "at another moment": (SHOP, ORDER, {**good, "webhook-timestamp": str(int(now().timestamp()) - 9)}, 401),
        "too old": (SHOP, ORDER, headers(ORDER, at=now() - AWAY), 401),
        "from the future": (SHOP, ORDER, headers(ORDER, at=now() + AWAY), 401),
        "unsigned": (SHOP, ORDER, {}, 401),
        "signed by nothing": (SHOP, ORDER, {**good, "webhook-signature": "v1, v1a,AAAA"}, 401),
        "with a signature of strange signs": (SHOP, ORDER, latin, 401),
        "of a version that nobody knows": (
            SHOP,
            ORDER,
            {**good, "webhook-signature": f"v9{good['webhook-signature'][2:]}"},
            401,
        ),
        "with a dot in its id": (SHOP, ORDER, headers(ORDER, own="msg.1"), 401),
        "of a source without a secret": ("/hooks/standard/forge", ORDER, good, 401),
        "of nobody": ("/hooks/standard/nobody", ORDER, good, 404),
        "no JSON": (SHOP, b"{", headers(b"{"), 422),
        "empty": (SHOP, b"", headers(b""), 422),
        "half of a sign": (SHOP, HALF, headers(HALF), 422),
        "unfit": (SHOP, ORDER.replace(b"7", b"0"), headers(ORDER.replace(b"7", b"0")), 422),
        "too large": (SHOP, b"x" * (posts.LARGEST + 1), good, 413),
    }


async def test_what_is_forged_old_foreign_or_unfit_queues_nothing_and_is_written_down(house: House) -> None:
    for how, (path, body, told, status) in forged().items():
        await forgiven(house)
        given = [(name.encode(), value.encode("latin-1")) for name, value in told.items()]
        refused = await house.stranger.post(path, content=body, headers=given)
        assert refused.status_code == status, (how, refused.text)
        [row, *_] = await house.audit()
        assert (row["operation"], row["condition"], row["target"]) == ("http_request", "refused", f"POST {path}"), how
        assert await waiting(house.store) == 0, how
    assert "whsec" not in str(await house.audit())


async def forgiven(house: House) -> None:
    """Nothing was refused yet: neither is the next refusal slowed down, nor is it the same as one before."""
    raw: Any = house.store._client  # pyright: ignore[reportPrivateUsage] - what only time undoes
    for key in [*await raw.keys("*http:refused:*"), *await raw.keys("*turn:refused:*")]:
        await raw.delete(key)


def test_the_page_of_all_queues_tells_whose_posts_are_taken() -> None:
    told = page(Catalogue.of([posted.orders, posted.visits]))
    assert "| takes posts of | `shop`: `order.*` |" in told
    assert "| takes posts of | `forge` |" in told


def test_a_job_type_is_unique_by_its_posts_alone_and_names_a_source() -> None:
    queue = Queue("test:hooked", "To be refused.", concurrency=1)

    async def take(run: Run, order: posted.Order) -> None:
        """Take it."""

    told: dict[str, Any] = {"timeout": posted.SECOND, "retry": Backoff(1), "hook": Hook("My Shop")}
    queue.job("test.hooked", posted.Order, unique=Unique(posted.SECOND), **told)(take)
    with pytest.raises(CatalogueInvalid, match=r"unique by something else.*'My Shop', which names no source"):
        Catalogue.of([queue])
