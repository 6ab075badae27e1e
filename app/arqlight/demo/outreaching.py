"""Outreach: three organisers invite people by mail and SMS, and SendGrid posts what becomes of the mails."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import msgspec

from arqlight.demo.canvassing import document_of
from arqlight.demo.crm_account import twice
from arqlight.demo.people import Person
from arqlight.demo.reading import Reading
from arqlight.demo.telling import Section
from arqlight.demo.traffic import Ground, System
from arqlight.demo.world.sendgrid_events import Post
from arqlight.orders import outreach
from arqlight_core.clock import monotonic, now
from arqlight_jobs.outreach import ingest
from arqlight_jobs.outreach.campaigns import Campaigns
from arqlight_jobs.outreach.records import Records, records
from arqlight_jobs.outreach.reports import process, reports
from arqlight_jobs.outreach.sends import sends
from arqlight_jobs.outreach.states import ActionState
from arqlight_jobs.outreach.timeouts import timeouts

BY = "the demonstration"
ORGANISERS = ("choir", "museum", "theatre")
CAMPAIGN_EVERY, POST_EVERY = 15.0, 2.0
INVITED = 8
"""People of one campaign: what follows from it counts towards the twenty mails a minute that an organiser may send."""

FIRST, LAST = 600, 1200
"""The numbers of those who are invited."""

OVER_AFTER = 40.0
"""Seconds after which nothing new happens in a campaign of which nothing is left."""

ENDING = 10.0
"""Seconds that are waited for what is under way when the show ends."""

LEFT = (ActionState.PENDING, ActionState.SENDING)
COLUMNS = ("campaigns", "people", *(state.value for state in ActionState), "posts", "refused_posts", "events")


@dataclass(slots=True)
class Run:
    """A campaign that was started, and what was last seen of it."""

    id: str
    began: float
    actions: Counter[str] = field(default_factory=Counter[str])
    events: int = 0

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it."""
        left = sum(self.actions[state] for state in LEFT)
        return not left and monotonic() - self.began > OVER_AFTER


class OutreachTraffic:
    """Starts campaigns, and posts as SendGrid does."""

    def __init__(self, ground: Ground, opened: Records, reading: Reading) -> None:
        self._ground = ground
        self._records = opened
        self._reading = reading
        self._organisers = cycle(ORGANISERS)
        invited = (Person(number) for number in range(FIRST, LAST))
        self._people = cycle([one for one in invited if not (ground.calm and one.is_lost)])
        self._runs: list[Run] = []
        self._posts: Counter[str] = Counter()
        self._over_since: float | None = None

    @property
    def settled(self) -> bool:
        """Whether nothing of it waits for a worker, or it has been waited for long enough."""
        late = self._over_since is not None and monotonic() - self._over_since > ENDING
        return late or not any(self._ground.account.waits(queue.name) for queue in (sends, timeouts, reports))

    def wind_down(self) -> None:
        """Begin nothing new."""
        self._over_since = monotonic()

    async def run(self) -> None:
        """Campaigns and posts."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._invite())
            group.create_task(self._post())

    async def _invite(self) -> None:
        """One organiser after the other, the first round fast."""
        for organiser in self._organisers:
            if self._over_since is not None:
                return
            await self._start(organiser, f"{organiser}-{now():%m%d%H%M%S}-{len(self._runs) + 1}")
            await asyncio.sleep(CAMPAIGN_EVERY if len(self._runs) >= len(ORGANISERS) else POST_EVERY)

    async def _start(self, organiser: str, campaign: str) -> None:
        people = [next(self._people) for _ in range(INVITED)]
        made = await Campaigns(self._records.engine).load(document_of(organiser, campaign, people))
        self._runs.append(Run(made.id, monotonic()))
        self._ground.account.follow(made.correlation_id)
        await outreach.started(self._ground.store, self._records, made.id, BY)

    async def _post(self) -> None:
        while self._over_since is None or not self.settled:
            await asyncio.sleep(POST_EVERY)
            for tenant, post in self._reading.posts():
                await self._received(tenant, post)
                await self._received(tenant, post)  # a replay

    async def _received(self, tenant: str, post: Post) -> None:
        store = self._ground.store
        try:
            webhook = await outreach.received(store, self._records, post.body, post.headers, tenant)
        except ingest.WebhookRefused:
            self._posts["refused"] += 1
            return
        self._posts["taken"] += 1
        await self._ground.note(process, ingest.asked_of(tenant, webhook))

    async def look(self) -> None:
        """See how the campaigns are that are not over."""
        for one in [one for one in self._runs if not one.is_over]:
            counts = await Campaigns(self._records.engine).counts(one.id)
            one.actions, one.events = Counter(counts.actions), sum(counts.events.values())

    async def close(self) -> None:
        """Whoever serves these queues next sends nothing that is left."""
        for one in self._runs:
            if not one.is_over:
                await Campaigns(self._records.engine).cancel(one.id)

    def section(self) -> Section | None:
        """What became of the campaigns."""
        facts = self._facts()
        again = facts["seen_twice"]
        told = f"{again} WERE SEEN TWICE" if again else "seen twice: 0"
        sentence = (
            f"{facts['campaigns']} outreach campaigns to {facts['people']} people: {facts['sent']} mails and SMS sent, "
            f"{facts['pending']} not yet; {facts['posts']} posts of events, {facts['refused_posts']} replays refused; "
            f"{told}."
        )
        rows = [[facts[name] for name in COLUMNS]]
        return Section("outreach", facts, sentence, COLUMNS, rows, wrong=bool(again))

    def _facts(self) -> dict[str, Any]:
        mails = self._ground.providers.sendgrid.effects
        mine = [effect for effect in mails if " " in effect]  # an address and a subject: the CRM's have marks
        texts = self._ground.providers.twilio.effects
        actions = sum((one.actions for one in self._runs), Counter[str]())
        return {
            "campaigns": len(self._runs),
            "people": len(self._runs) * INVITED,
            **{state.value: actions[state.value] for state in ActionState},
            "posts": self._posts["taken"],
            "refused_posts": self._posts["refused"],
            "events": sum(one.events for one in self._runs),
            "seen_twice": twice(mails, mine) + twice(texts),
        }


@asynccontextmanager
async def outreach_traffic(ground: Ground) -> AsyncGenerator[OutreachTraffic]:
    """SendGrid's posts are verified by the key that it signs them with."""
    reading = Reading(ground.providers.mails, {document_of(one, one, ()).senders[0].address: one for one in ORGANISERS})
    settings = msgspec.structs.replace(ground.settings, sendgrid_webhook_key=reading.webhook.public_key)
    async with records(settings) as opened:
        traffic = OutreachTraffic(ground, opened, reading)
        try:
            yield traffic
        finally:
            await traffic.close()


OUTREACH = System((sends.name, timeouts.name, reports.name), outreach_traffic)
