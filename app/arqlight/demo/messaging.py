"""The CRM of three shops: their customers are taken in, then campaigns, orders, questions and files keep it busy."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from arqlight.demo.buying import Buying
from arqlight.demo.campaigning import Campaigning
from arqlight.demo.crm_account import messages_section
from arqlight.demo.filing import Filing
from arqlight.demo.hooks import Hooks, open_hooks
from arqlight.demo.shops import Shop, open_shops
from arqlight.demo.telling import Section
from arqlight.demo.traffic import Ground, System
from arqlight_core.clock import monotonic
from arqlight_jobs.crm.ai import ai
from arqlight_jobs.crm.analytics import analytics
from arqlight_jobs.crm.campaign import campaigns
from arqlight_jobs.crm.email import emails
from arqlight_jobs.crm.exporting import exporting
from arqlight_jobs.crm.flow import flows
from arqlight_jobs.crm.importing import importing
from arqlight_jobs.crm.message import messages
from arqlight_jobs.crm.notification import notifications
from arqlight_jobs.crm.records import Records, records
from arqlight_jobs.crm.webhook import webhooks

CAMPAIGN_EVERY, ERRAND_EVERY = 4.0, 2.0
ORDER_EVERY, MESSAGE_EVERY, QUESTION_EVERY = 7.0, 2.5, 6.0
"""Seconds from the end of one to the next."""

POISON_AFTER, POISON_EVERY = 14.0, 300.0
"""Seconds until the first job that takes its workers down, and to the next: it is a dead letter in half a minute."""

ENDING = 10.0
"""Seconds that are waited for what is under way when the show ends: what a limit holds back still waits then."""

QUEUES = (messages, campaigns, flows, emails, webhooks, ai, importing, exporting, analytics, notifications)


class MessagingTraffic:
    """All that goes on in the shops."""

    def __init__(self, ground: Ground, opened: Records, shops: list[Shop], hooks: Hooks) -> None:
        self._ground = ground
        self._shops = shops
        self._filing = Filing(ground, opened, shops)
        self._campaigning = Campaigning(ground, opened, shops)
        self._buying = Buying(ground, opened, shops, hooks)
        self._over_since: float | None = None
        self._poisoning = False
        buying = self._buying
        ground.cues.update(campaigns=self._campaigning.start_all, import_bad=self._filing.import_bad)
        ground.cues.update(messages=buying.messages, questions=buying.questions)

    @property
    def settled(self) -> bool:
        """Whether nothing of it waits for a worker, or it has been waited for long enough."""
        late = self._over_since is not None and monotonic() - self._over_since > ENDING
        return late or not (self._poisoning or any(self._ground.account.waits(queue.name) for queue in QUEUES))

    def wind_down(self) -> None:
        """Begin nothing new."""
        self._over_since = monotonic()

    async def run(self) -> None:
        """Take the customers in and run every errand once, then all at a time."""
        await asyncio.gather(*(self._filing.take_in(shop) for shop in self._shops))
        await self._filing.first_round()
        self._ground.ready.set()
        async with asyncio.TaskGroup() as group:
            for every, act in (
                (CAMPAIGN_EVERY, self._campaigning.start_next),
                (ERRAND_EVERY, self._filing.next),
                (ORDER_EVERY, self._buying.order),
                (MESSAGE_EVERY, self._buying.tell),
                (QUESTION_EVERY, self._buying.ask),
            ):
                group.create_task(self._repeat(every, act))
            if not self._ground.calm:
                group.create_task(self._poison())

    async def _poison(self) -> None:
        await asyncio.sleep(POISON_AFTER)
        while self._over_since is None:
            self._poisoning = True
            await self._filing.poison()
            self._poisoning = False
            await asyncio.sleep(POISON_EVERY)

    async def _repeat(self, every: float, act: Callable[[], Awaitable[None]]) -> None:
        while self._over_since is None:
            await act()
            await asyncio.sleep(every)

    async def look(self) -> None:
        """See how the campaigns are."""
        await self._campaigning.look()

    def section(self) -> Section | None:
        """What became of the campaigns."""
        providers, own = self._ground.providers, self._campaigning
        return messages_section(own.runs, providers.whatsapp.effects, providers.sendgrid.effects, own.marks)


@asynccontextmanager
async def messaging_traffic(ground: Ground) -> AsyncGenerator[MessagingTraffic]:
    """The shops on record, and their servers."""
    async with (
        records(ground.settings) as opened,
        open_shops(opened) as shops,
        open_hooks(ground, opened, shops) as hooks,
    ):
        yield MessagingTraffic(ground, opened, shops, hooks)


MESSAGING = System(tuple(queue.name for queue in QUEUES), messaging_traffic)
