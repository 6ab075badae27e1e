"""The providers of the show answer behind their doors, refuse who is lost, and count a template once for a number."""

from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest

from arqlight.demo import providers as shown
from arqlight.demo.doors import WHATSAPP_TOKEN, doors
from arqlight.demo.providers import MOST_CALLS, Providers, open_doors
from arqlight.demo.troubles import Troubles

FOUND, LOST = "+12125550110", "+12125550119"
PATH = "/v21.0/acorn-news/messages"


@pytest.fixture
async def providers(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Providers]:
    monkeypatch.setattr(shown, "LATENCY", 0.0)
    with doors() as opened:
        async with open_doors(opened) as served:
            yield served


async def sent(providers: Providers, to: str, template: str, mark: str) -> tuple[int, Any]:
    told = {"messaging_product": "whatsapp", "to": to, "type": "template", "biz_opaque_callback_data": mark}
    told |= {"template": {"name": template, "language": {"code": "en"}}}
    headers = {"Authorization": f"Bearer {WHATSAPP_TOKEN}"}
    async with httpx.AsyncClient(base_url=providers.whatsapp.url) as client:
        response = await client.post(PATH, json=told, headers=headers)
    return response.status_code, response.json()


async def test_a_template_that_goes_to_a_number_twice_is_seen_whichever_job_sends_it(providers: Providers) -> None:
    assert (await sent(providers, FOUND, "spring", "job-1"))[0] == 200
    assert providers.whatsapp.effects == {f"{FOUND} spring": 1}
    await sent(providers, FOUND, "spring", "job-2")
    await sent(providers, FOUND, "summer", "job-3")
    assert providers.whatsapp.effects == {f"{FOUND} spring": 2, f"{FOUND} summer": 1}


async def test_who_is_lost_gets_nothing(providers: Providers) -> None:
    status, told = await sent(providers, LOST, "spring", "job-1")
    assert (status, told["error"]["code"]) == (400, 131026)
    assert not providers.whatsapp.effects


async def test_only_the_last_calls_are_remembered(providers: Providers) -> None:
    assert providers.whatsapp.calls.maxlen == providers.sendgrid.calls.maxlen == MOST_CALLS


async def test_a_trouble_waits_for_a_call_and_no_other_comes_before(providers: Providers) -> None:
    troubles = Troubles(providers)
    await troubles.next()
    await troubles.next()
    assert [len(one.faults) for one in (providers.whatsapp, providers.sendgrid, providers.openai)] == [1, 1, 1]
    assert (await sent(providers, FOUND, "spring", "job-1"))[0] == 429
    assert (await sent(providers, FOUND, "spring", "job-1"))[0] == 200
