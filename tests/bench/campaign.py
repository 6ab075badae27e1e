"""A campaign whose workers are killed throughout: how fast it goes, what it takes, and whether anybody got it twice.

    uv run python -m tests.bench.campaign [--recipients 100000] [--workers 3] [--kill-every 5] [--limit 80] [--json]

Everything is real but WhatsApp, which is a stand-in in a process of its own, with WhatsApp's limit of messages a
second. The exit status is 1 when somebody got it twice, somebody is neither accounted as sent nor as unknown, its
progress went back, or it stood still.
"""

import argparse
import asyncio
import random
import sys
import tempfile
from itertools import pairwise
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import insert

from arqlight.demo.world.stand_in import standing
from arqlight.demo.world.whatsapp import PER_SECOND, WhatsApp
from arqlight_core import observe
from arqlight_core.clock import monotonic
from arqlight_core.enqueue import enqueue
from arqlight_core.store.declarations import publish
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import Store
from arqlight_jobs.crm.campaign import run_campaign
from arqlight_jobs.crm.campaigns import Campaigns, CampaignState, RecipientState
from arqlight_jobs.crm.records import records
from arqlight_jobs.crm.requests import CampaignAsked
from arqlight_jobs.crm.tables.people import contacts
from tests import forked
from tests.faults.campaigner import QUEUES, settings_of
from tests.unit.crm.post import SENDER, TENANT, TOKEN, contact_row, people

PAGE = 5000
MB = 1024**2
LEASE = 15.0
LOOK_EVERY = 0.5
STANDSTILL = 600.0
"""Seconds without a message after which it is given up."""


class Look(msgspec.Struct):
    """What was seen at one moment: percents, and bytes of the largest worker and of Redis."""

    done: int
    worker: int
    redis: int


class Report(msgspec.Struct):
    """How it went. Memory in MB: the most that one worker had in the first and the last third, and Redis in all."""

    recipients: int
    seconds: float
    per_second: float
    kills: int
    sent: int
    unknown: int
    twice: int
    is_steady: bool
    """Whether its progress never went back."""
    early_mb: float
    late_mb: float
    redis_mb: float

    @property
    def lines(self) -> list[str]:
        return [
            f"{self.recipients:,} recipients in {self.seconds:,.1f} s: {self.per_second:,.0f} a second",
            f"{self.kills} workers killed; {self.sent:,} sent, {self.unknown:,} unknown, {self.twice:,} twice",
            f"its progress went {'forward alone' if self.is_steady else 'BACK'}",
            f"at most {self.early_mb:,.0f} MB in a worker in the first third, {self.late_mb:,.0f} in the last",
            f"at most {self.redis_mb:,.1f} MB in Redis",
        ]

    @property
    def is_good(self) -> bool:
        return self.twice == 0 and self.sent + self.unknown == self.recipients and self.is_steady


# ------------------------------------------------------------------ WhatsApp, in a process of its own


def serve(told: Any, limit: float) -> None:
    """Says where it is, and then, asked by anything, how many effects took place twice."""
    asyncio.run(_serve(told, limit))


async def _serve(told: Any, limit: float) -> None:
    whatsapp = WhatsApp(TOKEN, per_second=limit, by_recipient=True)
    async with standing(whatsapp.stand_in) as there:
        there.calls = type(there.calls)(maxlen=1)  # only effects are counted here
        told.send(there.url)
        await asyncio.to_thread(told.recv)
        told.send(sum(count > 1 for count in there.effects.values()))


# ------------------------------------------------------------------ the campaign


class Bench:
    """A server, records, workers."""

    def __init__(self, folder: Path, url: str, whatsapp: str, workers: int) -> None:
        self.folder, self.url, self.whatsapp, self.workers = folder, url, whatsapp, workers
        self.settings = settings_of(folder, whatsapp, LEASE)
        self.hired: list[BaseProcess] = []
        self.kills = 0

    def hire(self) -> None:
        while sum(one.exitcode is None for one in self.hired) < self.workers:
            told = (self.url, str(self.folder), self.whatsapp, str(LEASE))
            self.hired.append(forked.begin("tests.faults.campaigner", told, self.folder / "log"))

    def kill_one(self) -> None:
        victim = random.choice([one for one in self.hired if one.exitcode is None])  # noqa: S311 - no secret
        victim.kill()
        victim.join()
        self.kills += 1

    def dismiss(self) -> None:
        for one in self.hired:
            one.kill()
            one.join()

    @property
    def largest(self) -> int:
        """Bytes of memory that the largest of the workers has."""
        return max((_resident(one.pid) for one in self.hired if one.exitcode is None), default=0)

    async def prepare(self, store: Store, recipients: int) -> None:
        async with records(self.settings) as opened:
            await people(opened.engine)
            for first in range(0, recipients, PAGE):
                some = range(first, min(first + PAGE, recipients))
                await people_more(opened.engine, [contact_row(f"c{one:07}", f"+1{2000000000 + one}") for one in some])
            told: dict[str, Any] = {"channel": "whatsapp", "sender": SENDER, "content": "template"}
            await Campaigns(opened.engine).create(
                id="big", tenant=TENANT, name="Big", audience={"everyone": True}, **told
            )
        await publish(store, QUEUES)
        self.job_id = (await enqueue(store, run_campaign, CampaignAsked("big"))).job_id

    async def carry(self, store: Store, kill_every: float) -> list[Look]:
        """What was seen every now and then until it was done, or stood still."""
        seen = [await self.look(store)]
        killed = moved = monotonic()
        async with records(self.settings) as opened:
            while (await Campaigns(opened.engine).find("big")).state is not CampaignState.DONE:
                self.hire()
                await asyncio.sleep(LOOK_EVERY)
                seen.append(await self.look(store))
                if seen[-1].done != seen[-2].done:
                    moved = monotonic()
                    _say(f"{seen[-1].done} % with {self.kills} killed")
                if monotonic() > moved + STANDSTILL:
                    break
                if kill_every and monotonic() > killed + kill_every:
                    self.kill_one()
                    killed = monotonic()
        return seen

    async def look(self, store: Store) -> Look:
        job = await observe.job(store, self.job_id)
        return Look(job.done, self.largest, int((await store.info())["used_memory"]))

    async def counts(self) -> dict[RecipientState, int]:
        async with records(self.settings) as opened:
            return await Campaigns(opened.engine).counts("big")


async def people_more(engine: Any, rows: list[dict[str, Any]]) -> None:
    async with engine.begin() as connection:
        await connection.execute(insert(contacts), rows)


def _resident(pid: int | None) -> int:
    try:
        told = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in told.splitlines() if line.startswith("VmRSS")), 0)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


async def measured(recipients: int, workers: int, kill_every: float, limit: float) -> Report:
    """One campaign from its start to its end."""
    ours, theirs = get_context("spawn").Pipe()
    whatsapp = get_context("spawn").Process(target=serve, args=(theirs, limit), daemon=True)
    whatsapp.start()
    with tempfile.TemporaryDirectory(prefix="aq") as made:
        server = EmbeddedServer.of(Path(made))
        server.ensure()
        store = Store(server.url)
        bench = Bench(Path(made), server.url, await asyncio.to_thread(ours.recv), workers)
        try:
            await bench.prepare(store, recipients)
            began = monotonic()
            seen = await bench.carry(store, kill_every)
            seconds = monotonic() - began
            counts = await bench.counts()
        finally:
            bench.dismiss()
            await store.close()
            server.stop()
        ours.send("how many")
        twice = await asyncio.to_thread(ours.recv)
    return Report(
        recipients=recipients,
        seconds=seconds,
        per_second=recipients / seconds,
        kills=bench.kills,
        sent=counts[RecipientState.SENT],
        unknown=counts[RecipientState.UNKNOWN],
        twice=twice,
        is_steady=all(before.done <= after.done for before, after in pairwise(seen)),
        early_mb=max(one.worker for one in seen[: len(seen) // 3 + 1]) / MB,
        late_mb=max(one.worker for one in seen[-len(seen) // 3 :]) / MB,
        redis_mb=(max(one.redis for one in seen) - seen[0].redis) / MB,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="A campaign whose workers are killed throughout.")
    parser.add_argument("--recipients", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--kill-every", type=float, default=5.0, help="seconds; 0 kills nobody")
    parser.add_argument("--limit", type=float, default=PER_SECOND, help="messages a second that WhatsApp takes")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    report = asyncio.run(measured(asked.recipients, asked.workers, asked.kill_every, asked.limit))
    text = msgspec.json.encode(report).decode() if asked.json else "\n".join(report.lines)
    sys.stdout.write(f"{text}\n")
    return 0 if report.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
