"""The providers of the show answer behind their doors, refuse who is lost, and count a template once for a number."""

from collections.abc import AsyncGenerator
from email.message import EmailMessage
from typing import Any

import aiosmtplib
import httpx
import pytest

from arqlight.demo import providers as shown
from arqlight.demo.doors import HOST, MAIL, WHATSAPP_TOKEN, Doors, doors
from arqlight.demo.providers import MOST_CALLS, Providers, open_doors

FOUND, LOST = "+12125550110", "+12125550119"
PATH = "/v21.0/acorn-news/messages"


@pytest.fixture
async def opened() -> AsyncGenerator[Doors]:
    with doors() as made:
        yield made


@pytest.fixture
async def providers(monkeypatch: pytest.MonkeyPatch, opened: Doors) -> AsyncGenerator[Providers]:
    monkeypatch.setattr(shown, "LATENCY", 0.0)
    async with open_doors(opened) as served:
        yield served


async def sent(providers: Providers, to: str, template: str, mark: str) -> tuple[int, Any]:
    told = {"messaging_product": "whatsapp", "to": to, "type": "template", "biz_opaque_callback_data": mark}
    told |= {"template": {"name": template, "language": {"code": "en"}}}
    headers = {"Authorization": f"Bearer {WHATSAPP_TOKEN}"}
    async with httpx.AsyncClient(base_url=providers.whatsapp.url) as client:
        response = await client.post(PATH, json=told, headers=headers)
    return response.status_code, response.json()


async def mailed(opened: Doors, *to: str) -> dict[str, int]:
    """Whom the mail server refused, and by which code."""
    mail = EmailMessage()
    mail["From"], mail["Message-ID"] = "us@example.com", "<one@example.com>"
    mail.set_content("Dear you,\n.\nthis is a dot.")
    port = opened.sockets[MAIL].getsockname()[1]
    try:
        refused, _ = await aiosmtplib.send(
            mail, hostname=HOST, port=port, recipients=list(to), start_tls=False, use_tls=False
        )
    except aiosmtplib.SMTPRecipientsRefused as problem:
        return {one.recipient: one.code for one in problem.recipients}
    return {address: answer.code for address, answer in refused.items()}


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


async def test_the_mail_server_takes_mail_refuses_who_is_lost_and_counts_by_message_id(
    opened: Doors, providers: Providers
) -> None:
    assert await mailed(opened, "ada@example.com", "nobody.gus@example.com") == {"nobody.gus@example.com": 550}
    assert await mailed(opened, "nobody.gus@example.com") == {"nobody.gus@example.com": 550}
    assert providers.letters.taken == {"<one@example.com>": 1}
    await mailed(opened, "ada@example.com")
    assert providers.letters.taken == {"<one@example.com>": 2}


async def test_only_the_last_calls_are_remembered(providers: Providers) -> None:
    assert {one.calls.maxlen for one in providers.there.values()} == {MOST_CALLS}
