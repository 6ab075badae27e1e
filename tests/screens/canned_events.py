"""Events of a bad hour: data for the screens."""

from arqlight_core.observe import Event, Tail
from tests.screens.canned import NOW, CannedFleet, busy_fleet, job

JOB = "{billing:validation}:import-00"


def event(kind: str, ago_ms: int, queue: str = "billing:validation", **told: str) -> Event:
    at = NOW - ago_ms
    return Event(f"{at}-0", at, queue, kind, told)


def turned(was: str, to: str, ago_ms: int, why: str) -> Event:
    told = {"name": "crm:message", "from": was, "to": to, "why": why, "by": ""}
    return event("breaker", ago_ms, "crm:message", **told)


EVENTS = (
    event("pause_schedule", 90_000_000, "", schedule="nightly", by="bob", reason="migration"),
    event("retry", 900_000, job=JOB, error="TariffMissing: row 300 has no tariff", until=str(NOW - 890_000)),
    event("dead", 890_000, job=JOB, reason="gave up after 2 attempts", error="TariffMissing: row 300 has no tariff"),
    turned("closed", "open", 300_000, "5 jobs in a row failed"),
    event("lapse", 120_000, "healer:incident-processing", job="{healer:incident-processing}:77", by="worker-0"),
    event("request", 60_000, "", worker="worker-0", what="quiet", by="ada", reason="it leaks"),
    turned("half-open", "closed", 30_000, "probes went well"),
    event("pause", 2_000, by="anna", reason="tariff table is wrong"),
)


class EventfulFleet(CannedFleet):
    """What happens is told once: first what there is, then what a test lets happen."""

    def __init__(self, *happened: Event) -> None:
        super().__init__(busy_fleet(), jobs={JOB: job(JOB)})
        self._told = list(happened)

    def happen(self, *some: Event) -> None:
        self._told += some

    def _tail(self, _after: Tail | None, _queue: str | None, _count: int) -> Tail:
        some, self._told = tuple(self._told), []
        return Tail(some, {})
