"""What is wrong with the fleet, as the room keeps it while it runs: looked for at each look, with their beginnings."""

from typing import TYPE_CHECKING

from arqlight_core.policy.thresholds import Thresholds

if TYPE_CHECKING:  # importing these for real loads the Redis client, and the first frame must not wait for it
    from arqlight_core.observe import Alert, FleetView, Since, Surroundings


class Alerting:
    """The alerts of now. `around` is what was seen last beside the queues; without it, rules about that rest."""

    def __init__(self, thresholds: Thresholds) -> None:
        self.thresholds = thresholds
        self.around: Surroundings | None = None
        self.alerts: tuple[Alert, ...] = ()
        """The gravest first."""
        self._since: Since | None = None

    def heed(self, view: "FleetView | None") -> None:
        """Look for what is wrong with the fleet as it was seen."""
        from arqlight_core import observe  # noqa: PLC0415 - after the first frame

        if view is not None:
            self._since = self._since or observe.Since()
            self.alerts = self._since.told(observe.alerts(view, self.around, self.thresholds), view.at_ms)
