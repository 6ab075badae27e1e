"""`kill -9` of workers throughout a campaign: nobody gets it twice, and whoever may have missed it is told of.

Nothing of a recipient, no text and no token is left in logs or on the server.
"""

import asyncio
import base64
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Generator
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from arqlight_core import observe
from arqlight_core.clock import monotonic
from arqlight_core.enqueue import enqueue
from arqlight_core.store import connect
from arqlight_core.store.declarations import publish
from arqlight_core.store.gateway import Store
from arqlight_jobs.crm.campaign import run_campaign
from arqlight_jobs.crm.campaigns import Campaigns, CampaignState, RecipientState
from arqlight_jobs.crm.requests import CampaignAsked
from tests import forked
from tests.faults.campaigner import LEASE, QUEUES, settings_of
from tests.unit.crm.post import SENDER, TENANT, TEXT, TOKEN, Post, contact_row, open_post, people

pytestmark = [pytest.mark.fault, pytest.mark.timeout(180)]

RECIPIENTS, WORKERS, KILLS = 320, 3, 6
SENT_BETWEEN = 40
"""Messages between two kills: by the clock, a busy machine's workers would all be killed before they have begun."""


class Staff:
    """As many workers as there should be, whoever is killed."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.hired: list[BaseProcess] = []

    def hire(self, whatsapp: str) -> None:
        while sum(one.exitcode is None for one in self.hired) < WORKERS:
            log = self.folder / f"log-{len(self.hired)}"
            told = (self.url, str(self.folder), whatsapp, str(LEASE))
            self.hired.append(forked.begin("tests.faults.campaigner", told, log))

    def kill_one(self) -> None:
        victim = random.choice([one for one in self.hired if one.exitcode is None])  # noqa: S311 - no secret
        victim.kill()
        victim.join()

    @property
    def logs(self) -> str:
        return "".join(log.read_text() for log in self.folder.glob("log-*"))

    def dismiss(self) -> None:
        for one in self.hired:
            one.kill()
            one.join()


@pytest.fixture
def staff(shop: Store, folder: Path) -> Generator[Staff]:
    made = Staff(shop.url, folder)
    yield made
    made.dismiss()


def number(one: int) -> str:
    return f"+1514{5550000 + one}"


async def started(shop: Store, post: Post) -> str:
    """The coordinator's job of a campaign for everybody."""
    await people(post.engine, [contact_row(f"c{one:04}", number(one)) for one in range(RECIPIENTS)])
    here = Campaigns(post.engine)
    told: dict[str, Any] = {"channel": "whatsapp", "sender": SENDER, "content": "template"}
    made = await here.create(id="spring", tenant=TENANT, name="Spring", audience={"everyone": True}, **told)
    await here.move("spring", (CampaignState.DRAFT,), CampaignState.RUNNING)
    await publish(shop, QUEUES)
    job = await enqueue(shop, run_campaign, CampaignAsked("spring"), correlation_id=made.correlation_id)
    return job.job_id


async def test_nobody_gets_it_twice_and_nobody_is_forgotten(shop: Store, staff: Staff, folder: Path) -> None:
    async with open_post(settings_of(folder, ""), per_second=10_000, by_recipient=True) as post:
        job_id = await started(shop, post)
        seen = await _carried(shop, staff, post, job_id)
        counts = await Campaigns(post.engine).counts("spring")
        states = {one.contact: one.state for one in await Campaigns(post.engine).recipients("spring", None, RECIPIENTS)}
        effects = Counter(effect.partition(" ")[0] for effect in post.there.effects.elements())
    assert seen == sorted(seen), sorted(set(seen), key=seen.index)
    assert seen[-1] == 100
    assert sum(one.exitcode == -signal.SIGKILL for one in staff.hired) == KILLS
    assert max(effects.values()) == 1
    assert counts[RecipientState.SENT] + counts[RecipientState.UNKNOWN] == RECIPIENTS
    assert counts[RecipientState.UNKNOWN] <= KILLS * 5
    for one in range(RECIPIENTS):
        state, effect = states[f"c{one:04}"], effects[number(one)]
        assert effect == 1 or (effect == 0 and state is RecipientState.UNKNOWN)
    assert not await leaks(shop, staff)


async def _carried(shop: Store, staff: Staff, post: Post, job_id: str) -> list[int]:
    """Kills somebody after each so many messages until it is done; answers the progress, as it was seen."""
    seen: list[int] = []
    kills, until = 0, monotonic() + 150
    while (await Campaigns(post.engine).find("spring")).state is not CampaignState.DONE:
        assert monotonic() < until, seen
        staff.hire(post.there.url)
        if kills < KILLS and post.there.effects.total() > kills * SENT_BETWEEN:
            staff.kill_one()
            kills += 1
        seen.append((await observe.job(shop, job_id)).done)
        await asyncio.sleep(0.05)
    while (await observe.job(shop, job_id)).done < 100:
        assert monotonic() < until
        staff.hire(post.there.url)
        await asyncio.sleep(LEASE / 10)
    return [*seen, (await observe.job(shop, job_id)).done]


async def leaks(shop: Store, staff: Staff) -> list[str]:
    """Where a number, a text or the token is found that must not be there."""
    client: Any = connect.asynchronous(shop.url)
    held = [staff.logs.encode()]
    for key in await client.keys("*"):
        held += [key, await client.dump(key) or b"", *await _values(client, key)]
    await client.aclose()
    secrets = [TOKEN.encode(), TEXT[:13].encode(), b"wamid", b"1514555", base64.b64encode(b"151455500")]
    whole = b"\n".join(held)
    assert len(whole) > 10_000
    return [secret.decode() for secret in secrets if secret in whole]


async def _values(client: Any, key: bytes) -> list[bytes]:
    """A dump may be packed: what is in it once more, plainly."""
    ways: dict[bytes, Callable[[], Awaitable[Any]]] = {
        b"string": lambda: client.mget([key]),
        b"hash": lambda: client.hgetall(key),
        b"zset": lambda: client.zrange(key, 0, -1),
        b"list": lambda: client.lrange(key, 0, -1),
        b"set": lambda: client.smembers(key),
        b"stream": lambda: client.xrange(key),
    }
    kind = await client.type(key)
    return [repr(await ways[kind]()).encode()] if kind != b"none" else []  # it has expired
