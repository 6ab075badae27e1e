"""Campaigns on record, and whom each is for."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
from sqlalchemy import update

from arqlight_core.clock import now
from arqlight_core.errors import LeaseLost, UsageError
from arqlight_core.policy import HOUR
from arqlight_core.settings import Settings
from arqlight_jobs.crm import campaign_audience
from arqlight_jobs.crm.campaign_audience import freeze_page
from arqlight_jobs.crm.campaigns import CampaignState
from arqlight_jobs.crm.contents import Content, Kind
from arqlight_jobs.crm.suppression import suppress
from arqlight_jobs.crm.tables.people import contacts
from tests.unit.crm.campaigning import EVERYONE, TEMPLATE, Desk, add, many, open_desk
from tests.unit.crm.post import SENDER, TENANT, contact_row
from tests.unit.outbound.conftest import postgresql_server, settings

__all__ = ["postgresql_server", "settings"]


@pytest.fixture
async def desk(settings: Settings) -> AsyncGenerator[Desk]:
    async with open_desk(settings) as opened:
        yield opened


# ------------------------------------------------------------------ its record


@pytest.mark.parametrize(
    "audience",
    [
        {},
        {"everyone": False},
        {"everyone": True, "tags": ["a"]},
        {"tags": []},
        {"tags": [1]},
        {"contacts": "all"},
        {"x": 1},
    ],
)
async def test_a_wrong_audience_is_refused(desk: Desk, audience: dict[str, Any]) -> None:
    told: dict[str, Any] = {"channel": "whatsapp", "sender": SENDER, "content": "template"}
    with pytest.raises(UsageError, match="no audience"):
        await desk.here.create(id="c", tenant=TENANT, name="C", audience=audience, **told)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"channel": "fax"}, "no channel"),
        ({"sender": ""}, "needs a sender"),
        ({"sender": "9"}, "no sender 9"),
        ({"content": "x"}, "no content x of tenant acme"),
        ({"content": "mail"}, "content mail is of kind email, which is not sent over whatsapp"),
        ({"channel": "email", "sender": ""}, "content template is of kind template, which is not sent over email"),
    ],
)
async def test_a_campaign_of_what_is_not_there_or_does_not_fit_is_refused(
    desk: Desk, told: dict[str, Any], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        await desk.create(**told)


async def test_an_id_is_given_once_and_found_again(desk: Desk) -> None:
    await desk.create(start=False)
    with pytest.raises(UsageError, match="already"):
        await desk.create(start=False)
    assert [one.id for one in await desk.here.listed(5)] == ["c"]
    with pytest.raises(UsageError, match="no campaign d"):
        await desk.here.find("d")


async def test_a_move_happens_once_and_is_remembered(desk: Desk) -> None:
    await desk.create(start=False)
    expected = (CampaignState.DRAFT, CampaignState.PAUSED)
    assert await desk.here.move("c", expected, CampaignState.RUNNING, "spring is here")
    assert not await desk.here.move("c", expected, CampaignState.RUNNING)
    assert not await desk.here.move("nothing", expected, CampaignState.RUNNING)
    [move] = await desk.here.moves("c")
    assert (move.source, move.target, move.reason) == (CampaignState.DRAFT, CampaignState.RUNNING, "spring is here")
    assert (await desk.here.find("c")).started_at


# ------------------------------------------------------------------ its audience


async def test_an_audience_is_written_down_once_with_those_left_out_and_why(desk: Desk) -> None:
    await add(
        desk,
        contact_row("a", "+15145550001"),
        contact_row("b", None),
        contact_row("c", "5145550002"),
        contact_row("d", "+15145550003", consent=False),
        contact_row("e", "+15145550004"),
        contact_row("f", "+15145550005", no_marketing_before=now() + HOUR),
        contact_row("z", "+15145550006", created_at=now() + HOUR),
    )
    await suppress(desk.engine, TENANT, "whatsapp", "+15145550004", "stop")
    await desk.create()
    assert await freeze_page(desk.engine, await desk.here.find("c"), TEMPLATE)
    told = {one.contact: one.reason or one.state for one in await desk.here.recipients("c", None, 9)}
    reasons = ("pending", "no number", "invalid number", "no consent", "suppressed", "marketing cap")
    assert told == dict(zip("abcdef", reasons, strict=True))
    assert (await desk.here.find("c")).total == 6
    assert dict(await desk.here.failures("c", 2)) == {"invalid number": 1, "marketing cap": 1}


async def test_a_number_gets_it_once_whoever_has_it_meanwhile(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign_audience, "PAGE", 1)
    await add(desk, *many(2))
    await desk.create()
    await freeze_page(desk.engine, await desk.here.find("c"), TEMPLATE)
    async with desk.engine.begin() as connection:
        for one, phone in (("c0000", "+15145559999"), ("c0001", "+15145550000")):
            await connection.execute(update(contacts).where(contacts.c.id == one).values(phone=phone))
    await freeze_page(desk.engine, await desk.here.find("c"), TEMPLATE)
    assert [one.reason or one.state for one in await desk.here.recipients("c", None, 9)] == [
        "pending",
        "duplicate address",
    ]


async def test_an_audience_of_mails_is_of_those_with_an_address(desk: Desk) -> None:
    await add(desk, contact_row("a", None, email="a@x.y"), contact_row("b", "+15145550001"))
    await add(desk, contact_row("c", None, email="bad"))
    await desk.create(channel="email", sender="", content="mail")
    await freeze_page(desk.engine, await desk.here.find("c"), Content("mail", TENANT, Kind.EMAIL, {}))
    told = [one.reason or one.state for one in await desk.here.recipients("c", None, 9)]
    assert told == ["pending", "no address", "invalid address"]


@pytest.mark.parametrize(
    ("audience", "meant"),
    [
        ({"tags": ["vip", "new"]}, ["c0000", "c0002"]),
        ({"contacts": ["c0001", "gone", "c0001", "c0002"]}, ["c0001", "c0002", "gone"]),
        (EVERYONE, ["c0000", "c0001", "c0002"]),
    ],
)
async def test_who_is_meant(desk: Desk, audience: dict[str, Any], meant: list[str]) -> None:
    rows = many(3)
    rows[0]["tags"], rows[2]["tags"] = ["vip", "other"], ["new"]
    await add(desk, *rows)
    await desk.create(audience)
    await freeze_page(desk.engine, await desk.here.find("c"), TEMPLATE)
    assert [one.contact for one in await desk.here.recipients("c", None, 9)] == meant


@pytest.mark.parametrize("audience", [EVERYONE, {"contacts": [f"c{one:04}" for one in range(7)]}])
async def test_it_is_taken_in_by_pages_and_only_by_one(
    desk: Desk, audience: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaign_audience, "PAGE", 3)
    await add(desk, *many(7))
    await desk.create(audience)
    first = await desk.here.find("c")
    assert not await freeze_page(desk.engine, first, TEMPLATE)
    with pytest.raises(LeaseLost):
        await freeze_page(desk.engine, first, TEMPLATE)
    assert (await desk.here.find("c")).total == 3
    assert not await freeze_page(desk.engine, await desk.here.find("c"), TEMPLATE)
    assert await freeze_page(desk.engine, await desk.here.find("c"), TEMPLATE)
    assert await desk.counts() == {"pending": 7}
