"""Tenants, senders, users and contents: written down, changed, and refused with a sentence where they cannot be."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from arqlight_core.errors import UsageError
from arqlight_core.settings import Settings
from arqlight_jobs.crm.content_checks import checked
from arqlight_jobs.crm.contents import Content, Kind, content_of
from arqlight_jobs.crm.people import Tenant, sender_of, tenant_of
from arqlight_jobs.crm.records import records
from arqlight_jobs.crm.registration import Registry, TenantView, User
from arqlight_jobs.crm.tables.people import users
from arqlight_jobs.providers.whatsapp import message_of

ACME = Tenant("acme", "Acme", "CH", "smtp", "")
SPRING: dict[str, Any] = {
    "name": "spring",
    "language": "de_CH",
    "components": [{"type": "body", "parameters": []}],
    "marketing": True,
}


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncGenerator[Registry]:
    async with records(Settings(data_dir=tmp_path / "data")) as opened:
        made = Registry(opened.engine)
        await made.add(ACME)
        yield made


async def test_a_tenant_is_found_with_what_it_has(registry: Registry) -> None:
    assert await registry.put_sender("acme", "106", 250)
    assert await registry.put_user(User("ada", "acme", "ada@acme.example", ("email",), "22:00-07:00"))
    assert await registry.put_content(Content("spring", "acme", Kind.TEMPLATE, SPRING))
    found = await registry.find("acme")
    assert found == TenantView(
        "acme", "Acme", "CH", "smtp", "", {"106": 250}, users=["ada"], contents={"spring": "template"}, contacts=0
    )
    assert await registry.listed() == [found]
    async with registry.engine.connect() as connection:
        assert await tenant_of(connection, "acme") == ACME
        assert (await sender_of(connection, "acme", "106")).tier == 250
        assert (await content_of(connection, "acme", "spring")).body == SPRING


async def test_what_is_there_is_changed_and_the_rest_of_it_stays(registry: Registry) -> None:
    for tier in (250, 2000):
        assert await registry.put_sender("acme", "106", tier) is (tier == 250)
    await registry.put_user(User("ada", "acme"))
    assert not await registry.put_user(User("ada", "acme", quiet="22:00-07:00", timezone="Europe/Zurich"))
    assert (await registry.find("acme")).senders == {"106": 2000}
    async with registry.engine.connect() as connection:
        row = (await connection.execute(select(users))).one()
    assert (row.quiet_from, row.quiet_to, row.timezone, row.channels) == ("22:00", "07:00", "Europe/Zurich", [])


async def test_an_id_of_another_tenant_is_neither_taken_nor_changed(registry: Registry) -> None:
    await registry.add(Tenant("initech", "Initech", "US", "sendgrid", "news@initech.example"))
    await registry.put_sender("acme", "106", 250)
    with pytest.raises(UsageError, match="belongs to another tenant"):
        await registry.put_sender("initech", "106", 0)
    assert (await registry.find("acme")).senders == {"106": 250}


REFUSED: list[tuple[Callable[[Registry], Awaitable[Any]], str]] = [
    (lambda told: told.add(ACME), "There is a tenant acme already"),
    (lambda told: told.add(Tenant("two words", "x", "CH", "smtp", "")), "is no id for a tenant"),
    (lambda told: told.add(Tenant("x", "x", "XX", "smtp", "")), "XX is no region"),
    (lambda told: told.add(Tenant("x", "x", "CH", "smtp", "nobody")), "no mail address to send from"),
    (lambda told: told.find("nobody"), "There is no tenant nobody"),
    (lambda told: told.put_sender("nobody", "106", 0), "There is no tenant nobody"),
    (lambda told: told.put_sender("acme", "1:6", 0), "is no id for a sender"),
    (lambda told: told.put_user(User("u", "acme", channels=("pigeon",))), "pigeon is no channel"),
    (lambda told: told.put_user(User("u", "acme", channels=("email",))), "Mail needs an address"),
    (lambda told: told.put_user(User("u", "acme", email="ada")), "That is no mail address"),
    (lambda told: told.put_user(User("u", "acme", quiet="at night")), "are no quiet hours"),
    (lambda told: told.put_user(User("u", "acme", timezone="Mars/Olympus")), "is no time zone"),
    (lambda told: told.put_user(User("u", "acme", timezone="../etc/passwd")), "is no time zone"),
    (lambda told: told.put_user(User("u", "acme", timezone="Europe")), "is no time zone"),  # a folder of them
    (lambda told: told.put_user(User("u", "acme", timezone="x" * 300)), "is no time zone"),
    (lambda told: told.put_user(User("u", "acme", email=f"{'x' * 300}@a.example")), "That is no mail address"),
    (lambda told: told.add(Tenant("x\n", "x", "CH", "smtp", "")), "is no id for a tenant"),
    (lambda told: told.add(Tenant("x\x1b[2J", "x", "CH", "smtp", "")), "is no id for a tenant"),
    (lambda told: told.put_content(Content("c", "acme", Kind.TEXT, {})), "That is no text: object missing required"),
]


@pytest.mark.parametrize(("act", "sentence"), REFUSED)
async def test_what_is_not_right_is_refused(
    registry: Registry, act: Callable[[Registry], Awaitable[Any]], sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        await act(registry)
    assert [one.id for one in await registry.listed()] == ["acme"]


BODIES: list[tuple[Kind, dict[str, Any]]] = [
    (Kind.TEXT, {"body": "Hello {{name}}", "preview_url": True}),
    (Kind.TEMPLATE, SPRING),
    (Kind.TEMPLATE, {"name": "spring", "language": "en"}),
    (Kind.MEDIA, {"type": "image", "link": "https://example.com/a.png", "caption": "Spring"}),
    (Kind.MEDIA, {"type": "audio", "id": "1234"}),
    (Kind.INTERACTIVE, {"type": "button", "body": {"text": "Yes?"}, "action": {"buttons": []}}),
]


@pytest.mark.parametrize(("kind", "body"), BODIES)
def test_what_is_let_in_can_be_sent(kind: Kind, body: dict[str, Any]) -> None:
    assert checked(kind, body) == body
    assert message_of("+41791234567", kind, body)["type"]


@pytest.mark.parametrize(
    ("kind", "body", "sentence"),
    [
        (Kind.TEXT, {"body": ""}, "body"),
        (Kind.TEXT, {"body": "x" * 5000}, "body"),
        (Kind.TEXT, {"body": "x", "prevew_url": True}, "prevew_url"),
        (Kind.TEMPLATE, {"name": "spring", "language": "German"}, "language"),
        (Kind.TEMPLATE, {"name": "spring"}, "language"),
        (Kind.MEDIA, {"type": "gif", "id": "1"}, "type"),
        (Kind.MEDIA, {"type": "image"}, "either an id"),
        (Kind.MEDIA, {"type": "image", "id": "1", "link": "https://example.com"}, "either an id"),
        (Kind.TEMPLATE, {"name": "spring", "language": "de\n"}, "language"),
        (Kind.EMAIL, {"subject": "two\nlines", "text": "x"}, "subject"),
        (Kind.EMAIL, {"subject": "one line\n", "text": "x"}, "subject"),
        (Kind.EMAIL, {"subject": "s"}, "text"),
    ],
)
def test_what_could_not_be_sent_is_refused_when_it_is_written_down(
    kind: Kind, body: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        checked(kind, body)
