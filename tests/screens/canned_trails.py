"""What operators left behind: bulks, the audit trail and the trash, as data."""

from typing import Any

from arqlight_core.observe import AuditRow, AuditView, BulkView, TrashView, Verification
from tests.screens.canned import NOW, bulk

MINUTE = 60_000
HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
SELECTED = {"queue": "crm:message", "state": "dead", "fingerprint": "3fa1", "moment_ms": NOW - 10_000}

ORDER: dict[str, Any] = {
    "selection": {**SELECTED, "where": {"tenant": "acme"}},
    "arguments": {},
    "pace": {"per_second": 50.0, "canary": 20, "abort_above": 0.5},
}


def some_bulks() -> tuple[BulkView, ...]:
    done = {
        "state": "done",
        "ended_ms": NOW - 50 * MINUTE,
        "asked_ms": NOW - 60 * MINUTE,
        "begun_ms": NOW - 60 * MINUTE,
    }
    which = "dead jobs of crm:message (failure 3fa1, tenant=acme)"
    return (
        bulk(id="b7", reason="their API is back", by="ada", selection=which, queue="crm:message", order=ORDER),
        bulk(id="b6", operation="purge", total=12, seen=12, changed=12, left={}, **done),
        bulk(id="b5", state="paused", operation="cancel", seen=500, total=86_000, note="", by="grace", left={}),
        bulk(
            id="b4",
            state="failed",
            note="11 of the first 20 failed again",
            seen=20,
            ended_ms=NOW - 90 * MINUTE,
            asked_ms=NOW - 91 * MINUTE,
            begun_ms=NOW - 91 * MINUTE,
        ),
    )


def entry(place: int, **changes: Any) -> AuditRow:
    told: dict[str, Any] = {
        "id": f"{NOW - place * MINUTE}-0",
        "at_ms": NOW - place * MINUTE,
        "ref": f"ref-{place}",
        "condition": "done",
        "actor": "ada",
        "host": "ops-1",
        "operation": "pause",
        "target": "crm:message",
        "told": {"queue": "crm:message"},
        "reason": "a flood of one tenant",
        "changed": 1,
        "outcome": "paused crm:message; running jobs finish",
        "ended_ms": NOW - place * MINUTE + 4,
        "hash": HASH,
    }
    return AuditRow(**(told | changes))


def a_trail() -> AuditView:
    retried = "retried 9,990 dead jobs of crm:message"
    purged = "moved 12 dead jobs of billing:validation to the trash; `undo` takes it back"
    missing = "arqlight:viewer may not do this"
    return AuditView(
        NOW,
        (
            entry(
                0,
                condition="under way",
                operation="retry",
                changed=0,
                ended_ms=0,
                outcome="",
                told={"selection": SELECTED},
            ),
            entry(3),
            entry(8, operation="set_rate", actor="grace", outcome="set rate:sending from 20/min to 5/min", reason=""),
            entry(60, operation="purge", target="billing:validation", changed=12, outcome=purged, told={"queue": "x"}),
            entry(61, operation="purge", actor="eve", condition="refused", changed=0, outcome=missing, reason=""),
            entry(90, operation="retry", condition="failed", outcome=retried, skipped={"it is active": 10}),
        ),
    )


INTACT = Verification(1204, NOW - 30 * 24 * 60 * MINUTE, HASH)
BROKEN = Verification(40, NOW - 30 * 24 * 60 * MINUTE, HASH, "1779999000000-0")


def a_trash() -> tuple[TrashView, ...]:
    def purge(operation: str, queue: str, jobs: int, left: int, **changes: Any) -> TrashView:
        told: dict[str, Any] = {"state": "dead", "by": "ada", "reason": "", "moved_ms": NOW - 60 * MINUTE}
        return TrashView(NOW, queue, operation, jobs, until_ms=NOW + left * MINUTE, **(told | changes))

    return (
        purge("b6", "billing:validation", 12, 1380, reason="test files"),
        purge("b3", "crm:message", 86_000, 30, by="grace", state="waiting", moved_ms=NOW - 1410 * MINUTE),
    )
