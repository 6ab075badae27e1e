"""Dead letters of several queues: data for the screens."""

from typing import Any

from arqlight_core.observe import DeadLetter, DeadLetters
from tests.screens.canned import NOW, CannedFleet, busy_fleet, row

_LOST = "the connection broke after the request was sent"
_PAYLOAD: dict[str, Any] = {"args": [{"tenant": "acme", "to": "•••"}], "kwargs": {}}


def letter(name: str, queue: str = "crm:message", ago_s: int = 60, error: str = "", **changes: Any) -> DeadLetter:
    told: dict[str, Any] = {"job_type": queue.replace(":", "."), "moment_ms": NOW - ago_s * 1000, "attempt": 3}
    told |= {"reason": "failed 3 of 3 attempts", "error": error, "first_error": error}
    return DeadLetter(queue, row(f"{{{queue}}}:{name}", **(told | changes)), _PAYLOAD)


def page(*letters: DeadLetter, total: int = 0, looked: int = 0, cursor: str = "") -> DeadLetters:
    return DeadLetters(NOW, letters, total or len(letters), looked or len(letters), cursor)


LETTERS = (
    letter("hello-7", ago_s=4, error=f"UnknownOutcome: {_LOST}", reason=f"unknown outcome: {_LOST}", tenant="acme"),
    letter("hello-6", ago_s=5, error="Discard: no such template", reason="discarded: no such template", attempt=1),
    letter("import-03", "billing:validation", 61, "TariffMissing: row 300 has no tariff", replays=2),
    letter("task-9", "outreach:send", 3_700, reason="poison: 3 workers went down with it", attempt=0, tenant="globex"),
    letter("task-8", "outreach:send", 90_000, reason="deadline: it was not done in time", attempt=0, tenant="globex"),
    letter("send-2", "crm:message", 190_000, "Misconfigured: bad token", reason="misconfigured: bad token"),
)


def dying_fleet() -> CannedFleet:
    """A busy fleet with these letters."""
    fleet = CannedFleet(busy_fleet())
    fleet.answers["dead_letters"] = page(*LETTERS)
    return fleet
