"""What running jobs hold of the things that queues share: keys of which one job runs at a time, places as a probe."""

import threading
from collections.abc import Callable, Iterable

from arqlight_core.store import scripts
from arqlight_core.store.lease_line import LeaseLine
from arqlight_core.store.scripts import Hold

Lost = Callable[[], None]


class Holds:
    """One process's holds, renewed in the rhythm of its leases by the thread that renews those."""

    def __init__(self) -> None:
        self._held: dict[Hold, Lost] = {}
        self._lock = threading.Lock()

    def take(self, holds: Iterable[Hold], on_lost: Lost) -> None:
        """Renew these until they are dropped; `on_lost` tells that another job has the key.

        A place as a probe may go: the breaker has turned, and the run says nothing of it any more. That stops no job.
        """
        with self._lock:
            self._held.update(dict.fromkeys(holds, on_lost))

    def drop(self, holds: Iterable[Hold]) -> None:
        """Renew these no more."""
        with self._lock:
            for hold in holds:
                self._held.pop(hold, None)

    def renew(self, line: LeaseLine, lease_ms: int) -> list[Lost]:
        """Keep everything for one more lease; answers whom to tell of a loss."""
        with self._lock:
            held = list(self._held)
        if not held:
            return []
        kept = line.run(scripts.keep(lease_ms, held))
        lost = [hold for hold, is_kept in zip(held, kept, strict=True) if not is_kept]
        with self._lock:  # what was dropped while the call was on its way is not lost
            told = [(hold, self._held.pop(hold, None)) for hold in lost]
        return [on_lost for hold, on_lost in told if on_lost and hold.kind == "exclusive"]
