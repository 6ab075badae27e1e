"""SendGrid on the wire: the exact request, and what each documented answer comes to."""

import logging
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from arqlight.demo.world.sendgrid import Account, sendgrid
from arqlight.demo.world.stand_in import Fault, StandIn, standing
from arqlight_core.clock import now
from arqlight_core.errors import Discard, Misconfigured, RateLimited, Signal, Unavailable, UnknownOutcome
from arqlight_core.policy import HOUR, MINUTE
from arqlight_core.settings import Settings
from arqlight_jobs.providers.headers import MailRefused
from arqlight_jobs.providers.sendgrid import Mail, send

KEY = "SG.planted-key.0123456789abcdef"
MAIL = Mail(to="jane@example.com", sender="shop@acme.test", subject="Hello", text="Your order is on its way.")


@pytest.fixture
def account() -> Account:
    return Account(key=KEY)


@pytest.fixture
async def there(account: Account) -> AsyncGenerator[StandIn]:
    async with standing(sendgrid(account)) as made:
        yield made


def settings_of(there: StandIn, key: str = KEY) -> Settings:
    return Settings(data_dir=Path("unused"), sendgrid_base_url=there.url, sendgrid_api_key=key)


async def sent(there: StandIn, mail: Mail = MAIL, key: str = KEY) -> str:
    async with httpx.AsyncClient() as client:
        return await send(client, settings_of(there, key), mail, "corr-1")


def changed(**told: Any) -> Mail:
    return msgspec.structs.replace(MAIL, **told)


# ------------------------------------------------------------------ what goes over the wire


async def test_a_mail_is_posted_as_the_interface_has_it(there: StandIn, account: Account) -> None:
    at = now() + HOUR
    mail = changed(
        to_name="Jane",
        sender_name="Acme",
        html="<p>Hi</p>",
        custom_args={"effect": "e1", "campaign": "c-7"},
        tracked=True,
        message_id="m1",
        headers={"List-Unsubscribe": "<https://acme.test/u/1>"},
        categories=("news",),
        send_at=at,
    )
    message_id = await sent(there, mail)
    [call] = there.calls
    assert (call.method, call.path) == ("POST", "/v3/mail/send")
    assert call.headers["authorization"] == f"Bearer {KEY}"
    assert (call.headers["content-type"], call.headers["x-correlation-id"]) == ("application/json", "corr-1")
    assert call.json == {
        "personalizations": [
            {
                "to": [{"email": "jane@example.com", "name": "Jane"}],
                "custom_args": {"effect": "e1", "campaign": "c-7"},
                "send_at": int(at.timestamp()),
            }
        ],
        "from": {"email": "shop@acme.test", "name": "Acme"},
        "subject": "Hello",
        "content": [
            {"type": "text/plain", "value": "Your order is on its way."},
            {"type": "text/html", "value": "<p>Hi</p>"},
        ],
        "tracking_settings": {"click_tracking": {"enable": True}, "open_tracking": {"enable": True}},
        "headers": {"Message-ID": "<m1@acme.test>", "List-Unsubscribe": "<https://acme.test/u/1>"},
        "categories": ["news"],
    }
    assert message_id == account.accepted[0]["message_id"]
    assert there.effects == {"e1": 1}


async def test_a_plain_mail_is_not_tracked_and_has_nothing_that_was_not_given(there: StandIn) -> None:
    await sent(there)
    [call] = there.calls
    assert call.json["tracking_settings"] == {"click_tracking": {"enable": False}, "open_tracking": {"enable": False}}
    assert call.json.keys() == {"personalizations", "from", "subject", "content", "tracking_settings"}
    assert there.effects == {"jane@example.com Hello": 1}


async def test_an_answer_without_an_id_is_a_mail_nevertheless(there: StandIn) -> None:
    there.script(Fault(status=202))
    assert await sent(there) == ""


# ------------------------------------------------------------------ what each answer comes to


@pytest.mark.parametrize(
    ("status", "signal"),
    [
        (200, Misconfigured),
        (204, UnknownOutcome),
        (301, Discard),
        (400, Discard),
        (401, Misconfigured),
        (403, Misconfigured),
        (404, Discard),
        (405, Discard),
        (408, Unavailable),
        (413, Discard),
        (415, Discard),
        (429, RateLimited),
        (500, Unavailable),
        (501, Unavailable),
        (502, Unavailable),
        (503, Unavailable),
        (504, Unavailable),
    ],
)
async def test_each_answer_says_whether_to_try_again(there: StandIn, status: int, signal: type[Signal]) -> None:
    body = msgspec.Raw(b'{"errors":[{"message":"about jane@example.com","field":null,"help":null}]}')
    there.script(Fault(status=status, body=body))
    with pytest.raises(signal, match=f"sendgrid answered {status}") as refused:
        await sent(there)
    assert "jane" not in str(refused.value)
    assert getattr(refused.value, "dependency", "sendgrid") == "sendgrid"
    assert there.effects == {}


async def test_a_rate_limit_lasts_until_its_reset(there: StandIn, account: Account) -> None:
    account.limit, account.window = 2, 5 * MINUTE
    for _ in range(2):
        await sent(there)
    with pytest.raises(RateLimited) as limited:
        await sent(there)
    assert 290 <= limited.value.after.total_seconds() <= 331
    assert there.effects.total() == 2


async def test_a_lost_answer_leaves_open_whether_the_mail_went_out(there: StandIn) -> None:
    there.script(Fault(drop="after"), Fault(drop="before"))
    for _ in range(2):
        with pytest.raises(UnknownOutcome):
            await sent(there)
    there.url = "http://127.0.0.1:9"
    with pytest.raises(Unavailable):
        await sent(there)


@pytest.mark.parametrize("key", ["", "SG.with space", "SG.é", "SG.line\nbreak"])
async def test_without_a_key_nobody_is_called(there: StandIn, key: str) -> None:
    with pytest.raises(Misconfigured, match="SENDGRID_API_KEY") as refused:
        await sent(there, key=key)
    assert "SG." not in str(refused.value)
    assert not there.calls


async def test_a_wrong_key_is_the_account_s_fault(there: StandIn) -> None:
    with pytest.raises(Misconfigured, match="401"):
        await sent(there, key="SG.another")


# ------------------------------------------------------------------ what is never sent


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"to": "jane"}, "the address is no mail address"),
        ({"to": "jane@example.com,eve@x.org"}, "the address is no mail address"),
        ({"to": "jane@example.com\r\nBcc: eve@x.org"}, "header injection: the address"),
        ({"to": ""}, "the address is no mail address"),
        ({"sender": "shop"}, "the sender is no mail address"),
        ({"subject": "Hi\nBcc: eve@x.org"}, "header injection: the subject"),
        ({"subject": " "}, "the mail has no subject"),
        ({"to_name": "Jane\rEve"}, "header injection: the name"),
        ({"sender_name": "Acme\x85"}, "header injection: the sender's name"),
        ({"text": ""}, "the mail has no text"),
        ({"text": "\ud800"}, "surrogate"),
        ({"headers": {"List-Unsubscribe": "<x>\r\nX: y"}}, "header injection"),
        ({"headers": {"Subject": "other"}}, "only SendGrid may write"),
        ({"headers": {"X:y": "other"}}, "only SendGrid may write"),
        ({"custom_args": {"contact": "jane@example.com"}}, "no opaque id"),
        ({"custom_args": {"contact": "+1 514 555 0199"}}, "no opaque id"),
        ({"custom_args": {f"a{n}": "x" * 200 for n in range(60)}}, "larger than 10000 bytes"),
        ({"categories": tuple(f"c{n}" for n in range(11))}, "at most 10 categories"),
        ({"send_at": now() + 73 * HOUR}, "72 hours"),
        ({"text": "x" * (30 * 1024**2)}, "larger than"),
    ],
)
async def test_what_sendgrid_would_refuse_or_must_not_know_is_refused_here(
    there: StandIn, told: dict[str, Any], why: str
) -> None:
    with pytest.raises(MailRefused, match=why) as refused:
        await sent(there, changed(**told))
    assert "eve" not in str(refused.value)
    assert not there.calls


async def test_no_log_line_has_the_key_or_a_person(there: StandIn, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await sent(there)
    there.script(Fault(status=401))
    with pytest.raises(Misconfigured):
        await sent(there)
    told = "\n".join(record.getMessage() for record in caplog.records if record.name != "httpcore.connection")
    assert KEY not in told
    assert "jane" not in told


# ------------------------------------------------------------------ the stand-in


async def ask(there: StandIn, body: Any, method: str = "POST", **headers: str) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        given = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json", **headers}
        return await client.request(method, f"{there.url}/v3/mail/send", content=body, headers=given)


TO: dict[str, Any] = {"to": [{"email": "a@b.c"}]}
EACH_WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "personalizations"),
    ({"personalizations": [{}]}, "personalizations.0.to"),
    ({"personalizations": [{"to": [{"email": "no"}]}]}, "personalizations.0.to.0.email"),
    ({"personalizations": [{"to": [{"email": "a@b.c"}] * 1001}]}, "personalizations"),
    ({"personalizations": [{**TO, "send_at": 9_999_999_999}]}, "personalizations.0.send_at"),
    ({"personalizations": [TO]}, "from.email"),
    ({"personalizations": [TO]}, "subject"),
    ({"personalizations": [TO]}, "content"),
    ({"personalizations": [TO], "categories": ["c"] * 11}, "categories"),
]


@pytest.mark.parametrize(("body", "field"), EACH_WRONG)
async def test_the_stand_in_names_the_field_that_is_wrong(there: StandIn, body: Any, field: str) -> None:
    answer = await ask(there, msgspec.json.encode(body))
    assert answer.status_code == 400
    errors = answer.json()["errors"]
    assert field in [error["field"] for error in errors]
    assert all(error.keys() == {"message", "field", "help"} for error in errors)


async def test_the_stand_in_refuses_what_is_no_json_no_post_and_no_mail(there: StandIn) -> None:
    assert (await ask(there, b"{")).status_code == 400
    assert (await ask(there, b"{}", **{"Content-Type": "text/plain"})).status_code == 415
    assert (await ask(there, b"", method="GET")).status_code == 405
    assert (await ask(there, b"x" * (30 * 1024**2 + 1))).status_code == 413
    answer = await ask(there, b"{}", Authorization="Bearer x")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (401, None)
    assert int((await ask(there, b"{")).headers["X-RateLimit-Remaining"]) < 600
