"""Parents and children in a process of their own: `python -m tests.faults.family URL FOLDER`; its journal is there."""

import asyncio
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec

from arqlight_core.declaration import Queue
from arqlight_core.errors import AwaitChildren, Discard
from arqlight_core.flow import OnFailure
from arqlight_core.policy import Backoff, Keep, Retention
from arqlight_core.run import Run
from arqlight_core.settings import Settings
from arqlight_fleet.process import run_process
from tests.faults.declared import GRACE, LEASE, journal_of

KEPT = Keep(200_000, timedelta(hours=1))
PARENTS = Queue("faults:parents", "Jobs that spawn others.", concurrency=2, retention=Retention(KEPT, KEPT))
CHILDREN = Queue("faults:children", "Jobs that are spawned.", concurrency=20, retention=Retention(KEPT, KEPT))
TIMEOUT, RETRY = timedelta(minutes=5), Backoff(3, first=timedelta(seconds=0.1))


class Campaign(msgspec.Struct):
    """How many children, how long each takes, and which of them die."""

    children: int
    seconds: float = 0.0
    dying: tuple[int, ...] = ()
    on_failure: OnFailure = OnFailure.CONTINUE
    pause_every: int = 0
    """After so many payloads the source takes its time, so that there is a middle in which to be killed."""


class Recipient(msgspec.Struct):
    """One child."""

    number: int
    seconds: float
    dies: bool


class Nothing(msgspec.Struct):
    """Nothing to be told."""


@CHILDREN.job("faults_child", Recipient, timeout=TIMEOUT, retry=RETRY)
async def child(run: Run, recipient: Recipient) -> None:
    """Takes its time, and dies if it has to."""
    (await run.open(journal_of)).note("child", str(recipient.number), run.attempt, run.fence)
    await asyncio.sleep(recipient.seconds)
    if recipient.dies:
        raise Discard("it has to")


@PARENTS.job("faults_parent", Campaign, timeout=TIMEOUT, retry=RETRY, follow_ups=("faults_child", "faults_summary"))
async def parent(run: Run, campaign: Campaign) -> dict[str, int]:
    """Spawns, waits, and tells how it went."""
    journal = await run.open(journal_of)
    if run.children is None:
        journal.note("spawning", run.job_id, run.attempt, run.fence)
        await run.spawn(child, recipients(campaign), on_failure=campaign.on_failure)
        journal.note("spawned", run.job_id, run.attempt, run.fence)
        raise AwaitChildren
    journal.note("continued", run.job_id, run.attempt, run.fence)
    await run.enqueue("faults_summary", Nothing())
    return msgspec.to_builtins(run.children)


@PARENTS.job("faults_summary", Nothing, timeout=TIMEOUT, retry=RETRY)
async def summary(run: Run, _nothing: Nothing) -> str:
    """What comes after."""
    return run.correlation_id


async def recipients(campaign: Campaign) -> AsyncGenerator[Recipient]:
    """The children's payloads, one after the other: nobody holds them all."""
    for number in range(campaign.children):
        if campaign.pause_every and number % campaign.pause_every == 0:
            await asyncio.sleep(0.2)
        yield Recipient(number, campaign.seconds, number in campaign.dying)


def numbers(count: int) -> AsyncIterator[Recipient]:
    """As many recipients, that take no time."""
    return recipients(Campaign(count))


if __name__ == "__main__":
    settings = Settings(data_dir=Path(sys.argv[2]), lease=LEASE, grace=GRACE)
    run_process([PARENTS, CHILDREN], sys.argv[1], settings)
