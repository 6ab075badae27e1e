"""What WhatsApp's webhooks tell is believed once, in any order, and brings forward what nobody knew."""

import json
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import insert

from arqlight_core.clock import now
from arqlight_core.errors import Discard
from arqlight_core.policy import DAY, SECOND
from arqlight_jobs.crm.campaigns import Campaigns, CampaignState
from arqlight_jobs.crm.message_records import Status
from arqlight_jobs.crm.receipts import Applied, Inbound, Receipt, apply_inbound, apply_receipt, told_in
from arqlight_jobs.crm.tables.messaging import messages, recipients
from arqlight_jobs.crm.tables.people import contacts, suppressions
from arqlight_jobs.outbound.effects import Holder, Outbox, State
from tests.unit.crm.post import NUMBER, SENDER, TENANT, Post, asked

JOB = "{crm:message}:acme:1"


def webhook(*, statuses: Any = (), written: Any = ()) -> bytes:
    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": SENDER}}
    value |= {"statuses": list(statuses), "messages": list(written)}
    entry = {"id": "1", "changes": [{"field": "messages", "value": value}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


async def sent(post: Post) -> str:
    await post.send(asked())
    return (await post.message()).wamid


def receipt(wamid: str, status: Status, **told: Any) -> Receipt:
    return Receipt(wamid, status, now(), **told)


def test_a_webhook_is_read() -> None:
    status = {"id": "wamid.1", "status": "failed", "timestamp": "1700000000", "recipient_id": "1514"}
    status |= {"errors": [{"code": 131026, "title": "Undeliverable"}], "biz_opaque_callback_data": JOB}
    written = {"from": NUMBER[1:], "id": "wamid.2", "timestamp": "1700000001", "type": "text", "text": {"body": "hi"}}
    at = datetime.fromtimestamp(1_700_000_000, UTC)
    assert list(told_in(webhook(statuses=[status], written=[written]))) == [
        Receipt("wamid.1", Status.FAILED, at, JOB, 131026),
        Inbound(SENDER, NUMBER, at + SECOND, "wamid.2", "hi"),
    ]


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"\xff", b"[" * 50_000, b"{}", b'{"entry": 5}'])
def test_what_is_no_webhook_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="no webhook"):
        list(told_in(body))


@pytest.mark.parametrize(
    "status",
    [
        {},
        5,
        {"id": "w", "status": "warning", "timestamp": "1"},
        {"id": "w", "status": "sent", "timestamp": "soon"},
        {"id": "w", "status": "sent", "timestamp": "9" * 30},
        {"id": "", "status": "sent", "timestamp": "1"},
        {"id": "w", "status": "sent", "timestamp": 1},
    ],
)
def test_parts_that_make_no_sense_are_left_out(status: Any) -> None:
    good = {"id": "wamid.1", "status": "read", "timestamp": "99999999999"}
    [told] = told_in(webhook(statuses=[status, good], written=[{"from": "nobody", "timestamp": "1"}, None]))
    assert isinstance(told, Receipt)
    assert (told.wamid, told.at <= now()) == ("wamid.1", True)


@pytest.mark.parametrize("order", list(permutations((Status.SENT, Status.DELIVERED, Status.READ))))
async def test_a_message_only_goes_forward_in_whatever_order_it_is_told(post: Post, order: tuple[Status, ...]) -> None:
    wamid = await sent(post)
    for status in (*order, *order):
        await apply_receipt(post.engine, receipt(wamid, status))
    row = await post.message()
    assert (row.status, row.read_at is not None) == ("read", True)


async def test_what_is_told_twice_is_known_and_what_nobody_sent_is_strange(post: Post) -> None:
    wamid = await sent(post)
    told = receipt(wamid, Status.DELIVERED)
    assert [await apply_receipt(post.engine, told) for _ in range(2)] == [Applied.CHANGED, Applied.KNOWN]
    assert await apply_receipt(post.engine, receipt(wamid, Status.FAILED, code=131026)) is Applied.KNOWN
    assert await apply_receipt(post.engine, receipt("wamid.other", Status.READ)) is Applied.STRANGE


@pytest.fixture
async def unknown(post: Post) -> Post:
    """A run died while it was sending to a recipient of a campaign."""
    told: dict[str, Any] = {"channel": "whatsapp", "sender": SENDER, "content": "template"}
    await Campaigns(post.engine).create(id="c", tenant=TENANT, name="C", audience={"everyone": True}, **told)
    await Campaigns(post.engine).move("c", (CampaignState.DRAFT,), CampaignState.RUNNING)
    row = {"campaign": "c", "contact": "ann", "address": "x", "state": "queued", "reason": "", "round": 0}
    async with post.engine.begin() as connection:
        await connection.execute(insert(recipients), {**row, "at": now()})
    await Outbox(post.engine).begin("message:c:ann", Holder(JOB, 0))
    with pytest.raises(Discard, match="unknown outcome"):
        await post.send(asked(campaign="c"))
    return post


async def test_a_webhook_settles_what_nobody_knew(unknown: Post) -> None:
    assert (await unknown.row(recipients, contact="ann")).state == "unknown"
    told = receipt("wamid.9", Status.DELIVERED, job_id=JOB)
    assert await apply_receipt(unknown.engine, told) is Applied.CHANGED
    row, effect = await unknown.message(), await Outbox(unknown.engine).find("message:c:ann")
    assert effect
    assert (row.status, row.wamid, effect.state, effect.provider_id) == ("delivered", "wamid.9", State.SENT, "wamid.9")
    assert (await unknown.row(recipients, contact="ann")).state == "sent"


@pytest.mark.parametrize("code", [131026, 131049, 131050, None])
async def test_a_message_that_was_not_delivered_after_all_has_failed(post: Post, code: int | None) -> None:
    wamid = await sent(post)
    await apply_receipt(post.engine, receipt(wamid, Status.FAILED, code=code))
    row = await post.message()
    assert (row.status, str(code) in row.reason) == ("failed", True)
    capped = (await post.row(contacts, id="ann")).no_marketing_before
    assert (capped is not None) == (code == 131049)
    assert (await post.row(suppressions, tenant=TENANT) is not None) == (code == 131050)


async def test_who_writes_opens_the_window_and_an_older_word_does_not_close_it(post: Post) -> None:
    at = now()
    assert await apply_inbound(post.engine, Inbound(SENDER, NUMBER, at)) == "ann"
    await apply_inbound(post.engine, Inbound(SENDER, NUMBER, at - DAY))
    assert (await post.row(contacts, id="ann")).last_inbound_at == at
    assert (await post.send(asked(content="text")))["status"] == "sent"
    for sender, number in ((SENDER, "+15145559999"), ("999", NUMBER)):
        assert await apply_inbound(post.engine, Inbound(sender, number, at + timedelta(1))) is None


async def test_a_receipt_of_one_message_changes_no_other(post: Post) -> None:
    wamid = await sent(post)
    await post.send(asked("2"))
    await apply_receipt(post.engine, receipt(wamid, Status.READ))
    states = [(await post.row(messages, key=f"message:acme:{one}")).status for one in (1, 2)]
    assert states == ["read", "sent"]
