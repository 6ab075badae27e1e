"""A fleet in which much is held back."""

from arqlight_core.observe import BreakerState, FleetView, SettingView
from tests.screens.canned import NOW, counts, fleet_view, queue


def held_fleet() -> FleetView:
    """What policies, breakers and missing code keep back, and what operators have changed."""
    setting = SettingView("concurrency", "5", "2", "ada", "their API is slow", NOW - 60_000, NOW + 1_740_000)
    bound = SettingView("fleet_concurrency", "6", "6")
    return fleet_view(
        queue("crm:message", counts=counts(waiting=3, held=41), limited="20 per min is used up"),
        queue("flrts:tasks:create", counts=counts(held=7, dead=1), unknown=("flrts.create_task",)),
        queue(
            "healer:incident-processing",
            counts=counts(held=118, active=1),
            breaker=BreakerState("open", NOW + 240_000, "5 jobs in a row failed"),
        ),
        queue("outreach:personalise", counts=counts(held=2), breaker=BreakerState("half-open")),
        queue("outreach:send", counts=counts(active=2), settings=(setting, bound)),
        queue("site:publish", counts=counts(completed=4), drift=1),
    )
