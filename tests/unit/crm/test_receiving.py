"""What WhatsApp posts is verified, heeded once whatever comes twice, and tells the tenant, the flow or the model."""

import base64
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from arqlight.orders import whatsapp
from arqlight_core import observe
from arqlight_core.clock import now
from arqlight_core.settings import Settings
from arqlight_core.store.gateway import Store
from arqlight_jobs.crm import receiving
from arqlight_jobs.crm.conversations import Conversations
from arqlight_jobs.crm.inbound import WORDLESS
from arqlight_jobs.crm.opting_out import opts_out
from arqlight_jobs.crm.receiving import LARGEST, Heeded, PostRefused
from arqlight_jobs.crm.records import Records
from arqlight_jobs.crm.tables.conversations import conversations, turns
from arqlight_jobs.crm.tables.flows import executions
from arqlight_jobs.crm.tables.people import contacts, suppressions
from arqlight_jobs.crm.tables.webhooks import deliveries
from tests.planted import everything_in
from tests.unit.crm.post import NUMBER, SENDER, TEXT, asked
from tests.unit.crm.reception_desk import (
    SECRET,
    WAITING,
    WAMID,
    WROTE,
    Reception,
    body_of,
    open_reception,
    reached,
    signature,
    stamp,
    written,
)

STEP, CHAT, DELIVER = "crm:flow", "crm:ai", "crm:webhook"


@pytest.fixture
async def here(tmp_path: Path, store: Store) -> AsyncGenerator[Reception]:
    async with open_reception(Settings(data_dir=tmp_path / "data"), store) as made:
        yield made


async def queued(here: Reception) -> dict[str, int]:
    """How many jobs each queue has."""
    found = await observe.fleet(here.store)
    return {one.name: sum(one.counts.values()) for one in found.queues if sum(one.counts.values())}


async def events(here: Reception) -> list[dict[str, Any]]:
    return [msgspec.json.decode(row["body"]) for row in await here.all(deliveries)]


# ------------------------------------------------------------------ who may


@pytest.mark.parametrize(
    ("signed", "why"),
    [
        ("", "no signature"),
        ("sha1=abc", "no signature"),
        ("sha256=", "does not fit"),
        ("sha256=é", "does not fit"),
        (signature(body_of(written()), "another"), "does not fit"),
        (signature(body_of(written()) + b" "), "does not fit"),
    ],
    ids=["none", "an older hash", "an empty one", "no hex", "another secret", "another body"],
)
async def test_a_forged_post_is_refused_with_the_reason_and_changes_nothing(
    here: Reception, signed: str, why: str
) -> None:
    with pytest.raises(PostRefused, match=why) as refused:
        await whatsapp.received(here.store, here.records, body_of(written()), {"X-Hub-Signature-256": signed})
    assert not [one for one in (SECRET, NUMBER[1:], WROTE) if one in str(refused.value)]
    assert (await here.all(turns), await queued(here)) == ([], {})


async def test_what_is_no_webhook_is_refused_and_what_is_too_large_or_cannot_be_verified(here: Reception) -> None:
    for body, why in ((b"{}", "no webhook"), (b"\xff", "no webhook"), (b" " * (LARGEST + 1), "larger")):
        with pytest.raises(PostRefused, match=why):
            await here.take(body)
    bare = msgspec.structs.replace(here.post.settings, whatsapp_app_secret="")
    with pytest.raises(PostRefused, match="WHATSAPP_APP_SECRET"):
        receiving.verified(bare, b"{}", {})


# ------------------------------------------------------------------ a contact writes


async def test_who_writes_opens_the_window_and_the_conversation_has_the_words(here: Reception) -> None:
    assert await here.take(body_of(written())) == "Of what the post tells: 1 new. 0 new jobs are queued."
    [turn] = await here.all(turns)
    [talk] = await here.all(conversations)
    assert (turn["text"], turn["role"], talk["contact"], talk["sender"]) == (WROTE, "user", "ann", SENDER)
    assert turn["id"].startswith("wa-")
    assert turn["heeded_at"] is not None
    [ann] = await here.all(contacts)
    assert ann["last_inbound_at"] == turn["at"]


async def test_a_waiting_flow_goes_on_and_starts_no_other_one(here: Reception) -> None:
    await here.flow(WAITING)
    await here.take(body_of(written("first", "wamid.1")))
    assert await queued(here) == {STEP: 1}
    [begun] = await here.all(executions)
    async with here.post.engine.begin() as connection:
        await connection.execute(executions.update().values(node="first", step_no=2, status="waiting", due_at=now()))
    await here.take(body_of(written("second", "wamid.2")))
    [moved] = await here.all(executions)
    assert (moved["id"], moved["node"], moved["step_no"], moved["status"]) == (begun["id"], "answer", 3, "running")
    assert await queued(here) == {STEP: 2}


async def test_a_conversation_with_instructions_is_answered_by_the_model_unless_a_person_or_a_flow_has_it(
    here: Reception,
) -> None:
    talk = await here.talk()
    await here.take(body_of(written("one", "wamid.1")))
    assert await queued(here) == {CHAT: 1}
    await Conversations(here.post.engine).hand_over(talk.id, "a person has it")
    await here.take(body_of(written("two", "wamid.2")))
    assert await queued(here) == {CHAT: 1}
    await Conversations(here.post.engine).take_back(talk.id)
    await here.take(body_of(written(wamid="wamid.3", type="image", image={"id": "5"})))
    assert await queued(here) == {CHAT: 1}
    assert [row["text"] for row in await here.all(turns) if row["text"] == WORDLESS] == [WORDLESS]
    await here.flow(WAITING)
    await here.take(body_of(written("four", "wamid.4")))
    assert await queued(here) == {CHAT: 1, STEP: 1}


@pytest.mark.parametrize("word", ["STOP", "Stopp!", " unsubscribe. ", "DÉSABONNER", "desabonner", "стоп", "退订"])
async def test_a_word_suppresses_the_number_and_nothing_is_answered(here: Reception, word: str) -> None:
    await here.talk()
    await here.flow(WAITING)
    await here.take(body_of(written(word)))
    assert await queued(here) == {}
    [row] = await here.all(suppressions)
    assert (row["channel"], row["tenant"], NUMBER in str(row)) == ("whatsapp", "acme", False)
    assert (await here.post.send(asked()))["status"] == "skipped"


@pytest.mark.parametrize("text", ["", "please do not stop", "stop it!", "cancel", "end", "stopping", "🛑"])
def test_a_word_within_a_sentence_opts_nobody_out(text: str) -> None:
    assert not opts_out(text)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"type": "button", "button": {"text": "Yes", "payload": "p"}}, "Yes"),
        ({"type": "interactive", "interactive": {"type": "list_reply", "list_reply": {"title": "Tea"}}}, "Tea"),
        ({"type": "image", "image": {"caption": "look"}}, "look"),
        ({"type": "audio", "audio": {"id": "9"}}, WORDLESS),
        ({"type": "interactive", "interactive": {"type": ["x"]}}, WORDLESS),
        ({"text": {"body": "a\0b"}}, "ab"),
        ({"text": "odd"}, WORDLESS),
        ({"type": "reaction", "reaction": {"emoji": "x"}}, None),
        ({"type": ["text"]}, None),
        ({"id": ""}, None),
    ],
)
async def test_each_kind_of_message_is_read(here: Reception, message: dict[str, Any], text: str | None) -> None:
    await here.take(body_of({**written(), **message}))
    assert [row["text"] for row in await here.all(turns)] == ([] if text is None else [text])
    assert (await here.post.row(contacts, id="ann")).last_inbound_at is not None


async def test_numbers_of_nobody_and_what_is_older_than_what_is_kept_are_left_alone(here: Reception) -> None:
    old = written(wamid="wamid.2", timestamp=stamp(4 * 86_400))
    stranger = written(**{"from": "15149990000"}, wamid="wamid.3")
    told = await here.take(body_of(old, stranger))
    assert (
        told
        == "Of what the post tells: 1 from numbers of no contact, 1 older than what is kept. 0 new jobs are queued."
    )
    assert await here.take(body_of()) == "The post tells nothing that is of use here."
    assert await here.all(turns) == []


# ------------------------------------------------------------------ again


async def test_the_same_post_changes_nothing_any_more(here: Reception) -> None:
    await here.talk()
    await here.endpoint()
    body = body_of(written())
    assert "1 new. 2 new jobs" in await here.take(body)
    assert await here.take(body) == "Of what the post tells: 1 known before. 0 new jobs are queued."
    assert await queued(here) == {CHAT: 1, DELIVER: 1}
    assert len(await here.all(deliveries)) == 1


async def test_a_replay_moves_no_flow_that_waits_for_another_word(here: Reception) -> None:
    await here.flow(WAITING)
    body = body_of(written())
    await here.take(body)
    async with here.post.engine.begin() as connection:
        await connection.execute(executions.update().values(node="first", step_no=2, status="waiting", inbound="wa-x"))
    await here.take(body)
    [execution] = await here.all(executions)
    assert (execution["status"], execution["step_no"]) == ("waiting", 2)


@pytest.mark.parametrize("event", ["message.received", ""])
async def test_what_was_cut_off_before_it_was_queued_is_queued_when_it_comes_again(
    here: Reception, monkeypatch: pytest.MonkeyPatch, event: str
) -> None:
    await here.talk()
    await here.endpoint()
    if event:
        await here.flow(WAITING)

    async def dies(*_: Any) -> int:
        raise ConnectionError("the server is away")

    with monkeypatch.context() as patch:
        patch.setattr(whatsapp, "_queue", dies)
        with pytest.raises(ConnectionError):
            await here.take(body_of(written()))
    assert await queued(here) == {}
    await here.take(body_of(written()))
    assert await queued(here) == {STEP if event else CHAT: 1, DELIVER: 1}
    assert (len(await here.all(turns)), len(await here.all(deliveries))) == (1, 1)


# ------------------------------------------------------------------ how far messages are


async def test_each_state_of_a_message_is_told_once_and_only_if_it_is_believed(here: Reception) -> None:
    await here.post.send(asked())
    await here.endpoint()
    wamid = (await here.post.message()).wamid
    for status in ("delivered", "read", "delivered"):
        await here.take(body_of(statuses=[reached(wamid, status)]))
    late = reached(wamid, "failed", errors=[{"code": 131026}])
    assert "1 known before. 0 new jobs" in await here.take(body_of(statuses=[late]))
    told = await events(here)
    assert sorted(one["type"] for one in told) == ["message.delivered", "message.read"]
    assert {one["data"]["message"] for one in told} == {"message:acme:1"}
    assert not [one for one in (NUMBER[1:], wamid, TEXT) if one in str(told)]


async def test_a_message_that_was_not_delivered_is_told_as_failed_with_the_reason(here: Reception) -> None:
    await here.post.send(asked())
    await here.endpoint("https://127.0.0.1/failures", "message.failed")
    failed = reached((await here.post.message()).wamid, "failed", errors=[{"code": 131026}])
    await here.take(body_of(statuses=[failed, failed]))
    [told] = await events(here)
    assert (told["type"], "131026" in told["data"]["reason"]) == ("message.failed", True)


async def test_a_message_of_ours_that_is_not_written_down_yet_is_looked_for_once_more(
    here: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[Any] = []
    heed = receiving.heed

    async def slowly(records: Records, told: Any) -> Heeded:
        heeded = await heed(records, told)
        looked.append(told)
        if len(looked) == 1:
            await here.post.send(asked())
        return heeded

    monkeypatch.setattr(receiving, "heed", slowly)
    monkeypatch.setattr(whatsapp, "PATIENCE_S", 0.0)
    wamid = "wamid." + base64.b64encode(f"{NUMBER[1:]} 1".encode()).decode()
    ours = reached(wamid, "delivered", biz_opaque_callback_data="{crm:message}:acme:1")
    told = await here.take(body_of(statuses=[ours, reached("wamid.other", "read")]))
    assert told == "Of what the post tells: 1 new, 1 of messages that are not on record. 0 new jobs are queued."
    assert (await here.post.message()).status == "delivered"
    assert len(looked) == 3


async def test_nothing_that_a_contact_wrote_is_in_redis(here: Reception) -> None:
    await here.talk()
    await here.flow(WAITING)
    secret = await here.endpoint()
    await here.take(body_of(written()))
    kept = await everything_in(here.store)
    assert b"crm:flow" in kept
    assert not [one for one in (NUMBER[1:], WROTE, WAMID, SECRET, secret) if one.encode() in kept]
