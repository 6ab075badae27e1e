"""One round trip after another: what has ended goes out, what is due comes in, in one pipeline.

What was not acknowledged is sent again, unchanged, until it is: the scripts answer a repeated call as they did before.
Only a claim grows stale: after an outage in which leases may have lapsed, their owners come first.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from arqlight_core.clock import monotonic
from arqlight_core.store import scripts
from arqlight_core.store.connect import OUTAGES, will_pass
from arqlight_core.store.gateway import Store
from arqlight_core.store.scripts import Call, FinishedJob
from arqlight_fleet.served import ServedQueue

logger = logging.getLogger("arqlight.exchange")

LONGEST_PAUSE = 2.0
_AT_ONCE = 500
"""Jobs that one script completes."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A call, who wants its answer, and who to tell should the server be well and refuse it for good.

    A claim is sent again after a brief outage only.
    """

    call: Call[Any]
    deliver: Callable[[Any], None]
    refused: Callable[[], None] = lambda: None
    is_claim: bool = False


class Exchange:
    """The worker's only conversation with the server about its jobs."""

    def __init__(self, store: Store, worker_id: str, brief_outage: float) -> None:
        self.brief_outage = brief_outage
        self.stir = asyncio.Event()
        self.down_since: float | None = None
        self.last_outage = 0.0
        self._store = store
        self._worker_id = worker_id
        self._waiting: list[Parcel] = []
        self._finished: dict[int, tuple[ServedQueue, list[tuple[FinishedJob, Callable[[bool], None]]]]] = {}

    @property
    def pending(self) -> bool:
        """Whether anything waits to be sent."""
        return bool(self._waiting or self._finished)

    def post(self, parcel: Parcel) -> None:
        """Send this with the next round trip."""
        self._waiting.append(parcel)
        self.stir.set()

    def finish(self, served: ServedQueue, job: FinishedJob, deliver: Callable[[bool], None]) -> None:
        """Complete this job with the next round trip, together with the queue's others."""
        self._finished.setdefault(id(served), (served, []))[1].append((job, deliver))
        self.stir.set()

    async def turn(self, claims: Sequence[Parcel]) -> None:
        """One round trip; returns when the server is there and every part is answered, or grown stale."""
        self.stir.clear()
        parcels = [*self._waiting, *self._completions(), *claims]  # a job's last progress before its end
        self._waiting = []
        while parcels or self.down_since is not None:
            parcels = await self._try(parcels)

    def _completions(self) -> list[Parcel]:
        """One batch for each queue; what is beyond it goes with the next round trip: a script remembers one call."""
        batches, self._finished = self._finished, {}
        for key, (served, jobs) in batches.items():
            if len(jobs) > _AT_ONCE:
                self._finished[key] = (served, jobs[_AT_ONCE:])
        return [self._completion(served, jobs[:_AT_ONCE]) for served, jobs in batches.values()]

    def _completion(self, served: ServedQueue, jobs: list[tuple[FinishedJob, Callable[[bool], None]]]) -> Parcel:
        served.finishes += 1

        def fan_out(answers: list[bool]) -> None:
            for (_, deliver), accepted in zip(jobs, answers, strict=True):
                deliver(accepted)

        call = scripts.finish(served.keys, self._worker_id, served.finishes, [job for job, _ in jobs])
        return Parcel(call, fan_out, refused=lambda: fan_out([False] * len(jobs)))

    async def _try(self, parcels: list[Parcel]) -> list[Parcel]:
        """Sends once; answers what must be sent again."""
        try:
            answers = await self._send(parcels)
        except OUTAGES as problem:
            await self._wait_out(problem)
            return [parcel for parcel in parcels if not (parcel.is_claim and self._lasts_long)]
        again = [parcel for parcel, answer in zip(parcels, answers, strict=True) if not _deliver(parcel, answer)]
        if again:
            await self._wait_out(next(a for a in answers if will_pass(a)))
        else:
            self._note_recovery()
        return again

    async def _send(self, parcels: list[Parcel]) -> list[Any]:
        if not parcels:
            await self._store.ping()
        return await self._store.run_settled([parcel.call for parcel in parcels])

    @property
    def _lasts_long(self) -> bool:
        return self.down_since is not None and monotonic() - self.down_since > self.brief_outage

    async def _wait_out(self, problem: Exception) -> None:
        if self.down_since is None:
            self.down_since = monotonic()
            logger.warning("the server is away: %s; running jobs go on, nothing is lost", str(problem).rstrip("."))
        down = monotonic() - self.down_since
        await asyncio.sleep(min(LONGEST_PAUSE, 0.1 + down / 2) * random.uniform(0.5, 1.0))  # noqa: S311 - jitter

    def _note_recovery(self) -> None:
        if self.down_since is not None:
            self.last_outage = monotonic() - self.down_since
            self.down_since = None
            logger.warning("the server is back after %.1f s", self.last_outage)


def _deliver(parcel: Parcel, answer: object) -> bool:
    """Hands an answer over; False when the call has to be sent again."""
    if will_pass(answer):
        return False
    if isinstance(answer, Exception):
        logger.error("%s was refused by the server: %s", parcel.call.name, answer)
        parcel.refused()
    else:
        parcel.deliver(answer)
    return True
