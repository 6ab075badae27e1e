"""Each way to people against a stand-in: what arrives, what is tried again, and what is not."""

import logging
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import msgspec
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from arqlight_core.clock import now
from arqlight_core.errors import Discard, Misconfigured, RateLimited, Signal, Unavailable, UnknownOutcome
from arqlight_core.settings import Settings
from arqlight_jobs.healer.channels import inapp, smtp, telegram, webhook
from arqlight_jobs.healer.channels.letter import Letter, effect_key
from arqlight_jobs.healer.channels.routing import CHANNELS, EVERYWHERE, channels_for
from arqlight_jobs.healer.notices import Notice
from arqlight_jobs.outbound.signing import signed
from arqlight_jobs.providers import telegram as telegram_bots
from tests.mailbox import Mailbox, mail_server
from tests.running import FakeRun
from tests.unit.outbound.standin import Answer, StandIn, stand_in

SECRET, OLD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
TOKEN = "123456:a-secret-token"  # noqa: S105 - of a bot that is not

NOTICE = Notice(
    id="0123456789ab",
    kind="alert",
    subject="site shop",
    fingerprint="health:site:shop:bad",
    severity="critical",
    title="Site shop fails",
    text="failed: the home page answers 500",
    table="",
    facts={"correlation_id": "test"},
    created_at=now(),
    repeats=0,
    acknowledged_at=None,
    acknowledged_by="",
)


def letter(notice: Notice = NOTICE, text: str | None = None) -> Letter:
    return Letter(notice, notice.text if text is None else text, effect_key(notice, "any", 0))


def with_words(**words: Any) -> Notice:
    return Notice(**{**{name: getattr(NOTICE, name) for name in Notice.__dataclass_fields__}, **words})


def telling(settings: Settings, **told: Any) -> FakeRun:
    return FakeRun(msgspec.structs.replace(settings, **told))


# ------------------------------------------------------------------ mail


@pytest.fixture
async def mailbox() -> AsyncGenerator[Mailbox]:
    async with mail_server(Mailbox()) as opened:
        yield opened


def mailing(settings: Settings, mailbox: Mailbox, **told: Any) -> FakeRun:
    usual = {"smtp_tls": "none", "notify_from": "Fleet <fleet@example.com>", "notify_mail": "ada@x.org, ben@x.org"}
    return telling(settings, **{**usual, "smtp_host": "127.0.0.1", "smtp_port": mailbox.port, **told})


async def test_a_mail_arrives_with_the_same_id_each_time(settings: Settings, mailbox: Mailbox) -> None:
    run = mailing(settings, mailbox)
    ids = [await smtp.send(run, run.settings, letter()) for _ in range(2)]
    first, second = mailbox.mails
    assert ids == [first["Message-ID"], second["Message-ID"]]
    assert ids[0] == ids[1]
    assert ids[0].endswith("@example.com>")
    assert (first["Subject"], first["Date"]) == ("[CRITICAL] Site shop fails", second["Date"])
    assert first.get_content().strip() == NOTICE.text
    assert mailbox.recipients[0] == ["ada@x.org", "ben@x.org"]


async def test_a_report_has_its_table_attached(settings: Settings, mailbox: Mailbox) -> None:
    run = mailing(settings, mailbox)
    await smtp.send(run, run.settings, letter(with_words(kind="report", table="queue,processed\r\na,1\r\n")))
    [attached] = mailbox.mails[0].iter_attachments()
    assert (attached.get_content_type(), attached.get_content().split()) == ("text/csv", ["queue,processed", "a,1"])


@pytest.mark.parametrize("title", ["Site\r\nBcc: eve@x.org", "=?utf-8?q?=0D=0ABcc:_eve@x.org=0D=0A?="])
async def test_a_line_break_in_a_title_makes_no_header(settings: Settings, mailbox: Mailbox, title: str) -> None:
    run = mailing(settings, mailbox)
    await smtp.send(run, run.settings, letter(with_words(title=title)))
    assert mailbox.mails[0]["Bcc"] is None
    assert mailbox.recipients == [["ada@x.org", "ben@x.org"]]


@pytest.mark.parametrize(
    ("answer", "signal"), [("451 later", Unavailable), ("550 never", Discard), ("421 closing", Unavailable)]
)
async def test_a_refused_mail_is_tried_again_only_when_that_may_help(
    settings: Settings, mailbox: Mailbox, answer: str, signal: type[Signal]
) -> None:
    mailbox.answers = [answer]
    run = mailing(settings, mailbox)
    with pytest.raises(signal, match=answer[:3]):
        await smtp.send(run, run.settings, letter())


async def test_one_bad_address_does_not_keep_the_mail_from_the_others(settings: Settings, mailbox: Mailbox) -> None:
    mailbox.refused = {"ben@x.org": "550 who"}
    run = mailing(settings, mailbox)
    await smtp.send(run, run.settings, letter())
    assert mailbox.recipients == [["ada@x.org"]]
    assert run.lines == ["b•••@x.org was refused: 550"]


@pytest.mark.parametrize(("codes", "signal"), [(("550", "550"), Discard), (("550", "451"), Unavailable)])
async def test_a_mail_that_nobody_gets_has_failed(
    settings: Settings, mailbox: Mailbox, codes: tuple[str, str], signal: type[Signal]
) -> None:
    mailbox.refused = dict(zip(("ada@x.org", "ben@x.org"), (f"{code} no" for code in codes), strict=True))
    run = mailing(settings, mailbox)
    with pytest.raises(signal) as refused:
        await smtp.send(run, run.settings, letter())
    assert "x.org" not in str(refused.value)


@pytest.mark.parametrize(
    ("told", "signal"),
    [({"smtp_port": 9}, Unavailable), ({"smtp_tls": "starttls"}, Misconfigured), ({"smtp_user": "a"}, Misconfigured)],
)
async def test_a_mail_server_that_is_away_is_asked_again_and_a_wrong_one_not(
    settings: Settings, mailbox: Mailbox, told: Mapping[str, Any], signal: type[Signal]
) -> None:
    run = mailing(settings, mailbox, **{"smtp_password": "p", **told})
    with pytest.raises(signal):
        await smtp.send(run, run.settings, letter())


# ------------------------------------------------------------------ the webhook


def posting(settings: Settings, there: StandIn, secrets: str = SECRET) -> FakeRun:
    return telling(settings, notify_webhook_url=there.url("/hook"), notify_webhook_secrets=secrets)


async def test_what_is_posted_is_verified_by_the_reference_library(settings: Settings) -> None:
    async with stand_in() as there:
        run = posting(settings, there, f"{SECRET},{OLD_SECRET}")
        async with run.stack:
            ids = {await webhook.send(run, run.settings, letter()) for _ in range(2)}
    assert ids == {arrived.headers["webhook-id"] for arrived in there.arrived}
    assert len(ids) == 1
    for secret in (SECRET, OLD_SECRET):
        for arrived in there.arrived:
            told = Webhook(secret).verify(arrived.body, arrived.headers)
            assert (told["type"], told["data"]["title"]) == ("notice.alert", "Site shop fails")
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(there.arrived[0].body + b" ", there.arrived[0].headers)
    assert there.arrived[0].headers["x-correlation-id"] == "test"


def test_the_published_example_is_signed_as_published() -> None:
    at = now().fromtimestamp(1_614_265_330, now().tzinfo)
    headers = signed([SECRET], "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers["webhook-timestamp"] == "1614265330"


@pytest.mark.parametrize("secret", ["whsec_", "whsec_short", "whsec_!!!", ""])
async def test_what_is_no_secret_signs_nothing(settings: Settings, secret: str) -> None:
    async with stand_in() as there:
        run = posting(settings, there, secret)
        async with run.stack:
            with pytest.raises(Misconfigured, match="whsec_") as refused:
                await webhook.send(run, run.settings, letter())
    assert there.arrived == []
    assert "short" not in str(refused.value)


@pytest.mark.parametrize(
    ("answer", "signal"),
    [
        (Answer(500), Unavailable),
        (Answer(400), Unavailable),
        (Answer(302, headers={"location": "/"}), Unavailable),
        (Answer(410), Discard),
        (Answer(429, headers={"retry-after": "7"}), RateLimited),
        (Answer(dropped=True), UnknownOutcome),
    ],
)
async def test_whatever_is_no_success_is_tried_again_but_gone_is_gone(
    settings: Settings, answer: Answer, signal: type[Signal]
) -> None:
    async with stand_in(answer) as there:
        run = posting(settings, there)
        async with run.stack:
            with pytest.raises(signal):
                await webhook.send(run, run.settings, letter())
    assert len(there.arrived) == 1


# ------------------------------------------------------------------ Telegram


def bot(settings: Settings, there: StandIn) -> FakeRun:
    chat = {"telegram_bot_token": TOKEN, "telegram_chat_id": "-5"}
    return telling(settings, telegram_base_url=there.url(""), **chat)


def answer(status: int = 200, **told: Any) -> Answer:
    return Answer(status, msgspec.json.encode({"ok": status == 200, **told}))


async def test_a_message_arrives_and_no_log_has_the_token(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with stand_in(answer(result={"message_id": 17}), Answer(dropped=True)) as there:
        run = bot(settings, there)
        async with run.stack:
            assert await telegram.send(run, run.settings, letter()) == "17"
            with pytest.raises(UnknownOutcome) as lost:
                await telegram.send(run, run.settings, letter())
    assert there.arrived[0].path == f"/bot{TOKEN}/sendMessage"
    assert msgspec.json.decode(there.arrived[0].body)["chat_id"] == "-5"
    assert TOKEN not in caplog.text + str(lost.value)
    assert lost.value.__cause__ is None


@pytest.mark.parametrize(
    ("told", "signal"),
    [
        (answer(429, parameters={"retry_after": 12}), RateLimited),
        (answer(400, description="Bad Request: chat not found"), Discard),
        (answer(403, description="Forbidden: bot was kicked"), Discard),
        (answer(401), Misconfigured),
        (answer(404), Misconfigured),
        (answer(502), Unavailable),
        (Answer(500, b"<html>"), Unavailable),
    ],
)
async def test_what_telegram_answers_says_whether_to_try_again(
    settings: Settings, told: Answer, signal: type[Signal]
) -> None:
    async with stand_in(told) as there:
        run = bot(settings, there)
        async with run.stack:
            with pytest.raises(signal) as refused:
                await telegram.send(run, run.settings, letter())
    if isinstance(refused.value, RateLimited):
        assert 12 <= refused.value.after.total_seconds() <= 13.2


async def test_a_group_that_has_moved_is_followed(settings: Settings) -> None:
    moved = answer(400, parameters={"migrate_to_chat_id": -100})
    async with stand_in(moved, answer(result={"message_id": 1})) as there:
        run = bot(settings, there)
        async with run.stack:
            await telegram.send(run, run.settings, letter())
    assert [msgspec.json.decode(one.body)["chat_id"] for one in there.arrived] == ["-5", "-100"]
    assert "TELEGRAM_CHAT_ID" in run.lines[0]


@pytest.mark.parametrize("sign", ["x", "é", "🙂"])
def test_a_long_notice_is_cut_at_line_ends_and_nothing_is_lost(sign: str) -> None:
    lines = [sign * 90 for _ in range(120)]
    parts = telegram.parts(with_words(text="\n".join(lines)))
    assert len(parts) > 1
    assert all(len(part.encode("utf-16-le")) // 2 <= telegram_bots.LONGEST for part in parts)
    assert "\n".join(parts).split("\n")[1:] == lines


def test_a_line_that_is_too_long_is_cut_anyway() -> None:
    parts = telegram.parts(with_words(text="x" * 10_000))
    assert "".join(parts).count("x") == 10_000


# ------------------------------------------------------------------ which way


def test_a_channel_that_is_not_set_is_not_used(settings: Settings) -> None:
    assert channels_for(NOTICE, settings) == ("inapp",)
    whole = {"smtp_host": "x", "notify_webhook_url": "https://x", "telegram_bot_token": "t", "telegram_chat_id": "1"}
    assert "smtp" not in channels_for(NOTICE, msgspec.structs.replace(settings, **whole))  # there is nobody to mail to
    everything = msgspec.structs.replace(settings, **whole, notify_mail="ops@example.com")
    assert channels_for(NOTICE, everything) == EVERYWHERE == tuple(CHANNELS)
    assert "telegram" not in channels_for(with_words(severity="warning"), everything)


def test_a_key_holds_any_subject() -> None:
    key = effect_key(with_words(subject="s" * 160, kind="escalation"), "telegram", 99)
    assert len(key) <= 200
    assert key != effect_key(with_words(subject="t" * 160, kind="escalation"), "telegram", 99)
    assert inapp.is_set(Settings())
