"""Incidents in every manner of standing, and two of them whole: one that is being verified, one that was escalated."""

from typing import Any

from arqlight_core.incidents import Fact, HealthLook, IncidentRow, IncidentView, Move, SymptomSeen, Treated
from arqlight_core.jobs import State
from arqlight_core.observe import FlowStep, FlowView
from tests.screens.canned import NOW, CannedFleet, busy_fleet, job

QUEUE = "healer:incident-processing"
SECOND, MINUTE = 1000, 60_000
OPENED = NOW - 6 * MINUTE


def incident(**changes: Any) -> IncidentRow:
    told: dict[str, Any] = {
        "id": "4be1c09a7d52",
        "site": "shop.example",
        "phase": "VERIFY",
        "progress": 80,
        "fingerprint": "plugin_fatal:akismet",
        "attempts": 2,
        "priority": "high",
        "flap": False,
        "opened_by": "health check",
        "opened_ms": OPENED,
        "deadline_ms": OPENED + 120 * MINUTE,
        "moved_ms": NOW - 12 * SECOND,
        "closed_ms": 0,
        "closed_reason": "",
        "given_up": "",
        "correlation_id": "incident-4be1",
    }
    return IncidentRow(**(told | changes))


def ended(site: str, phase: str, why: str, **changes: Any) -> IncidentRow:
    told: dict[str, Any] = {"id": f"{site[:4]}00000000", "site": site, "phase": phase, "closed_reason": why}
    return incident(
        **(told | {"progress": 100, "closed_ms": OPENED - MINUTE, "opened_ms": OPENED - 9 * MINUTE} | changes)
    )


LISTED = (
    incident(),
    incident(
        id="0d3c55a1be02",
        site="blog.example",
        phase="DISCOVERY",
        progress=10,
        fingerprint="",
        attempts=0,
        priority="medium",
        opened_ms=NOW - 9 * SECOND,
        deadline_ms=NOW + 120 * MINUTE,
    ),
    incident(
        id="99aa00bb11cc",
        site="a-very-long-name.of-a-shop.example.com",
        phase="ROLLBACK",
        progress=90,
        fingerprint="htaccess_corrupt",
        flap=True,
        priority="critical",
        given_up="ada gave it up: the owner is on it.",
        deadline_ms=NOW - MINUTE,
    ),
    ended("wiki.example", "ESCALATED", "No playbook that may be used here treats db_tables.", fingerprint="db_tables"),
    ended("news.example", "FIXED", "3 good rounds in a row.", attempts=1, fingerprint="maintenance_stuck"),
)


def moves(*way: tuple[str, str, str, str], every: int = 20 * SECOND) -> tuple[Move, ...]:
    """From where, to where, the outcome and the reason, one move each few seconds."""
    return tuple(
        Move(
            number=number,
            source=source,
            target=target,
            outcome=outcome,
            reason=reason,
            at_ms=OPENED + number * every,
            duration_ms=every,
            job_id=f"{{{QUEUE}}}:4be1c09a7d52:{source}:{number - 1}",
        )
        for number, (source, target, outcome, reason) in enumerate(way, 1)
    )


BEGUN = (
    ("NEW", "DISCOVERY", "taken up", ""),
    ("DISCOVERY", "BASELINE", "is WordPress", "plugin_fatal:akismet: a fatal error in wp-content/plugins/akismet."),
    ("BASELINE", "BACKUP", "stored", "The baseline is stored."),
    ("BACKUP", "OBSERVABILITY", "verified", "1,204 files were backed up, opened again and compared."),
)
FIXING = (
    *BEGUN,
    (
        "OBSERVABILITY",
        "FIX_ATTEMPT",
        "playbook found",
        "plugin_fatal:akismet, 95 % sure: 2 playbooks are worth trying.",
    ),
    ("FIX_ATTEMPT", "VERIFY", "applied", "2 changes were made."),
    ("VERIFY", "ROLLBACK", "failed", "The home page answers 500."),
    ("ROLLBACK", "FIX_ATTEMPT", "undone", "Undone byte for byte."),
    ("FIX_ATTEMPT", "VERIFY", "applied", "1 change was made."),
)
SYMPTOMS = (
    SymptomSeen(
        "plugin_fatal", "akismet", 0.95, ("A fatal error in wp-content/plugins/akismet/class.akismet.php, line 12.",)
    ),
    SymptomSeen("wsod", "", 0.4, ("The home page is empty.",)),
)
CACHES = Treated(
    playbook="PB19",
    name="empty the caches",
    component="akismet",
    changes=2,
    dry_run=False,
    plan=("Move wp-content/cache into quarantine.", "Make wp-content/cache anew."),
    outcome="undone",
    ended=(
        "FIX_ATTEMPT: 2 changes were made.",
        "VERIFY: The home page answers 500.",
        "ROLLBACK: Undone byte for byte.",
    ),
)
PLUGIN = Treated(
    playbook="PB04",
    name="switch a plugin off",
    component="akismet",
    changes=1,
    dry_run=False,
    plan=("Rename wp-content/plugins/akismet.",),
    outcome="applied",
    ended=("FIX_ATTEMPT: 1 change was made.",),
)
VERIFIED = IncidentView(
    incident=incident(),
    moves=moves(*FIXING),
    symptoms=SYMPTOMS,
    treated=(CACHES, PLUGIN),
    left=("PB09 find out more with debugging on for akismet",),
    next_steps=(),
)
ESCALATED = IncidentView(
    incident=ended("wiki.example", "ESCALATED", "No playbook that may be used here treats db_tables.", attempts=0),
    moves=moves(
        *BEGUN,
        ("OBSERVABILITY", "ESCALATED", "no playbook left", "No playbook that may be used here treats db_tables."),
    ),
    symptoms=SYMPTOMS,
    treated=(),
    left=(),
    next_steps=("Repair the table wp_options with the database's own tools.",),
)
NEW = IncidentView(
    incident=incident(phase="NEW", progress=0, fingerprint="", attempts=0),
    moves=(),
    symptoms=(),
    treated=(),
    left=(),
    next_steps=(),
)
REPORT = """# wiki.example needs a person

No playbook that may be used here treats db\\_tables.

- Site: https://wiki.example

## What to do next

1. Repair the table wp\\_options with the database's own tools.
"""
EVIDENCE = (
    Fact("looked at", "2026-05-28 20:22:20 UTC, with access L2"),
    Fact("home", '500, 2,714 bytes, first byte after 412 ms: "WordPress &rsaquo; Error"', bad=True),
    Fact("WordPress", "6.5.3, 14 plugins, 3 themes, 4,210 files looked at"),
    Fact("log", "Fatal error, 38 times: wp-content/plugins/akismet/class.akismet.php:12: Class not found", bad=True),
)


def looks() -> tuple[HealthLook, ...]:
    """Two hours of looks, the last three of them bad."""

    def look(place: int) -> HealthLook:
        grade = "failed" if place < 3 else "warning" if place == 9 else "good"
        remarks = {"failed": ("the home page answers 500",), "warning": ("the first byte takes 1804 ms",)}
        status, ttfb = (500, 412.0) if place < 3 else (200, 1804.0 if place == 9 else 230.0 + place)
        at = OPENED - place * 5 * MINUTE
        return HealthLook(at_ms=at, grade=grade, remarks=remarks.get(grade, ()), status=status, ttfb_ms=ttfb)

    return tuple(look(place) for place in range(24))


def _step(place: int, name: str, state: State, **changes: Any) -> FlowStep:
    begun = OPENED + place * 20 * SECOND
    told: dict[str, Any] = {
        "id": f"{{{QUEUE}}}:4be1c09a7d52:{name}:{place}",
        "queue": QUEUE,
        "depth": 0,
        "state": state,
        "job_type": f"wp.{name}",
        "why": "done" if state is State.COMPLETED else "running on worker-1",
        "enqueued_ms": begun,
        "started_ms": begun + SECOND,
        "ended_ms": begun + 15 * SECOND if state is State.COMPLETED else 0,
        "children": None,
        "broods": (),
    }
    return FlowStep(**(told | changes))


JOBS = FlowView(
    NOW,
    "incident-4be1",
    3,
    (
        _step(0, "incident.process", State.COMPLETED),
        _step(1, "discovery", State.COMPLETED),
        _step(9, "verify", State.ACTIVE),
    ),
)


def healing_fleet(view: IncidentView = VERIFIED, listed: tuple[IncidentRow, ...] = LISTED) -> CannedFleet:
    told = {"queue": QUEUE, "job_type": "wp.verify", "correlation_id": "incident-4be1"}
    known = {one.id: job(one.id, one.state, **told) for one in JOBS.steps if one.state}
    known |= {move.job_id: job(move.job_id, State.COMPLETED, **told) for move in view.moves}
    fleet = CannedFleet(busy_fleet(), jobs=known)
    fleet.answers |= {
        "incidents": listed,
        "incident": view,
        "evidence": EVIDENCE,
        "health": looks(),
        "report": REPORT if view.incident.phase == "ESCALATED" else "",
        "flow": JOBS,
        "open_on": "Incident 77aa is open on shop.example.",
        "give_up": "Incident 4be1c09a7d52 ends after VERIFY.",
    }
    return fleet
