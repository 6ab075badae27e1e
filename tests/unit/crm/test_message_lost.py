"""No message stays queued whose job has ended without a word; what the outbox knows decides."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from arqlight_core.clock import now
from arqlight_core.enqueue import enqueue
from arqlight_core.policy import DAY, HOUR
from arqlight_core.store.declarations import publish
from arqlight_core.store.gateway import Store
from arqlight_jobs.crm import message_lost
from arqlight_jobs.crm.message import send
from arqlight_jobs.crm.message_lost import settle_lost
from arqlight_jobs.crm.tables.messaging import messages
from arqlight_jobs.crm.tables.webhooks import endpoints
from arqlight_jobs.looking import fleet_store
from arqlight_jobs.outbound.effects import Holder, Outbox, State
from tests.running import FakeRun
from tests.unit.crm.post import TENANT, Post, asked

GONE = "{crm:message}:acme:gone"


@pytest.fixture
async def run(post: Post, store: Store) -> AsyncGenerator[FakeRun]:
    """A run that looks at the server of the tests."""
    made = FakeRun(post.settings)
    made._opened[fleet_store] = store  # pyright: ignore[reportPrivateUsage] - in place of the fleet's own
    async with made.stack:
        yield made


async def stuck(post: Post, number: int = 1, job: str = GONE, since: timedelta = DAY + HOUR, **told: Any) -> None:
    """A message that is queued since then."""
    row: dict[str, Any] = {"tenant": TENANT, "sender": "s", "contact": f"c{number}", "content": "text", "campaign": ""}
    row |= {"key": f"message:acme:{number}", "job_id": job, "status": "queued", "reason": "waits", **told}
    async with post.engine.begin() as connection:
        await connection.execute(insert(messages), {**row, "created_at": now() - since})


async def how(post: Post, number: int = 1) -> tuple[str, str]:
    row = await post.row(messages, key=f"message:acme:{number}")
    return row.status, row.reason


async def test_a_message_whose_job_is_gone_has_failed_and_its_tenant_is_told(post: Post, run: FakeRun) -> None:
    await stuck(post)
    row: dict[str, Any] = {
        "id": "we_1",
        "tenant": TENANT,
        "url": "https://x.test",
        "types": [],
        "disabled_because": "",
        "faults": 0,
    }
    async with post.engine.begin() as connection:
        await connection.execute(insert(endpoints), {**row, "enabled_at": now(), "created_at": now()})
    assert await settle_lost(run, post.engine) == 1
    assert await how(post) == ("failed", "its job is gone")
    assert [name for name, _ in run.queued] == ["crm.webhook.deliver"]
    assert await settle_lost(run, post.engine) == 0


@pytest.mark.parametrize(
    ("effect", "status"), [(State.SENDING, "unknown"), (State.UNKNOWN, "unknown"), (State.SENT, "sent")]
)
async def test_what_the_outbox_knows_decides(post: Post, run: FakeRun, effect: State, status: str) -> None:
    await stuck(post)
    box, mine = Outbox(post.engine), Holder(GONE, 1)
    await box.begin("message:acme:1", mine)
    if effect is not State.SENDING:
        await box.close("message:acme:1", mine, effect, provider_id="wamid.7")
    assert await settle_lost(run, post.engine) == 1
    assert (await how(post))[0] == status
    assert (await post.row(messages, key="message:acme:1")).wamid == ("wamid.7" if status == "sent" else None)


async def test_what_lives_or_is_young_is_left_alone_however_many_there_are(
    post: Post, run: FakeRun, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_lost, "PAGE", 2)
    await publish(store, [send.queue])
    alive = await enqueue(store, send, asked("alive"))
    for number in range(3):
        await stuck(post, number, alive.job_id)
    await stuck(post, 4, since=HOUR)
    await stuck(post, 5)
    assert await settle_lost(run, post.engine) == 1
    assert [(await how(post, number))[0] for number in (0, 1, 2, 4, 5)] == [*["queued"] * 4, "failed"]
