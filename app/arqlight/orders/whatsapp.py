"""Take in what WhatsApp posted: heeded in the records, then the jobs are queued that it leads to."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from arqlight_core.breaker_defaults import with_breaker_defaults
from arqlight_core.declaration import JobType
from arqlight_core.enqueue import enqueue_many
from arqlight_core.settings import Settings
from arqlight_core.store.declarations import make_known
from arqlight_core.store.gateway import Store
from arqlight_jobs.crm import receiving
from arqlight_jobs.crm.ai import chat
from arqlight_jobs.crm.flow import step
from arqlight_jobs.crm.inbound import Ask
from arqlight_jobs.crm.receipts import Inbound, Receipt
from arqlight_jobs.crm.receiving import Came
from arqlight_jobs.crm.records import Records
from arqlight_jobs.crm.webhook import deliver

JOBS: Mapping[str, JobType[Any]] = {one.name: one for one in (step, chat, deliver)}
"""What may follow from a post."""


PATIENCE_S = 1.0
"""How long a post waits for jobs that have just sent a message to write that down, in seconds."""


async def received(store: Store, records: Records, raw: bytes, headers: Mapping[str, str]) -> str:
    """What came of a post, in one sentence. Raises PostRefused: then nothing is done.

    The same post taken in again changes nothing; cut off in the middle, it goes on where it was.
    """
    post = _Post(store, records)
    early = [one for one in receiving.verified(records.settings, raw, headers) if not await post.take(one)]
    if early:
        await asyncio.sleep(PATIENCE_S)
    for one in early:
        await post.take(one, last=True)
    return post.sentence


@dataclass(slots=True)
class _Post:
    """What a post has come to by now."""

    store: Store
    records: Records
    came: Counter[Came] = field(default_factory=Counter[Came])
    queued: int = 0

    async def take(self, told: Receipt | Inbound, *, last: bool = False) -> bool:
        """Heed one thing; False when it is to be tried once more."""
        heeded = await receiving.heed(self.records, told)
        if heeded.is_early and not last:
            return False
        self.queued += await _queue(self.store, self.records.settings, heeded.asks)
        await receiving.note(self.records, heeded)
        self.came[heeded.came] += 1
        return True

    @property
    def sentence(self) -> str:
        """All of it."""
        if not self.came:
            return "The post tells nothing that is of use here."
        parts = ", ".join(f"{self.came[one]} {one}" for one in Came if one in self.came)
        return f"Of what the post tells: {parts}. {self.queued} new jobs are queued."


async def _queue(store: Store, settings: Settings, asks: Sequence[Ask]) -> int:
    """How many of these jobs are new."""
    new = 0
    for name, some in groupby(asks, lambda ask: ask.job):
        await make_known(store, with_breaker_defaults(JOBS[name].queue, settings))
        placed = await enqueue_many(store, JOBS[name], [ask.payload for ask in some])
        new += sum(one.new for one in placed)
    return new
