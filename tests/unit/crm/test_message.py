"""One message: what goes over the wire, and what each refusal comes to."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import insert, update

from arqlight_core.clock import now
from arqlight_core.errors import Discard, Misconfigured, RateLimited, Snooze, Unavailable
from arqlight_core.policy import DAY, HOUR, SECOND
from arqlight_jobs.crm import message
from arqlight_jobs.crm.message_records import effect_of
from arqlight_jobs.crm.message_sending import pair_wait, rate_wait
from arqlight_jobs.crm.requests import NotificationAsked
from arqlight_jobs.crm.tables.messaging import pair_waits
from arqlight_jobs.crm.tables.people import contacts, senders, suppressions, users
from arqlight_jobs.outbound.effects import Outbox, State
from arqlight_jobs.providers.whatsapp import Meaning
from tests.running import FakeRun
from tests.unit.crm.post import NUMBER, SENDER, TENANT, TOKEN, Post, asked, effect_at, refuse
from tests.unit.providers.test_whatsapp import CODES

# ------------------------------------------------------------------ it goes out


async def test_a_template_goes_out_as_the_api_wants_it(post: Post) -> None:
    run = FakeRun(post.settings, 1, job_id="{crm:message}:acme:1")
    answer = await post.send(asked(), run=run)
    [call] = post.there.calls
    assert (call.method, call.path) == ("POST", f"/v21.0/{SENDER}/messages")
    assert call.json == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": NUMBER,
        "type": "template",
        "template": {"name": "hello", "language": {"code": "en"}},
        "biz_opaque_callback_data": "{crm:message}:acme:1",
    }
    assert (call.headers["authorization"], call.headers["x-correlation-id"]) == (f"Bearer {TOKEN}", "test")
    assert (answer, run.percents) == ({"status": "sent"}, [0, 30, 60, 100])
    row = await post.message()
    assert (row.status, row.wamid[:6], row.reason, row.job_id) == ("sent", "wamid.", "", "{crm:message}:acme:1")
    assert row.sent_at is not None


async def test_a_text_is_filled_in_and_goes_out_while_the_window_is_open(post: Post) -> None:
    await post.wrote()
    await post.send(asked(content="text"))
    [call] = post.there.calls
    assert call.json["text"] == {"body": "planted words for Ann", "preview_url": False}


async def test_the_same_reference_is_sent_once(post: Post) -> None:
    for _ in range(3):
        assert await post.send(asked()) == {"status": "sent"}
    await post.send(asked("2"))
    assert len(post.there.calls) == 2
    assert set(post.there.effects.values()) == {1}


async def test_a_message_is_not_sent_again_when_its_effect_is_forgotten(post: Post) -> None:
    await post.send(asked())
    assert await Outbox(post.engine).forget(timedelta(0)) == 1
    assert await post.send(asked()) == {"status": "sent"}
    assert len(post.there.calls) == 1


async def test_a_long_reference_has_a_key_that_fits(post: Post) -> None:
    wanted = asked("x" * 160)
    long = msgspec.structs.replace(wanted, tenant="t" * 64)
    assert len(effect_of(long)) <= 200
    assert effect_of(long) != effect_of(msgspec.structs.replace(long, client_ref="x" * 159 + "y"))
    assert await post.send(wanted) == {"status": "sent"}


# ------------------------------------------------------------------ what each refusal comes to

PERMANENT = (Meaning.BAD_REQUEST, Meaning.BAD_CONTENT, Meaning.UNREACHABLE, Meaning.WINDOW_CLOSED)
COMES_TO: dict[Meaning, tuple[type[Exception] | None, str]] = {
    Meaning.AUTH: (Misconfigured, "queued"),
    Meaning.ACCOUNT: (Misconfigured, "queued"),
    Meaning.ACCOUNT_RATE: (Snooze, "queued"),
    Meaning.PAIR_RATE: (Snooze, "queued"),
    Meaning.SENDER_SPAM: (Snooze, "queued"),
    Meaning.MARKETING_CAP: (None, "skipped"),
    Meaning.OPTED_OUT: (None, "skipped"),
    Meaning.RETRYABLE: (Unavailable, "queued"),
    **dict.fromkeys(PERMANENT, (Discard, "failed")),
}


@pytest.mark.parametrize(("code", "meaning"), [(code, what) for what, codes in CODES.items() for code in codes])
async def test_each_code_ends_the_job_as_it_means(post: Post, code: int, meaning: Meaning) -> None:
    expected, status = COMES_TO[meaning]
    refuse(post, code, 429 if "RATE" in meaning.name else 400)
    if expected is None:
        answer = await post.send(asked())
        told = answer["reason"]
        assert answer["status"] == status
    else:
        with pytest.raises(expected) as raised:
            await post.send(asked())
        told = str(raised.value)
    row = await post.message()
    assert (row.status, row.wamid) == (status, None)
    assert (await effect_at(post)).state is State.FAILED
    for secret in (NUMBER, "planted", TOKEN):
        assert secret not in told + row.reason
    assert sum(post.there.effects.values()) == 0


async def test_what_was_refused_for_a_while_goes_out_later(post: Post) -> None:
    refuse(post, 131000, 500)
    with pytest.raises(Unavailable):
        await post.send(asked())
    assert await post.send(asked(), attempt=2) == {"status": "sent"}
    assert (await post.message()).status == "sent"


async def test_the_last_attempt_is_a_failure(post: Post) -> None:
    refuse(post, 131000, 500)
    with pytest.raises(Unavailable):
        await post.send(asked(), attempt=3)
    row = await post.message()
    assert (row.status, row.reason) == ("failed", "whatsapp answered 500, code 131000")


@pytest.mark.parametrize(
    ("status", "expected"), [(404, Discard), (401, Misconfigured), (503, Unavailable), (429, RateLimited)]
)
async def test_an_unknown_code_counts_by_its_status(post: Post, status: int, expected: type[Exception]) -> None:
    refuse(post, 987654, status)
    with pytest.raises(expected):
        await post.send(asked())


@pytest.mark.parametrize("code", [4, 80007, 130429])
async def test_a_rate_limit_makes_the_sender_wait_longer_each_time_until_one_goes_through(
    post: Post, code: int
) -> None:
    for strikes in range(3):
        refuse(post, code, 429)
        before = now()
        with pytest.raises(Snooze) as put_off:
            await post.send(asked(str(strikes)))
        assert timedelta(0) <= put_off.value.until - before - rate_wait(strikes) < 5 * SECOND  # type: ignore[operator]
        sender = await post.row(senders, id=SENDER)
        assert (sender.strikes, sender.paused_until) == (strikes + 1, put_off.value.until)
        with pytest.raises(Snooze, match="rate limit"):
            await post.send(asked("another"))
        await post.change(senders, SENDER, paused_until=now())
    assert len(post.there.calls) == 3
    await post.send(asked("another"))
    assert (await post.row(senders, id=SENDER)).strikes == 0


async def test_a_pair_limit_makes_the_pair_wait_by_powers_of_four(post: Post) -> None:
    for strikes in range(3):
        refuse(post, 131056, 429)
        with pytest.raises(Snooze):
            await post.send(asked())
        pair = await post.row(pair_waits, contact="ann")
        assert pair.strikes == strikes + 1
        assert timedelta(0) < pair.until - now() <= pair_wait(strikes)
        with pytest.raises(Snooze, match="one number"):
            await post.send(asked("2"))
        async with post.engine.begin() as connection:
            await connection.execute(update(pair_waits).values(until=now()))
    assert (await post.row(senders, id=SENDER)).paused_until is None
    await post.send(asked())
    assert await post.row(pair_waits, contact="ann") is None


def test_waits_grow_and_end() -> None:
    assert [pair_wait(n) / SECOND for n in range(5)] == [1, 4, 16, 64, 256]
    assert [rate_wait(n) / SECOND for n in range(5)] == [1, 2, 4, 8, 16]
    assert (pair_wait(10**9) / HOUR, rate_wait(10**9) / SECOND) == (4096 / 3600, 300)


async def test_a_sender_held_back_as_spam_rests_for_an_hour_and_its_users_are_told(post: Post) -> None:
    row: dict[str, Any] = {"tenant": TENANT, "channels": [], "quiet_from": "", "quiet_to": "", "timezone": "UTC"}
    async with post.engine.begin() as connection:
        await connection.execute(insert(users), [{**row, "id": one, "email": f"{one}@x.y"} for one in ("u1", "u2")])
    refuse(post, 131048, 400)
    run = FakeRun(post.settings, job_id="job")
    with pytest.raises(Snooze):
        await post.send(asked(), run=run)
    sender = await post.row(senders, id=SENDER)
    assert timedelta(0) <= now() + HOUR - sender.paused_until < 10 * SECOND
    with pytest.raises(Snooze, match="spam"):
        await post.send(asked("2"))
    told = [
        (name, payload.user, payload.entity) for name, payload in run.queued if isinstance(payload, NotificationAsked)
    ]
    assert told == [(message.NOTIFY, user, SENDER) for user in ("u1", "u2")]
    assert len(post.there.calls) == 1


async def test_without_users_the_pause_stands_in_the_log(post: Post) -> None:
    refuse(post, 131048, 400)
    run = FakeRun(post.settings, job_id="job")
    with pytest.raises(Snooze):
        await post.send(asked(), run=run)
    assert "no user to tell" in run.lines[0]


async def test_a_cap_on_marketing_is_remembered_for_a_day(post: Post) -> None:
    refuse(post, 131049, 400)
    await post.send(asked())
    until = (await post.row(contacts, id="ann")).no_marketing_before
    assert timedelta(0) <= now() + DAY - until < 10 * SECOND
    assert await post.send(asked("2")) == {"status": "skipped", "reason": "marketing cap"}
    await post.wrote()
    assert (await post.send(asked("3", content="text")))["status"] == "sent"


async def test_who_opts_out_is_suppressed(post: Post) -> None:
    refuse(post, 131050, 400)
    await post.send(asked())
    assert (await post.row(suppressions, tenant=TENANT)).reason == "opted out at WhatsApp"
    answer = await post.send(asked("2"))
    assert answer == {"status": "skipped", "reason": "suppressed: opted out at WhatsApp"}
    assert len(post.there.calls) == 1
