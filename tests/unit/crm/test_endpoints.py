"""Endpoints and what is published to them: secrets told once, kept sealed, and each event once for whom wants it."""

import base64
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select, update

from arqlight_core.clock import now
from arqlight_core.errors import UsageError
from arqlight_core.policy import HOUR, SECOND
from arqlight_core.settings import Settings
from arqlight_jobs.crm.deliveries import Status, publish
from arqlight_jobs.crm.endpoints import Endpoints
from arqlight_jobs.crm.events import LARGEST_BODY, wants
from arqlight_jobs.crm.tables.webhooks import deliveries, secrets
from tests.unit.crm.hooks import Hooks, a_tenant, an_event, hooked, local
from tests.unit.outbound.conftest import postgresql_server
from tests.unit.outbound.conftest import settings as each_database

__all__ = ["each_database", "postgresql_server"]


@pytest.fixture
async def hooks(tmp_path: Path) -> AsyncGenerator[Hooks]:
    settings = Settings(data_dir=tmp_path / "data", payload_enc_keys=Fernet.generate_key().decode())
    async with hooked(local(settings)) as made:
        yield made


# ------------------------------------------------------------------ added


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://example.com/x", "https|no address"),
        ("ftp://example.com/x", "neither http nor https"),
        ("https://10.0.0.1/x", "internal"),
        ("https://169.254.169.254/latest", "internal"),
        ("https://[::1]/x", "internal"),
        ("https://user:pass@127.0.0.1/x", "login"),
        ("https://nothing.invalid/x", "no address"),
        ("nonsense", "neither"),
    ],
)
async def test_only_an_https_address_outside_is_taken(hooks: Hooks, url: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        await hooks.endpoints.add("acme", url)
    assert await hooks.endpoints.listed() == []


async def test_an_endpoint_of_nobody_or_for_no_events_is_refused(hooks: Hooks) -> None:
    with pytest.raises(UsageError, match="no tenant nobody"):
        await hooks.endpoints.add("nobody", hooks.there.url)
    for wrong in ("", "contact..created", "*", "contact.*.x", "a b"):
        with pytest.raises(UsageError, match="no type of event"):
            await hooks.endpoints.add("acme", hooks.there.url, [wrong])


async def test_a_secret_has_32_random_bytes_is_told_once_and_kept_sealed(hooks: Hooks) -> None:
    made, secret = await hooks.endpoints.add("acme", hooks.there.url)
    _, other = await hooks.endpoints.add("acme", hooks.there.url)
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert secret != other
    assert secret not in repr(made)
    async with hooks.held.engine.connect() as connection:
        rows = (await connection.execute(select(secrets.c.sealed))).scalars().all()
    assert not [sealed for sealed in rows if secret.encode() in sealed]
    assert await hooks.endpoints.secrets_of(made.id) == [secret]


async def test_a_rotated_secret_signs_for_another_day(hooks: Hooks) -> None:
    made, first = await hooks.endpoints.add("acme", hooks.there.url)
    second = await hooks.endpoints.rotate(made.id)
    third = await hooks.endpoints.rotate(made.id)
    assert await hooks.endpoints.secrets_of(made.id) == [third, second, first]
    async with hooks.held.engine.begin() as connection:
        ends = (await connection.execute(select(secrets.c.ends_at).order_by(secrets.c.number))).scalars().all()
        assert [end and abs(end - now() - 24 * HOUR) < 60 * SECOND for end in ends] == [True, True, None]
        await connection.execute(update(secrets).where(secrets.c.number == 1).values(ends_at=now() - SECOND))
    assert await hooks.endpoints.secrets_of(made.id) == [third, second]
    with pytest.raises(UsageError, match="no endpoint gone"):
        await hooks.endpoints.rotate("gone")


async def test_an_endpoint_is_switched_off_once_and_on_once(hooks: Hooks) -> None:
    made, _ = await hooks.endpoints.add("acme", hooks.there.url)
    await hooks.endpoints.put_off(made.id, now() + HOUR, fault=True)
    assert await hooks.endpoints.disable(made.id, "x" * 500)
    assert not await hooks.endpoints.disable(made.id, "again")
    assert (await hooks.endpoints.find(made.id)).disabled_because == "x" * 160
    assert await publish(hooks.held.engine, an_event()) == []
    assert await hooks.endpoints.enable(made.id)
    assert not await hooks.endpoints.enable(made.id)
    fresh = await hooks.endpoints.find(made.id)
    assert (fresh.disabled_at, fresh.not_before, fresh.faults) == (None, None, 0)
    assert fresh.enabled_at > made.enabled_at


# ------------------------------------------------------------------ published


@pytest.mark.parametrize(
    ("types", "event", "wanted"),
    [
        ([], "contact.created", True),
        (["contact.created"], "contact.created", True),
        (["contact.created"], "contact.created.late", False),
        (["contact.*"], "contact.created", True),
        (["contact.*"], "contact.tag.added", True),
        (["contact.*"], "contacts.created", False),
        (["contact.*"], "contact", False),
    ],
)
def test_an_endpoint_wants(types: list[str], event: str, wanted: bool) -> None:  # noqa: FBT001 - a table
    assert wants(types, event) is wanted


async def test_every_endpoint_of_the_tenant_that_wants_it_gets_the_event_once(hooks: Hooks) -> None:
    await a_tenant(hooks.held, "other")
    every, _ = await hooks.endpoints.add("acme", hooks.there.url)
    contacts, _ = await hooks.endpoints.add("acme", hooks.there.url, ["contact.*"])
    await hooks.endpoints.add("acme", hooks.there.url, ["message.sent"])
    await hooks.endpoints.add("other", hooks.there.url)
    first = await publish(hooks.held.engine, an_event())
    assert {asked.endpoint for asked in first} == {every.id, contacts.id}
    assert await publish(hooks.held.engine, an_event()) == first
    found = await hooks.deliveries.listed()
    assert len(found) == 2
    assert len({one.message for one in found}) == 1
    assert {one.body for one in found} == {found[0].body}


async def test_what_is_no_event_is_refused(hooks: Hooks) -> None:
    with pytest.raises(UsageError, match="no type of event"):
        await publish(hooks.held.engine, an_event(type="contact created"))
    with pytest.raises(UsageError, match="at most"):
        await publish(hooks.held.engine, an_event(data={"x": "x" * LARGEST_BODY}))


async def test_only_what_is_over_gets_a_new_round(hooks: Hooks) -> None:
    await hooks.endpoint()
    asked = await hooks.published()
    await hooks.deliveries.take(asked.delivery, 1, 9)
    assert await hooks.deliveries.replay(asked.delivery) == asked
    await hooks.deliveries.delivered(asked.delivery)
    again = await hooks.deliveries.replay(asked.delivery)
    assert again.round == 2
    assert await hooks.deliveries.replay(asked.delivery) == again
    assert (await hooks.deliveries.take(asked.delivery, 2, 1)).status is Status.WAITING
    with pytest.raises(UsageError, match="no delivery gone"):
        await hooks.deliveries.replay("gone")


async def test_the_same_on_each_database(each_database: Settings) -> None:
    async with hooked(local(each_database)) as hooks:
        made = await hooks.endpoint()
        hooks.secrets.append(await hooks.endpoints.rotate(made.id))
        asked = await hooks.published()
        await hooks.endpoints.put_off(made.id, now() + HOUR, fault=True)
        await hooks.endpoints.put_off(made.id, now() + SECOND, fault=True)
        held = await hooks.endpoints.find(made.id)
        assert held.not_before
        assert held.not_before > now() + HOUR / 2
        assert not await hooks.endpoints.take_probe(made.id)
        await hooks.rested()
        assert await hooks.attempt(asked) == {"delivery": asked.delivery, "status": 200, "attempt": 1}
        assert (await hooks.endpoints.find(made.id)).faults == 0
        assert [one.status for one in await hooks.deliveries.listed(made.id, Status.DELIVERED)] == [Status.DELIVERED]
        again = await hooks.deliveries.replay(asked.delivery)
        await hooks.attempt(again)
        assert len((await hooks.deliveries.tried([asked.delivery]))[asked.delivery]) == 2
        async with hooks.held.engine.connect() as connection:
            assert (await connection.execute(select(deliveries.c.body))).scalar_one() == hooks.there.calls[0].body
        assert isinstance(hooks.endpoints, Endpoints)
