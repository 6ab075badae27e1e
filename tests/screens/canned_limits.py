"""Breakers and limits in every condition, as the limits view asks for them."""

from typing import Any

from arqlight_core.observe import BreakerView, LimitView, Use
from arqlight_core.observe.protection import Forced, LimitedKey, Turn

RULES = "faults=5, open_for=5 min, probes=1, successes=2, rate=0.0, min_calls=20, window=1 min, ramp=10 s"


def breaker(now: int, name: str, **changes: Any) -> BreakerView:
    told: dict[str, Any] = {
        "at_ms": now,
        "name": name,
        "kind": "queue",
        "queues": (name,),
        "rules": RULES,
        "state": "closed",
        "forced": None,
        "blocked_until_ms": 0,
        "half_open_in_ms": None,
        "generation": 7,
        "in_a_row": 0,
        "calls": 40,
        "faults": 0,
        "probes": 0,
        "trips": 0,
        "denied": 0,
        "last": Turn(0, "", ""),
    }
    return BreakerView(**(told | changes))


def breakers(now: int) -> tuple[BreakerView, ...]:
    """Open, forced open, half-open, closed with faults, and a dependency that told us to wait."""
    tripped = Turn(now - 60_000, "5 jobs in a row failed", "job 4711")
    forced = Forced("open", "ada", "their API is being moved", now + 1_740_000)
    told: dict[str, Any] = {"kind": "dependency", "queues": ("crm:message", "outreach:send"), "denied": 118}
    return (
        breaker(
            now, "healer:incident-processing", state="open", half_open_in_ms=240_000, trips=3, faults=12, last=tripped
        ),
        breaker(now, "outreach:personalise", state="half-open", probes=1, passed=1, trips=1, last=tripped),
        breaker(now, "outreach:send", forced=forced, in_a_row=1, faults=1),
        breaker(now, "site:publish", in_a_row=4, faults=4),
        breaker(now, "mail-api", blocked_until_ms=now + 42_000, **told),
    )


def limit(now: int, name: str, **changes: Any) -> LimitView:
    told: dict[str, Any] = {
        "at_ms": now,
        "name": name,
        "queues": ("crm:message",),
        "rates": ("20 per min",),
        "set_to": {},
        "exact": True,
        "denials": 0,
        "limited": 0,
        "keys": (),
        "uses": (Use("", "20 per min", 3, 20),),
    }
    return LimitView(**(told | changes))


def limits(now: int) -> tuple[LimitView, ...]:
    """One that is used up for a tenant, one that has been set, one with room."""
    acme = (LimitedKey("acme", now + 42_000),)
    uses = (Use("acme", "20 per min", 20, 20), Use("", "20 per min", 0, 20))
    return (
        limit(now, "per tenant", denials=311, limited=18, keys=acme, uses=uses),
        limit(now, "sending", exact=False, set_to={"crm:message": "5/min"}, uses=(Use("", "5 per min", 1, 1),)),
        limit(now, "site:deploys", queues=("site:publish",), rates=("2 per h",), uses=(Use("", "2 per h", 1, 2),)),
    )
