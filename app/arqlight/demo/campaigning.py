"""Campaigns of the shops, one after the other: small ones, mail, one that rests for a while, and some that fail."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import cycle

from arqlight.demo.shops import CAMPAIGNING, CLUB, Customer, Shop, mail, template
from arqlight.demo.traffic import Ground
from arqlight.orders import crm
from arqlight_core.campaigns import OVER, Recipients
from arqlight_core.clock import monotonic
from arqlight_core.errors import UsageError
from arqlight_core.store.keys import QueueKeys
from arqlight_jobs.crm.campaign import campaigns as coordinators
from arqlight_jobs.crm.campaign import run_campaign
from arqlight_jobs.crm.campaign_pace import tallies
from arqlight_jobs.crm.campaigns import Campaign, Campaigns, CampaignState
from arqlight_jobs.crm.email_writing import mark_of
from arqlight_jobs.crm.recipients import mail_effect
from arqlight_jobs.crm.records import Records
from arqlight_jobs.crm.registration import Registry

BY = "the demonstration"
RESTS_AFTER, RESTS_FOR = 2.0, 6.0
"""Seconds: when the campaign that rests is told so, and for how long."""


class Kind(StrEnum):
    """What is shown."""

    SMALL = "small"
    """Within what one sender may send in a minute."""
    RESTING = "resting"
    """Over it, and told to rest and to go on."""
    MAIL = "mail"
    FAILING_MAIL = "failing mail"
    """To too many who cannot be reached: it stops."""
    FAILING = "failing"
    """The same over WhatsApp, where it takes minutes until enough have been tried."""


SIZES = {Kind.SMALL: 12, Kind.RESTING: 28, Kind.MAIL: 30, Kind.FAILING_MAIL: 60, Kind.FAILING: 64}
LOST = {Kind.SMALL: 1, Kind.RESTING: 2, Kind.MAIL: 2, Kind.FAILING_MAIL: 16, Kind.FAILING: 16}
"""How many of those cannot be reached: of a shop's customers there are not more."""

ROTA = (
    *(Kind.FAILING_MAIL, Kind.FAILING, Kind.SMALL, Kind.RESTING, Kind.SMALL, Kind.MAIL, Kind.SMALL, Kind.SMALL),
    *(Kind.MAIL, Kind.SMALL, Kind.RESTING, Kind.SMALL, Kind.FAILING_MAIL, Kind.SMALL, Kind.SMALL, Kind.MAIL),
)


def audience(kind: Kind, people: Sequence[Customer], dice: random.Random) -> list[Customer]:
    """Whom a campaign of that kind is for: as many of both sorts as it takes to show what it shows."""
    wanted, lost = SIZES[kind], LOST[kind]
    agreed = [one for one in people if one.person.consents]
    gone = [one for one in agreed if one.person.is_lost]
    there = [one for one in agreed if not one.person.is_lost]
    chosen = dice.sample(gone, min(lost, len(gone)))
    return chosen + dice.sample(there, min(wanted - len(chosen), len(there)))


def by_mail(kind: Kind) -> bool:
    """Whether it goes by mail."""
    return kind in (Kind.MAIL, Kind.FAILING_MAIL)


@dataclass(slots=True)
class Run:
    """A campaign that was started, and what was last seen of it."""

    id: str
    kind: Kind
    began: float
    channel: str
    state: CampaignState = CampaignState.RUNNING
    counts: Recipients = field(default_factory=Recipients)
    rested: bool = False

    @property
    def is_over(self) -> bool:
        """Whether it changes no more by itself: what is on its way when it ends still arrives."""
        return (self.state in OVER or self.state is CampaignState.STOPPED) and not self.counts.queued


@dataclass(slots=True)
class Campaigning:
    """Starts them, steers them, and keeps account of all."""

    ground: Ground
    records: Records
    shops: Sequence[Shop]
    runs: list[Run] = field(default_factory=list[Run])
    number: int = 0
    marks: set[str] = field(default_factory=set[str])
    """What stands for a campaign's mail where SendGrid sees it: each may be there once."""
    dice: random.Random = field(default_factory=lambda: random.Random(13))  # noqa: S311 - a show
    _next: Iterator[Kind] = field(init=False)
    _senders: Iterator[tuple[Shop, str]] = field(init=False)

    def __post_init__(self) -> None:
        self._next = cycle(ROTA)
        self._senders = cycle([(shop, role) for role in CAMPAIGNING for shop in self.shops])

    async def start_next(self) -> None:
        """The next in turn; those that fail only where something may."""
        kind = self.next_kind()
        if not (self.ground.calm and kind in (Kind.FAILING, Kind.FAILING_MAIL)):
            await self.start(kind)

    async def start_all(self, *, kinds: Sequence[Kind]) -> None:
        """One of each kind."""
        for kind in kinds:
            await self.start(kind)

    async def start(self, kind: Kind) -> None:
        """One of that kind, by the next shop in turn."""
        shop, role = (self.shops[0], CLUB) if kind is Kind.FAILING else next(self._senders)
        if not shop.customers:
            return
        self.number += 1
        made = await self._written(kind, shop, role)
        if by_mail(kind):
            self.marks |= {mark_of(mail_effect(made.id, one)) for one in made.audience["contacts"]}
        await crm.start(self.ground.store, self.records, BY, campaign_id=made.id)
        job_id = QueueKeys.declared(coordinators.name).job_id(made.id)
        self.ground.account.add(job_id, coordinators.name, run_campaign.name)
        self.ground.account.follow(made.correlation_id)
        self.runs.append(Run(made.id, kind, monotonic(), made.channel))

    def next_kind(self) -> Kind:
        """What comes next; of those that take minutes there is one at a time."""
        kind = next(self._next)
        lasts = kind is Kind.FAILING and any(one.kind is kind and not one.is_over for one in self.runs)
        return Kind.SMALL if lasts else kind

    async def _written(self, kind: Kind, shop: Shop, role: str) -> Campaign:
        name = f"{shop.id}-{kind.replace(' ', '-')}-{self.number}"
        content = (
            mail(shop.id, name, f"News {self.number}", bulk=True)
            if by_mail(kind)
            else template(shop.id, name, marketing=True)
        )
        await Registry(self.records.engine).put_content(content)
        people = [one for one in shop.customers if not (self.ground.calm and one.person.is_lost)]
        return await Campaigns(self.records.engine).create(
            id=name,
            tenant=shop.id,
            name=f"{kind.capitalize()} {self.number}",
            channel="email" if by_mail(kind) else "whatsapp",
            sender="" if by_mail(kind) else shop.sender(role),
            content=content.id,
            audience={"contacts": [one.id for one in audience(kind, people, self.dice)]},
        )

    async def look(self) -> None:
        """See how those are that are not over, and tell one to rest or to go on."""
        going = [one for one in self.runs if not one.is_over]
        states = [(await Campaigns(self.records.engine).find(one.id)).state for one in going]
        counts = await tallies(self.records.engine, [one.id for one in going])
        for one, state in zip(going, states, strict=True):
            one.counts, one.state = counts[one.id], state
            if one.kind is Kind.RESTING and not one.is_over:
                await self._steer(one)

    async def _steer(self, one: Run) -> None:
        since = monotonic() - one.began
        try:
            if one.state is CampaignState.RUNNING and not one.rested and since > RESTS_AFTER:
                one.rested = True
                await crm.pause(
                    self.ground.store, self.records, BY, campaign_id=one.id, reason="somebody has a question"
                )
            elif one.state is CampaignState.PAUSED and since > RESTS_AFTER + RESTS_FOR:
                await crm.resume(self.ground.store, self.records, BY, campaign_id=one.id, reason="it is answered")
        except UsageError:
            return  # it was faster, or somebody else has steered it
