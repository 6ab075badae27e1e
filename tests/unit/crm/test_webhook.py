"""Outbound webhooks: signed as the standard has it and judged by their answers; who does not cope is let alone."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from cryptography.fernet import Fernet
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from arqlight.demo.world.receiver import is_genuine
from arqlight.demo.world.stand_in import Call, Fault
from arqlight_core.clock import now
from arqlight_core.errors import Discard, RateLimited, Unavailable
from arqlight_core.policy import DAY, HOUR, MINUTE, SECOND
from arqlight_core.settings import Settings
from arqlight_jobs.crm import webhook_answers
from arqlight_jobs.crm.deliveries import Status
from arqlight_jobs.crm.requests import NotificationAsked
from arqlight_jobs.crm.webhook import RETRY, deliver
from arqlight_jobs.crm.webhook_answers import Answer, Meaning
from arqlight_jobs.outbound.signing import signed
from tests.faults.fleet import until
from tests.unit.crm.hooks import Hooks, hooked, local

LAST = RETRY.attempts


@pytest.fixture
async def hooks(tmp_path: Path) -> AsyncGenerator[Hooks]:
    settings = Settings(data_dir=tmp_path / "data", payload_enc_keys=Fernet.generate_key().decode())
    async with hooked(local(settings)) as made:
        yield made


def verified(call: Call, secret: str) -> object:
    """The body, if the standard's own library believes it."""
    return Webhook(secret).verify(call.body, dict(call.headers))


# ------------------------------------------------------------------ on the wire


def test_the_vector_of_the_standard_is_signed_and_believed() -> None:
    secret, message = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
    at, body = datetime.fromtimestamp(1614265330, UTC), b'{"test": 2432232314}'
    headers = signed([secret], message, at, body)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert is_genuine(headers, body, [secret], at.timestamp())


async def test_what_is_posted_is_what_the_standards_own_library_believes(hooks: Hooks) -> None:
    await hooks.endpoint()
    asked = await hooks.published()
    told = await hooks.attempt(asked)
    [call] = hooks.there.calls
    assert verified(call, hooks.secrets[0]) == call.json
    assert call.json.keys() == {"type", "timestamp", "data"}
    assert (call.method, call.path, call.headers["content-type"]) == ("POST", "/hooks", "application/json")
    assert call.headers["x-correlation-id"] == "test"
    assert told == {"delivery": asked.delivery, "status": 200, "attempt": 1}
    assert (await hooks.deliveries.find(asked.delivery)).status is Status.DELIVERED


async def test_each_attempt_has_a_timestamp_of_its_own_and_the_same_id(
    hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hooks.endpoint()
    asked = await hooks.published()
    for number, hours in ((1, 3), (2, 0)):
        monkeypatch.setattr("arqlight_jobs.crm.delivering.now", lambda ago=hours: now() - ago * HOUR)
        hooks.there.script(*[Fault(status=500)] * (2 - number))
        if number == 1:
            with pytest.raises(Unavailable):
                await hooks.attempt(asked, number)
        else:
            await hooks.attempt(asked, number)
    first, second = hooks.there.calls
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    verified(second, hooks.secrets[0])
    with pytest.raises(WebhookVerificationError, match="too old"):
        verified(first, hooks.secrets[0])


@pytest.mark.parametrize(("minutes", "believed"), [(-6, False), (-4, True), (4, True), (6, False)])
def test_a_receiver_believes_a_timestamp_for_five_minutes(minutes: int, believed: bool) -> None:  # noqa: FBT001 - a table
    secret, at = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", now()
    headers = signed([secret], "msg_1", at + minutes * MINUTE, b"{}")
    assert is_genuine(headers, b"{}", [secret], at.timestamp()) is believed
    assert not is_genuine(headers, b"{ }", [secret], at.timestamp())


async def test_old_and_new_secret_sign_until_the_old_one_ends(hooks: Hooks) -> None:
    made = await hooks.endpoint()
    hooks.secrets.append(await hooks.endpoints.rotate(made.id))
    await hooks.attempt(await hooks.published())
    [call] = hooks.there.calls
    assert len(call.headers["webhook-signature"].split()) == 2
    for secret in hooks.secrets:
        verified(call, secret)


# ------------------------------------------------------------------ what an answer means


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        *[(status, Meaning.TAKEN) for status in (200, 201, 202, 204, 299)],
        *[(status, Meaning.FAILED) for status in (300, 301, 302, 308, 400, 401, 404, 409, 500, 503, 505)],
        (410, Meaning.GONE),
        (429, Meaning.LATER),
        *[(status, Meaning.STRAINED) for status in (502, 504, None)],
    ],
)
def test_a_status_means(status: int | None, meaning: Meaning) -> None:
    assert Answer(status, "").meaning is meaning


@pytest.mark.parametrize("status", [400, 404, 500, 503])
async def test_any_other_status_is_a_failed_attempt_and_no_others_wait(hooks: Hooks, status: int) -> None:
    made = await hooks.endpoint()
    asked = await hooks.published()
    hooks.there.script(Fault(status=status, headers={"Retry-After": "90"}))
    with pytest.raises(Unavailable, match=f"answered {status}") as failed:
        await hooks.attempt(asked)
    assert failed.value.after == 90 * SECOND
    assert (await hooks.endpoints.find(made.id)).not_before is None
    await hooks.attempt(asked, 2)
    tried = (await hooks.deliveries.tried([asked.delivery]))[asked.delivery]
    assert [(one.number, one.status, one.calls) for one in tried] == [(1, status, 1), (2, 200, 1)]


async def test_a_redirect_is_a_failure_and_not_followed(hooks: Hooks) -> None:
    await hooks.endpoint()
    hooks.there.script(Fault(status=302, headers={"Location": f"{hooks.there.url}/elsewhere"}))
    with pytest.raises(Unavailable, match="302"):
        await hooks.attempt(await hooks.published())
    assert [call.path for call in hooks.there.calls] == ["/hooks"]


async def test_gone_disables_the_endpoint_tells_the_users_and_ends_the_job(hooks: Hooks) -> None:
    made = await hooks.endpoint()
    asked, run = await hooks.published(), hooks.run()
    hooks.there.script(Fault(status=410))
    with pytest.raises(Discard, match="410"):
        await deliver.handler(run, asked)
    disabled = await hooks.endpoints.find(made.id)
    assert disabled.disabled_at
    assert "410" in disabled.disabled_because
    assert [name for name, _ in run.queued] == ["crm.notification.send"] * 2
    told: list[NotificationAsked] = [payload for _, payload in run.queued]
    assert {(one.user, one.kind, one.entity) for one in told} == {
        (f"acme-{n}", "webhook.disabled", made.id) for n in (0, 1)
    }
    assert hooks.there.url not in msgspec.json.encode(told).decode()
    assert (await hooks.deliveries.find(asked.delivery)).status is Status.FAILED
    with pytest.raises(Discard, match="410"):  # its worker died before it said so
        await deliver.handler(hooks.run(), asked)


async def test_later_puts_all_off_and_burns_no_attempt(hooks: Hooks) -> None:
    await hooks.endpoint()
    first, second = await hooks.published(), await hooks.published(number=2)
    hooks.there.script(Fault(status=429, headers={"Retry-After": "600"}))
    for asked in (first, second):
        with pytest.raises(RateLimited) as put_off:
            await hooks.attempt(asked)
        assert 595 * SECOND < put_off.value.after < 661 * SECOND
    assert len(hooks.there.calls) == 1
    await hooks.rested()
    for asked in (first, second):
        await hooks.attempt(asked)
    tried = (await hooks.deliveries.tried([first.delivery]))[first.delivery]
    assert [(one.number, one.status, one.calls) for one in tried] == [(1, 200, 2)]


async def test_a_wait_of_more_than_a_day_is_not_believed(hooks: Hooks) -> None:
    await hooks.endpoint()
    hooks.there.script(Fault(status=429, headers={"Retry-After": "9999999"}))
    with pytest.raises(RateLimited) as put_off:
        await hooks.attempt(await hooks.published())
    assert DAY <= put_off.value.after <= 1.1 * DAY


@pytest.mark.parametrize("fault", [Fault(status=502), Fault(status=504), Fault(drop="before")], ids=["502", "504", "-"])
async def test_an_endpoint_that_does_not_cope_is_let_alone_and_then_tried_by_one(hooks: Hooks, fault: Fault) -> None:
    made = await hooks.endpoint()
    first, second = await hooks.published(), await hooks.published(number=2)
    hooks.there.script(fault)
    with pytest.raises(Unavailable):
        await hooks.attempt(first)
    with pytest.raises(RateLimited, match="let alone"):
        await hooks.attempt(second)
    await hooks.rested()
    hooks.there.script(Fault(delay=0.2))
    probe = asyncio.create_task(hooks.attempt(first, 2))
    await until(lambda: len(hooks.there.calls) == 2)
    with pytest.raises(RateLimited):
        await hooks.attempt(second)
    await probe
    await hooks.attempt(second)
    assert (await hooks.endpoints.find(made.id)).faults == 0
    assert len(hooks.there.calls) == 3


async def test_the_rest_of_an_endpoint_grows_with_each_fault(hooks: Hooks) -> None:
    made = await hooks.endpoint()
    asked, rests = await hooks.published(), list[float]()
    for number in (1, 2, 3):
        hooks.there.script(Fault(status=504))
        with pytest.raises(Unavailable):
            await hooks.attempt(asked, number)
        until = (await hooks.endpoints.find(made.id)).not_before
        assert until
        rests.append(round((until - now()).total_seconds()))
        await hooks.rested()
    assert rests == [5, 10, 20]


async def test_an_endpoint_that_is_silent_costs_a_bounded_time(hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_answers, "ANSWER_S", 0.05)
    await hooks.endpoint()
    hooks.there.script(Fault(delay=5))
    with pytest.raises(Unavailable, match="did not answer within"):
        await hooks.attempt(await hooks.published())
    assert deliver.timeout.total_seconds() == 20
