"""The shops of the show are opened as an operator would, and when it is over nothing more is sent to anybody."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from sqlalchemy import select

from arqlight.demo.hooks import MOVED, TIRED, TIRED_FOR, WORKS, Servers
from arqlight.demo.shops import CAMPAIGNING, NAMES, OVER, endpoint, open_shops, template
from arqlight.demo.world.stand_in import Call
from arqlight_core.settings import Settings
from arqlight_jobs.crm.campaigns import Campaigns, CampaignState
from arqlight_jobs.crm.endpoints import Endpoints
from arqlight_jobs.crm.flows import Flows
from arqlight_jobs.crm.records import Records, records
from arqlight_jobs.crm.registration import Registry
from arqlight_jobs.crm.suppression import suppressed
from arqlight_jobs.crm.tables.people import tenants


@pytest.fixture
async def held(tmp_path: Path) -> AsyncGenerator[Records]:
    async with records(Settings(data_dir=tmp_path, ssrf_allowlist="127.0.0.1")) as opened:
        yield opened


async def a_campaign(held: Records, tenant: str, name: str) -> None:
    await Registry(held.engine).put_content(template(tenant, name))
    parts = {"id": name, "tenant": tenant, "name": name, "sender": f"{tenant}-{CAMPAIGNING[0]}", "content": name}
    await Campaigns(held.engine).create(**parts, channel="whatsapp", audience={"everyone": True})


async def test_each_shop_has_its_senders_its_user_and_its_flow(held: Records) -> None:
    async with open_shops(held) as shops:
        assert [one.id for one in shops] == list(NAMES)
        for shop in shops:
            listed = await Registry(held.engine).find(shop.id)
            assert {shop.sender(role) for role in CAMPAIGNING} < set(listed.senders)
            assert list(listed.users) == [shop.user]
            assert len(await Flows(held.engine).listed(shop.id)) == 1
    everybody = [one.phone for shop in shops for one in shop.people]
    assert len(set(everybody)) == len(everybody)


async def test_when_it_is_over_nothing_that_is_left_is_sent(held: Records) -> None:
    async with open_shops(held) as shops:
        shop = shops[0]
        await a_campaign(held, shop.id, "spring")
        await Campaigns(held.engine).move("spring", [CampaignState.DRAFT], CampaignState.RUNNING)
        named = await endpoint(held, shop, "http://127.0.0.1:9/orders")
    assert (await Campaigns(held.engine).find("spring")).state is CampaignState.CANCELLED
    assert (await Endpoints(held).find(named)).disabled_because == OVER
    async with held.engine.connect() as connection:
        for one in shop.people:
            assert await suppressed(connection, shop.id, "whatsapp", one.phone) == OVER
            assert await suppressed(connection, shop.id, "email", one.email) == OVER


async def test_a_second_show_on_the_same_records_has_tenants_of_its_own_and_leaves_others_alone(held: Records) -> None:
    async with open_shops(held):
        pass
    await a_campaign(held, "acorn", "somebody's")
    async with open_shops(held) as shops:
        assert [one.id for one in shops] == [f"{name}-2" for name in NAMES]
    assert (await Campaigns(held.engine).find("somebody's")).state is CampaignState.DRAFT
    async with held.engine.connect() as connection:
        assert len((await connection.execute(select(tenants.c.id))).all()) == 2 * len(NAMES)


def called(path: str, at: float = 0.0) -> Call:
    return Call("POST", path, {}, {}, b"", at)


def test_one_server_is_gone_one_is_tired_for_a_while_and_none_believes_what_is_not_signed() -> None:
    servers = Servers(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
    assert servers.answer(called(MOVED)).status == 410
    assert servers.answer(called(WORKS)).status == 401
    assert servers.answer(called(TIRED, at=1e12)).status == 503
    rested = Servers([])
    assert rested.answer(called(TIRED, at=-TIRED_FOR)).status == 401
