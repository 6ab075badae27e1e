"""What shops do with files and figures: customers taken in and taken away, recordings, sums, and notes to the owner."""

import asyncio
import wave
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

from arqlight.demo.people import MAPPING, Person, file_of
from arqlight.demo.poison import be_careful, poison
from arqlight.demo.shops import Shop
from arqlight.demo.traffic import Ground
from arqlight_jobs.crm import recordings
from arqlight_jobs.crm.ai import ai, transcribe
from arqlight_jobs.crm.analytics import snapshot
from arqlight_jobs.crm.custody import OPEN
from arqlight_jobs.crm.exporting import export_data
from arqlight_jobs.crm.exports import Exports, Query
from arqlight_jobs.crm.importing import import_contacts
from arqlight_jobs.crm.imports import Imports
from arqlight_jobs.crm.notification import send as notify
from arqlight_jobs.crm.records import Records
from arqlight_jobs.crm.requests import (
    ExportAsked,
    ImportAsked,
    NotificationAsked,
    SnapshotAsked,
    TranscribeAsked,
)

WATCH_SECONDS = 0.3
HERTZ = 8000
SOME = 20
"""Customers in one of the later files."""


Errand = Callable[[Shop], Awaitable[object]]


@dataclass(slots=True)
class Filing:
    """One errand after the other, for one shop after the other."""

    ground: Ground
    records: Records
    shops: Sequence[Shop]
    number: int = 0
    _errands: tuple[Errand, ...] = field(init=False)
    _turns: Iterator[tuple[Errand, Shop]] = field(init=False)

    def __post_init__(self) -> None:
        self._errands = (self._export, self._sum_up, self._notify, self._transcribe, self._import_some)
        self._turns = zip(cycle(self._errands), cycle(self.shops), strict=False)

    async def first_round(self) -> None:
        """One of each, so that every queue has had a job however short the demonstration is."""
        for _ in self._errands:
            await self.next()

    async def next(self) -> None:
        """The next errand."""
        errand, shop = next(self._turns)
        self.number += 1
        await errand(shop)

    async def take_in(self, shop: Shop) -> None:
        """All customers of a shop, who are known to it then."""
        named = await self._import(shop, shop.people, "customer")
        told = Imports(self.records.engine, self.ground.settings)
        while (await told.find(named)).status in OPEN:  # noqa: ASYNC110 - another process writes it down
            await asyncio.sleep(WATCH_SECONDS)
        await shop.meet(self.records)

    async def import_bad(self, *, bad: int) -> None:
        """A shop takes in its customers once more, from a file with so many bad rows."""
        self.number += 1
        await self._import(self.shops[0], self.shops[0].people, f"bad-{self.number}", bad)

    async def poison(self) -> None:
        """A recording that whoever transcribes it dies of."""
        self.number += 1
        await be_careful(self.ground, ai.name)
        job_id = await self._transcribe(self.shops[0])
        await poison(self.ground, job_id)

    async def _import_some(self, shop: Shop) -> None:
        first = self.number * SOME % len(shop.people)
        await self._import(shop, shop.people[first : first + SOME], f"visit-{self.number}")

    async def _import(self, shop: Shop, people: Sequence[Person], tag: str, bad: int = 1) -> str:
        path = self.ground.settings.data_dir / f"{shop.id}-{tag}.csv"
        await asyncio.to_thread(path.write_text, file_of(people, tag, bad))
        accepted = await Imports(self.records.engine, self.ground.settings).accept(shop.id, path, MAPPING)
        await asyncio.to_thread(path.unlink)
        await self.ground.queue(import_contacts, ImportAsked(accepted.id))
        return accepted.id

    async def _export(self, shop: Shop) -> None:
        query = Query("messages" if self.number % 2 else "contacts", compressed=True)
        accepted, _ = await Exports(self.records.engine, self.ground.settings).accept(shop.id, query)
        await self.ground.queue(export_data, ExportAsked(accepted.id))

    async def _sum_up(self, shop: Shop) -> None:
        await self.ground.queue(snapshot, SnapshotAsked("hour", shop.id))

    async def _notify(self, shop: Shop) -> None:
        asked = NotificationAsked(shop.user, "figures", shop.id, str(self.number), "New figures are there")
        await self.ground.queue(notify, asked, flow=f"{shop.id}-figures-{self.number}")

    async def _transcribe(self, shop: Shop) -> str:
        path = self.ground.settings.data_dir / f"{shop.id}-{self.number}.wav"
        await asyncio.to_thread(_record, path, self.number)
        taken = await recordings.take_in(self.records.engine, self.ground.settings, shop.id, path)
        await asyncio.to_thread(path.unlink)
        return await self.ground.queue(transcribe, TranscribeAsked(shop.id, taken.id, "en"))


def _record(path: Path, number: int) -> None:
    """A second of something, each time another."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, HERTZ, 0, "NONE", "not compressed"))
        file.writeframes(number.to_bytes(2) * HERTZ)
