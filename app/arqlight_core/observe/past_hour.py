"""What the whole fleet did in the last hour, minute by minute: one small script a queue, in one round trip."""

from dataclasses import dataclass

from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys

MINUTES = 60
_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class PastHour:
    """Jobs of each of the last sixty full minutes, oldest first, over all queues as of a moment (ms)."""

    at_ms: int
    came: tuple[int, ...] = ()
    completed: tuple[int, ...] = ()
    failed: tuple[int, ...] = ()
    """Attempts that failed: those that are tried again, and the last ones."""

    @property
    def failed_share(self) -> float | None:
        """Of all attempts, the share that failed; None without any."""
        failed = sum(self.failed)
        attempts = failed + sum(self.completed)
        return failed / attempts if attempts else None


async def past_hour(store: Store) -> PastHour:
    """The hour before the running minute: two round trips."""
    published = await store.published_queues()
    calls = [scripts.throughput(QueueKeys(told["wire"]), MINUTES) for told in published.values()]
    answers = await store.run_all(calls) if calls else []
    at_ms = max((answer[0] for answer in answers), default=0)
    running = at_ms // _MINUTE_MS
    sums = {number: [0, 0, 0, 0] for number in range(running - MINUTES, running)}
    for now, *minutes in answers:
        for back, counts in enumerate(minutes):
            told = sums.get(now // _MINUTE_MS - back)
            if told is not None:
                told[:] = map(sum, zip(told, counts, strict=True))
    came, completed, retried, dead = zip(*sums.values(), strict=True)
    failed = tuple(again + last for again, last in zip(retried, dead, strict=True))
    return PastHour(at_ms, came, completed, failed)
