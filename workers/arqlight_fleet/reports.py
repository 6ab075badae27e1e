"""Tells parents of their children's ends. Every end of a child stands in its queue's stream until its parent was told.

Any worker may tell, several at once, and again after a crash: a parent counts each child once.
"""

import asyncio
import logging
from collections import defaultdict
from typing import TYPE_CHECKING

from arqlight_core.flow import Parent
from arqlight_core.jobs import Cancelled, Dead, Outcome, Succeeded
from arqlight_core.store import scripts
from arqlight_core.store.connect import will_pass
from arqlight_core.store.gateway import OUTAGES, Store
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts import ChildEnd

if TYPE_CHECKING:
    from arqlight_fleet.attempt import Attempt
    from arqlight_fleet.worker import FleetWorker

logger = logging.getLogger("arqlight.reports")

CHUNK = 500
CATCH_UP_EVERY = 1.0
PAUSE = 0.02
"""Seconds between two looks at a queue's reports: ends that come one by one are told together."""

Groups = dict[str, list[tuple[str, ChildEnd]]]


async def drain(store: Store, queue: QueueKeys) -> int:
    """Tell the parents of all children of this queue that have ended; answers how many reports there were."""
    taken = 0
    while reports := await store.reports(queue, CHUNK):
        told = await _tell(store, _by_queue(reports))
        if told:
            await store.forget_reports(queue, told)
        taken += len(told)
        if len(told) < CHUNK:
            break
    return taken


def _by_queue(reports: list[tuple[str, str, str]]) -> Groups:
    """Reports by the queue of the parent; '' for what is none."""
    groups: Groups = defaultdict(list)
    for entry, told, outcome in reports:
        try:
            parent = Parent.of(told)
        except ValueError:
            parent = Parent("", "", 0, 0)
        end = ChildEnd(parent.job_id, parent.life, parent.number, outcome, int(parent.fatal))
        groups[parent.queue].append((entry, end))
    return groups


async def _tell(store: Store, groups: Groups) -> list[str]:
    """The entries that need no telling any more: told, or refused for good."""
    done = [entry for entry, _ in groups.pop("", [])]
    calls = [scripts.tally(QueueKeys.declared(name), [end for _, end in group]) for name, group in groups.items()]
    answers = await store.run_settled(calls) if calls else []
    for (name, group), answer in zip(groups.items(), answers, strict=True):
        if isinstance(answer, Exception) and not will_pass(answer):
            logger.error("%d ends of children could not be told in %s: %s", len(group), name, answer)
        if not will_pass(answer):
            done += [entry for entry, _ in group]
    return done


class Reports:
    """A worker's share: what it has ended itself is told at once, everything else now and then."""

    def __init__(self, worker: "FleetWorker") -> None:
        self._worker = worker
        self._due: dict[str, QueueKeys] = {}
        self._telling: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether parents are being told."""
        return self._telling is not None and not self._telling.done()

    def heed(self, attempt: "Attempt", outcome: Outcome) -> None:
        """This has become of a job: its parent is told if it was a child, and has ended."""
        if attempt.envelope.parent is None or not isinstance(outcome, (Succeeded, Cancelled, Dead)):
            return
        queue = attempt.served.keys
        self._due[queue.name] = queue
        if not self.busy:
            self._telling = asyncio.create_task(self._tell_due())

    async def _tell_due(self) -> None:
        while self._due:
            _, queue = self._due.popitem()
            try:
                await drain(self._worker.store, queue)
            except OUTAGES as problem:
                logger.warning("parents will be told when the server is back: %s", problem)
            await asyncio.sleep(PAUSE if self._due else 0)
        self._worker.exchange.stir.set()

    async def catch_up(self) -> str:
        """Tell what others, or crashes, have left."""
        taken = sum([await drain(self._worker.store, served.keys) for served in self._worker.served])
        return f"{taken} told"
