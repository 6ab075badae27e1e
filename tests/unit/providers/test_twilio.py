"""Twilio: the exact request on the wire, what each of its codes means, and how a message in doubt is found."""

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import msgspec
import pytest

from arqlight.demo.world.stand_in import Fault, StandIn, standing
from arqlight.demo.world.twilio import ACCOUNT, NUMBER, SERVICE, TOKEN, Twilio
from arqlight_core.clock import now
from arqlight_core.errors import Discard, Misconfigured, RateLimited, Signal, Unavailable, UnknownOutcome
from arqlight_core.settings import Settings
from arqlight_jobs.outbound.client import provider_client
from arqlight_jobs.providers.twilio import CODES, LONGEST_BODY, Meaning, Sms, Unsubscribed, look_up, send

TO = "+4915112345678"
SMS = Sms(to=TO, sender=NUMBER, body="Hällo & bye + 100 %")
SIGNALS: dict[Meaning, type[Signal]] = {
    Meaning.BAD_RECIPIENT: Discard,
    Meaning.UNSUBSCRIBED: Unsubscribed,
    Meaning.BAD_MESSAGE: Discard,
    Meaning.CONFIG: Misconfigured,
    Meaning.BUSY: RateLimited,
}


class Desk:
    """An account, and a client of it."""

    def __init__(self, account: Twilio, there: StandIn, settings: Settings, client: httpx.AsyncClient) -> None:
        self.account, self.there, self.settings, self.client = account, there, settings, client

    async def send(self, sms: Sms = SMS, **settings: Any) -> str:
        return await send(self.client, msgspec.structs.replace(self.settings, **settings), sms, "a-correlation-id")

    async def refuse(self, status: int, code: Any) -> BaseException:
        """What the error of such an answer is."""
        body = msgspec.json.encode({"code": code, "message": f"no way to {TO}", "status": status})
        self.there.script(Fault(status=status, body=msgspec.Raw(body)))
        with pytest.raises(Signal) as problem:
            await self.send()
        return problem.value


@asynccontextmanager
async def opened(account: Twilio, folder: Path) -> AsyncGenerator[Desk]:
    async with standing(account.stand_in()) as there:
        settings = Settings(
            data_dir=folder, twilio_base_url=there.url, twilio_account_sid=ACCOUNT, twilio_auth_token=TOKEN
        )
        async with provider_client(settings) as client:
            yield Desk(account, there, settings, client)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    async with opened(Twilio(), tmp_path) as made:
        yield made


async def test_a_message_is_posted_as_a_form_and_answered_with_its_sid(desk: Desk) -> None:
    sid = await desk.send()
    [call], [message] = desk.there.calls, desk.account.messages
    assert (call.method, call.path) == ("POST", f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json")
    assert call.headers["content-type"] == "application/x-www-form-urlencoded"
    assert call.headers["authorization"].startswith("Basic ")
    assert call.headers["x-correlation-id"] == "a-correlation-id"
    assert dict(parse_qsl(call.body.decode())) == {"To": TO, "From": NUMBER, "Body": SMS.body}
    assert (sid, message.body) == (message.sid, SMS.body)


async def test_a_messaging_service_takes_the_place_of_a_number(desk: Desk) -> None:
    await desk.send(Sms(to=TO, sender=SERVICE, body="hello"))
    [call] = desk.there.calls
    assert dict(parse_qsl(call.body.decode())) == {"To": TO, "MessagingServiceSid": SERVICE, "Body": "hello"}


@pytest.mark.parametrize(("code", "meaning"), CODES.items())
async def test_each_code_comes_to_what_it_means(desk: Desk, code: int, meaning: Meaning) -> None:
    problem = await desk.refuse(429 if meaning is Meaning.BUSY else 400, code)
    assert type(problem) is SIGNALS[meaning]
    assert getattr(problem, "dependency", "twilio") == "twilio"
    assert TO not in str(problem)
    assert ACCOUNT not in repr(problem)


@pytest.mark.parametrize(
    ("status", "code", "signal"),
    [
        (400, 99999, Discard),
        (400, "21610", Discard),
        (404, None, Discard),
        (401, None, Misconfigured),
        (429, None, RateLimited),
        (500, 20500, Unavailable),
        (503, [21610], Unavailable),
    ],
)
async def test_what_has_no_known_code_goes_by_its_status(
    desk: Desk, status: int, code: Any, signal: type[Signal]
) -> None:
    assert type(await desk.refuse(status, code)) is signal


@pytest.mark.parametrize("body", [b"<html>", b"", b"[]", b"\xff", b'{"code": true}'])
async def test_an_answer_that_cannot_be_read_goes_by_its_status(desk: Desk, body: bytes) -> None:
    desk.there.script(Fault(status=400, body=msgspec.Raw(body)))
    with pytest.raises(Discard):
        await desk.send()
    desk.there.script(Fault(status=201, body=msgspec.Raw(body)))
    with pytest.raises(UnknownOutcome):
        await desk.send()


async def test_a_busy_account_says_how_long_and_is_asked_again(tmp_path: Path) -> None:
    async with opened(Twilio(per_second=1), tmp_path) as desk:
        await desk.send()
        with pytest.raises(RateLimited) as busy:
            await desk.send()
        assert busy.value.after >= timedelta(seconds=1)
        desk.there.script(Fault(status=429, headers={"Retry-After": "7"}))
        with pytest.raises(RateLimited) as told:
            await desk.send()
        assert timedelta(seconds=7) <= told.value.after < timedelta(seconds=8)
    assert len(desk.account.messages) == 1


@pytest.mark.parametrize("account", ["", "AC/../x", "AC 1"])
async def test_without_an_account_nothing_is_posted(desk: Desk, account: str) -> None:
    with pytest.raises(Misconfigured, match="TWILIO_ACCOUNT_SID"):
        await desk.send(twilio_account_sid=account)
    assert not desk.there.calls


@pytest.mark.parametrize("body", ["", "  \n", "x" * (LONGEST_BODY + 1)])
async def test_a_message_without_a_text_or_with_too_much_is_not_posted(desk: Desk, body: str) -> None:
    with pytest.raises(Discard):
        await desk.send(Sms(to=TO, sender=NUMBER, body=body))
    assert not desk.there.calls


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"to": "4915112345678"}, 21211),
        ({"sender": "+15005550001"}, 21606),
        ({"to": "+4915100000001"}, 21610),
        ({"to": "+4915100000002"}, 21635),
    ],
)
async def test_the_stand_in_refuses_as_twilio_does(desk: Desk, told: dict[str, str], code: int) -> None:
    desk.account.unsubscribed.add("+4915100000001")
    desk.account.landlines.add("+4915100000002")
    with pytest.raises(Signal) as problem:
        await desk.send(msgspec.structs.replace(SMS, **told))
    assert isinstance(problem.value, SIGNALS[CODES[code]])
    with pytest.raises(Misconfigured):
        await desk.send(twilio_auth_token="wrong")  # noqa: S106 - on purpose
    assert not desk.there.effects


@pytest.mark.parametrize("drop", ["before", "after"])
async def test_a_line_that_goes_dead_leaves_doubt_and_tells_nothing_of_the_account(
    desk: Desk, drop: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    since = now()
    desk.there.script(Fault(drop=drop))
    with pytest.raises(UnknownOutcome) as lost:
        await desk.send()
    assert ACCOUNT not in f"{lost.value!r} {lost.value.__context__!r}"
    assert len(await look_up(desk.client, desk.settings, SMS, since)) == (drop == "after")
    assert not [one for one in caplog.records if one.name.startswith("httpx") and ACCOUNT in one.getMessage()]


async def test_only_the_same_text_to_the_same_number_since_then_is_found(desk: Desk) -> None:
    since = now()
    first, second = await desk.send(), await desk.send()
    await desk.send(msgspec.structs.replace(SMS, body="another"))
    await desk.send(msgspec.structs.replace(SMS, to="+4915100000009"))
    assert await look_up(desk.client, desk.settings, SMS, since) == [first, second]
    assert await look_up(desk.client, desk.settings, SMS, now() + timedelta(minutes=1)) == []
    asked = desk.there.calls[-1]
    assert asked.query == {"To": TO, "DateSent>": f"{now() + timedelta(minutes=1):%Y-%m-%d}", "PageSize": "100"}


@pytest.mark.parametrize("fault", [Fault(status=500), Fault(drop="before"), Fault(status=200, body=msgspec.Raw(b"[]"))])
async def test_a_look_up_that_fails_may_be_repeated(desk: Desk, fault: Fault) -> None:
    desk.there.script(fault)
    with pytest.raises(Unavailable):
        await look_up(desk.client, desk.settings, SMS, now())
