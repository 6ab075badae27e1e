"""One message: when nobody is asked at all, when nobody knows what happened, and what its campaign says."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from arqlight.demo.world.stand_in import Fault
from arqlight_core.clock import now
from arqlight_core.errors import Cancel, Discard, Snooze, Unavailable, UnknownOutcome
from arqlight_core.policy import DAY, SECOND
from arqlight_core.settings import Settings
from arqlight_jobs.crm.campaigns import Campaigns, CampaignState
from arqlight_jobs.crm.suppression import suppress
from arqlight_jobs.crm.tables.messaging import pair_waits, recipients
from arqlight_jobs.crm.tables.people import contacts, senders
from arqlight_jobs.outbound.effects import Holder, Outbox, State
from tests.unit.crm.post import NUMBER, SENDER, TENANT, Post, asked, effect_at, open_post, refuse
from tests.unit.outbound.conftest import postgresql_server

__all__ = ["postgresql_server"]


# ------------------------------------------------------------------ nobody is asked


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"phone": None}, "no number"),
        ({"phone": "5145550001"}, "invalid number"),
        ({"consent": False}, "no consent"),
    ],
)
async def test_who_may_not_get_it_is_skipped(post: Post, values: dict[str, Any], reason: str) -> None:
    await post.change(contacts, "ann", **values)
    assert await post.send(asked()) == {"status": "skipped", "reason": reason}
    row = await post.message()
    assert (row.status, row.reason) == ("skipped", reason)
    assert not post.there.calls


async def test_an_answer_to_what_somebody_wrote_needs_no_consent(post: Post) -> None:
    await post.change(contacts, "ann", consent=False, last_inbound_at=now())
    assert (await post.send(asked(content="text")))["status"] == "sent"
    await suppress(post.engine, TENANT, "whatsapp", NUMBER, "complained")
    assert (await post.send(asked("2", content="text")))["status"] == "skipped"


@pytest.mark.parametrize("wrote", [None, DAY + SECOND])
async def test_free_text_is_not_sent_outside_the_window(post: Post, wrote: timedelta | None) -> None:
    if wrote:
        await post.wrote(at=now() - wrote)
    with pytest.raises(Discard, match="only a template"):
        await post.send(asked(content="text"))
    assert (await post.message()).status == "failed"
    assert not post.there.calls


@pytest.mark.parametrize(
    "told", [{"contact": "bob"}, {"sender": "999"}, {"content": "none"}, {"campaign": "none"}, {"tenant": "other"}]
)
async def test_what_is_not_there_or_is_another_tenants_is_discarded(post: Post, told: dict[str, str]) -> None:
    with pytest.raises(Discard, match="is not there"):
        await post.send(asked(**told))
    assert not post.there.calls


async def test_a_content_that_cannot_be_sent_is_discarded(post: Post) -> None:
    await post.wrote()
    with pytest.raises(Discard, match="cannot be sent over WhatsApp"):
        await post.send(asked(content="mail"))
    assert (await post.message()).status == "failed"


# ------------------------------------------------------------------ nobody knows


@pytest.mark.parametrize(("drop", "happened"), [("before", 0), ("after", 1)])
async def test_a_lost_answer_is_never_sent_again(post: Post, drop: Any, happened: int) -> None:
    post.there.script(Fault(drop=drop))
    with pytest.raises(UnknownOutcome):
        await post.send(asked())
    with pytest.raises(Discard, match="unknown outcome"):
        await post.send(asked())
    assert ((await post.message()).status, (await effect_at(post)).state) == ("unknown", State.UNKNOWN)
    assert (len(post.there.calls), sum(post.there.effects.values())) == (1, happened)


async def test_a_crash_while_sending_blames_nobody(post: Post) -> None:
    await Outbox(post.engine).begin("message:acme:1", Holder("{crm:message}:acme:1", 0))
    with pytest.raises(Discard, match="unknown outcome: a run ended while it was sending"):
        await post.send(asked())
    assert (await post.message()).status == "unknown"
    assert not post.there.calls


async def test_an_operators_word_is_written_down_with_the_message(post: Post) -> None:
    await Outbox(post.engine).begin("message:acme:1", Holder("{crm:message}:acme:1", 0))
    with pytest.raises(Discard):
        await post.send(asked())
    await Outbox(post.engine).settle("message:acme:1", "wamid.seen")
    assert await post.send(asked()) == {"status": "sent"}
    row = await post.message()
    assert (row.status, row.wamid) == ("sent", "wamid.seen")


# ------------------------------------------------------------------ of a campaign


@pytest.fixture
async def campaign(post: Post) -> str:
    here = Campaigns(post.engine)
    told: dict[str, Any] = {"channel": "whatsapp", "sender": SENDER, "content": "template"}
    await here.create(id="spring", tenant=TENANT, name="Spring", audience={"everyone": True}, **told)
    await here.move("spring", (CampaignState.DRAFT,), CampaignState.RUNNING)
    row = {"campaign": "spring", "contact": "ann", "address": "x", "state": "queued", "reason": "", "round": 0}
    async with post.engine.begin() as connection:
        await connection.execute(insert(recipients), {**row, "at": now()})
    return "spring"


async def stands(post: Post) -> tuple[str, int]:
    row = await post.row(recipients, contact="ann")
    return row.state, row.round


async def test_a_recipient_is_settled_with_its_message_and_has_one_effect_in_all_rounds(
    post: Post, campaign: str
) -> None:
    for number in range(2):
        assert await post.send(asked(f"spring:ann:{number}", campaign=campaign)) == {"status": "sent"}
    assert await stands(post) == ("sent", 0)
    assert len(post.there.calls) == 1
    assert (await effect_at(post, "message:spring:ann")).state is State.SENT


@pytest.mark.parametrize("state", [CampaignState.PAUSED, CampaignState.STOPPED])
async def test_while_it_is_paused_recipients_go_back(post: Post, campaign: str, state: CampaignState) -> None:
    await Campaigns(post.engine).move(campaign, (CampaignState.RUNNING,), state)
    assert (await post.send(asked("spring:ann:0", campaign=campaign)))["status"] == "put back"
    assert await stands(post) == ("pending", 1)
    await Campaigns(post.engine).move(campaign, (state,), CampaignState.RUNNING)
    await post.send(asked("spring:ann:1", campaign=campaign))
    assert (await stands(post), len(post.there.calls)) == (("sent", 1), 1)


async def test_once_it_is_cancelled_nobody_gets_it(post: Post, campaign: str) -> None:
    await Campaigns(post.engine).move(campaign, (CampaignState.RUNNING,), CampaignState.CANCELLED)
    with pytest.raises(Cancel):
        await post.send(asked("spring:ann:0", campaign=campaign))
    assert (await stands(post), len(post.there.calls)) == (("cancelled", 0), 0)


@pytest.mark.parametrize(
    ("code", "state"), [(131026, "failed"), (131049, "skipped"), (131050, "skipped"), (130429, "queued"), (1, "queued")]
)
async def test_a_refusal_settles_a_recipient(post: Post, campaign: str, code: int, state: str) -> None:
    refuse(post, code)
    try:
        await post.send(asked("spring:ann:0", campaign=campaign))
    except (Discard, Snooze, Unavailable) as signal:
        assert state != "skipped", signal  # noqa: PT017 - which of them is another test's
    assert await stands(post) == (state, 0)


async def test_a_contact_that_is_gone_settles_its_recipient(post: Post, campaign: str) -> None:
    async with post.engine.begin() as connection:
        await connection.execute(contacts.delete())
    with pytest.raises(Discard):
        await post.send(asked("spring:ann:0", campaign=campaign))
    assert (await stands(post))[0] == "failed"


# ------------------------------------------------------------------ on PostgreSQL, too


@pytest.fixture
async def elsewhere(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncGenerator[Post]:
    url = request.getfixturevalue("postgresql_server")
    async with open_post(Settings(data_dir=tmp_path / "data", database_url=url)) as opened:
        yield opened


async def test_messages_limits_and_refusals_on_postgresql(elsewhere: Post) -> None:
    assert await elsewhere.send(asked()) == {"status": "sent"}
    for code in (131056, 130429, 131048):
        refuse(elsewhere, code, 429)
        with pytest.raises(Snooze):
            await elsewhere.send(asked(str(code)))
        await elsewhere.change(senders, SENDER, paused_until=now())
        async with elsewhere.engine.begin() as connection:
            await connection.execute(update(pair_waits).values(until=now()))
    refuse(elsewhere, 131050)
    assert (await elsewhere.send(asked("5")))["status"] == "skipped"
    assert (await elsewhere.send(asked("6")))["status"] == "skipped"
