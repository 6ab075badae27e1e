"""Ten WordPress sites that fall ill one after the other, and what their owner does: the traffic of auto-healing.

Health checks look at them all the time. In place of three failed looks five minutes apart, the first one opens an
incident; what no look from outside can see is told by the site's owner, who also comes when he is called.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from itertools import cycle

from arqlight.demo.patient import Patient, patient, shuffled
from arqlight.demo.site_account import Illness, SiteAccount
from arqlight.demo.snapshot import complaints, snapshot_of
from arqlight.demo.telling import Section
from arqlight.demo.traffic import Ground, System
from arqlight.demo.world.breaking import memory_hungry
from arqlight.demo.world.state import World
from arqlight.orders import healer
from arqlight_core.clock import now
from arqlight_core.policy import SECOND
from arqlight_jobs.healer.baseline import healthy_of
from arqlight_jobs.healer.health.deciding import Look
from arqlight_jobs.healer.health.grading import Grade
from arqlight_jobs.healer.health.samples import Kind, Samples
from arqlight_jobs.healer.health_checks import CheckAsked, health_checks
from arqlight_jobs.healer.health_checks import site as site_check
from arqlight_jobs.healer.incident import Given, Incident, tried
from arqlight_jobs.healer.incident_processing import incident_processing
from arqlight_jobs.healer.incidents import Incidents, Opening
from arqlight_jobs.healer.machine import Phase
from arqlight_jobs.healer.notices import Notices, NoticeUnknown
from arqlight_jobs.healer.notifications import notifications
from arqlight_jobs.healer.records import Records, records
from arqlight_jobs.healer.sites import Sites
from arqlight_jobs.healer.words import SymptomId

NAMES = (
    "bakery",
    "bike-shop",
    "boat-house",
    "book-store",
    "choir",
    "flower-shop",
    "garden-club",
    "library",
    "theatre",
    "vineyard",
)
BREAK_EVERY = 5.0
LOOK_EVERY = 0.5
"""Seconds between two looks, each at the next site."""

SOON, MINUTE_S = 0.2, 60

UNSEEN = 2
"""So many good looks at a broken site, and its owner tells what is wrong."""

REPAIR_AFTER = 8 * SECOND
FOLLOWED = 20 * SECOND
"""How long the jobs of an ended incident are looked for: calls for a person come after its end."""

CHECK, OWNER = "a health check", "its owner"


class HealingTraffic:
    """Breaks sites, has them looked at, and keeps account of what became of them."""

    def __init__(self, ground: Ground, opened: Records, patients: list[Patient]) -> None:
        self._ground = ground
        self._records = opened
        self._incidents = Incidents(opened.engine)
        self._patients = patients
        self._account = SiteAccount(len(patients))
        self._random = random.Random(11)  # noqa: S311 - a show
        self._ways = shuffled(11)
        self._over = False
        ground.cues.update(fall_ill=self.fall_ill, checks=self.check_all)

    @property
    def settled(self) -> bool:
        """Whether every illness has come to its end."""
        return all(one.end is not None for one in self._account.illnesses)

    def wind_down(self) -> None:
        """Break no more sites; those that are ill are still found and healed."""
        self._over = True

    async def run(self) -> None:
        """Break sites, and have them looked at."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._have_looked_at())
            group.create_task(self._break())

    def section(self) -> Section | None:
        """What became of the sites."""
        return self._account.section()

    async def look(self) -> None:
        """See how the sites are, and do what their owners would."""
        samples = await Samples(self._records.engine).newest()
        looks = {one.target: one.look for one in samples if one.kind is Kind.SITE}
        for one in self._patients:
            await self._visit(one, looks.get(one.site.id))
        recent = (one for one in self._account.illnesses if one.closed is None or now() - one.closed < FOLLOWED)
        ids = [one.correlation_id for one in recent if one.incident]
        await self._ground.account.add_flows(self._ground.store, ids)

    # ------------------------------------------------------------------ what happens by itself

    async def _have_looked_at(self) -> None:
        """Each site at once, then one after the other."""
        for one in self._patients:
            await self._check(one)
        for one in cycle(self._patients):
            await asyncio.sleep(LOOK_EVERY)
            await self._check(one)

    async def _check(self, one: Patient) -> None:
        await self._ground.queue(site_check, CheckAsked(one.site.id, int(now().timestamp())))

    async def _break(self) -> None:
        """The first falls ill in a way that the first fix does not help."""
        if self._ground.calm:
            return
        await self.fall_ill(SymptomId.MEMORY, memory_hungry)
        while not self._over:
            await asyncio.sleep(BREAK_EVERY)
            await self.fall_ill(next(self._ways))

    async def fall_ill(
        self, symptom: SymptomId, breaks: Callable[[World], None] | None = None, *, sites: int = 1
    ) -> None:
        """Break so many sites, as soon as there are any that are well."""
        for _ in range(sites):
            while not (  # noqa: ASYNC110 - files are looked at
                well := [one for one in self._patients if one.known and one.illness is None]
            ):
                await asyncio.sleep(SOON)
            if not self._over:
                self._account.illnesses.append(self._random.choice(well).fall_ill(symptom, breaks))

    async def check_all(self, *, count: int) -> None:
        """So many checks at once, of one site after the other; each for a minute of its own."""
        slot = int(now().timestamp())
        for number in range(count):
            target = self._patients[number % len(self._patients)].site.id
            await self._ground.queue(site_check, CheckAsked(target, slot - MINUTE_S * (number + 1)))

    # ------------------------------------------------------------------ what follows

    async def _visit(self, one: Patient, look: Look | None) -> None:
        illness = one.illness
        if illness is None:
            one.known = one.known or await healthy_of(self._ground.settings, one.site.id) is not None
            return
        newest = next(iter(await self._incidents.listed(one.site.id, limit=1)), None)
        if newest and newest.opened_at >= illness.since:
            await self._follow(one, illness, newest)
        elif look and look.at > illness.since:
            await self._have_healed(one, illness, look)

    async def _have_healed(self, one: Patient, illness: Illness, look: Look) -> None:
        """Open an incident, once the site was seen to be ill or its owner tells."""
        one.seen_ill.add(look.at)
        if look.grade is Grade.FAILED:
            wish = Opening(one.site.id, by=CHECK, priority="high", forced=True)
        elif len(one.seen_ill) >= UNSEEN:
            wish = Opening(one.site.id, illness.symptom, by=OWNER, priority="high", forced=True)
        else:
            return
        await healer.opened(self._ground.store, self._records, wish, wish.by)

    async def _follow(self, one: Patient, illness: Illness, incident: Incident) -> None:
        illness.incident, illness.correlation_id = incident.id, incident.correlation_id
        if incident.closed_at is None:
            return
        if illness.end is None:
            await self._judge(one, illness, incident, incident.closed_at)
        if incident.phase is Phase.FIXED or await self._owner_has_come(incident, incident.closed_at):
            one.restore()

    async def _judge(self, one: Patient, illness: Illness, incident: Incident, closed: datetime) -> None:
        as_it_is = snapshot_of(one.world)
        if incident.phase is Phase.ESCALATED:
            illness.escalated(closed, as_it_is)
            return
        given = [Given(step.source, step.output) for step in await self._incidents.steps(incident.id)]
        playbook = next((choice.id for choice in reversed(tried(given))), "")
        said = complaints(one.world, one.site.base_url)
        illness.fixed(closed, as_it_is, [one.healthy, one.last_well], playbook, said)
        one.last_well = as_it_is

    async def _owner_has_come(self, incident: Incident, closed: datetime) -> bool:
        """Whether he was called, and has had the time to repair the site by hand."""
        if now() - closed < REPAIR_AFTER:
            return False
        try:
            await Notices(self._records.engine).acknowledge(incident.id, OWNER)
        except NoticeUnknown:
            return False  # nobody has called him yet
        return True


@asynccontextmanager
async def healing_traffic(ground: Ground) -> AsyncGenerator[HealingTraffic]:
    """Ten sites in a folder of their own: what is kept of a site must not lie beside it."""
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(records(ground.settings))
        sites, folder = Sites(opened.engine), ground.scratch / "sites"
        places = [patient(name, folder, ground.settings.data_dir, sites) for name in NAMES]
        patients = [await stack.enter_async_context(place) for place in places]
        yield HealingTraffic(ground, opened, patients)


HEALING = System((incident_processing.name, health_checks.name, notifications.name), healing_traffic)
