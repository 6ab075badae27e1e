"""What is wrong with the fleet, as the room keeps it while it runs: found at each look, beside what the fleet keeps."""

import logging
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from arqlight_core import clock
from arqlight_core.errors import ArqlightError
from arqlight_core.policy.thresholds import Thresholds
from arqlight_screens.sight import Sight
from arqlight_screens.source import Fleet, Unavailable

if TYPE_CHECKING:  # importing these for real loads the Redis client, and the first frame must not wait for it
    from arqlight_core.observe import AlarmsView, Alert, FleetView, Silence, Since, Standing, Surroundings

KEPT_EVERY = 2.0
"""Seconds between two readings of what the fleet keeps of alerts, each of one command."""

log = logging.getLogger(__name__)


class Alerting:
    """The alerts of now. `around` is what was seen last beside the queues; without it, rules about that rest."""

    def __init__(self, thresholds: Thresholds) -> None:
        self.thresholds = thresholds
        self.around: Surroundings | None = None
        self.alerts: tuple[Alert, ...] = ()
        """What was found, the gravest first."""
        self.standing: tuple[Standing, ...] = ()
        """The same and what has just gone, as the fleet and operators have taken it: what is silenced comes last."""
        self.kept: AlarmsView | None = None
        """What the fleet keeps of alerts; None until it was read, and where it cannot be."""
        self._since: Since | None = None
        self._read_at = -math.inf

    def hurry(self) -> None:
        """Something was done: what the fleet keeps is read at the next look."""
        self._read_at = -math.inf

    async def keep_up(self, sight: Sight, fleet: Fleet) -> None:
        """Read what the fleet keeps of alerts, when that is due and the fleet was seen."""
        if sight.view is not None and not sight.problem and clock.monotonic() - self._read_at >= KEPT_EVERY:
            await self._read(fleet)

    def heed(self, view: "FleetView | None") -> None:
        """Look for what is wrong with the fleet as it was seen."""
        if view is None:
            return
        from arqlight_core import observe  # noqa: PLC0415 - after the first frame

        self._since = self._since or observe.Since()
        self.alerts = self._since.told(observe.alerts(view, self.around, self.thresholds), view.at_ms)
        alone = [observe.Standing(one, "") for one in self.alerts]
        found = observe.standing(self.alerts, self.kept) if self.kept else alone
        self.standing = tuple(sorted(found, key=lambda one: (bool(one.silence), one.state == "gone")))

    async def look_around(self, fleet: Fleet) -> None:
        """See what there is beside the queues. Raises an ArqlightError when that cannot be asked."""
        from arqlight_core import observe  # noqa: PLC0415 - after the first frame

        self.around = await fleet.observe(observe.surroundings)

    @property
    def silences(self) -> "Mapping[str, Silence]":
        """Those that stand, by id."""
        return self.kept.silences if self.kept else {}

    async def _read(self, fleet: Fleet) -> None:
        from arqlight_core import observe  # noqa: PLC0415 - after the first frame

        try:
            self.kept = await fleet.observe(observe.alarms)
        except Unavailable:
            return  # it is asked again at the next look
        except ArqlightError:  # a login that may not: alerts are shown without it
            self.kept = None
        except Exception:  # what a newer fleet keeps must not end the room
            log.exception("what the fleet keeps of alerts could not be read")
            self.kept = None
        self._read_at = clock.monotonic()
