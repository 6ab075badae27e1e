"""Campaigns in every manner of standing, and two of them whole: one under way, one that failures have stopped."""

from typing import Any

from arqlight_core.campaigns import CampaignRow, CampaignView, Move, Reason, Recipients
from arqlight_core.jobs import State
from arqlight_core.observe import FlowStep, FlowView
from tests.screens.canned import NOW, CannedFleet, busy_fleet, job

QUEUE, MESSAGES = "crm:campaign", "crm:message"
SECOND, MINUTE = 1000, 60_000
STARTED = NOW - 52 * MINUTE
FLOW = "5f6a77c2"


def campaign(name: str = "spring-sale", state: str = "running", **changes: Any) -> CampaignRow:
    told: dict[str, Any] = {
        "id": name,
        "tenant": "acme",
        "name": name.replace("-", " "),
        "channel": "whatsapp",
        "sender": "10655510",
        "content": "spring-2026",
        "state": state,
        "reason": "",
        "recipients": Recipients(sent=1_034, failed=12, skipped=210, unknown=3, queued=500, pending=8_241),
        "total": 10_000,
        "per_minute": 20.2,
        "created_ms": STARTED - 9 * MINUTE,
        "started_ms": STARTED,
        "ended_ms": 0,
        "correlation_id": FLOW,
        "job_id": f"{{{QUEUE}}}:{name}",
    }
    return CampaignRow(**(told | changes))


SENDING = campaign()
STOPPED = campaign(
    "win-back",
    "stopped",
    reason="24 of the first 96 have failed: 25 % are more than the 20 % that are borne",
    recipients=Recipients(sent=68, failed=24, unknown=4, queued=26, pending=4_878),
    total=5_000,
    per_minute=0.0,
)
PAUSED = campaign("recall-of-lot-2291", "paused", reason="anna paused it: the text is wrong", per_minute=0.0)
DRAFT = campaign(
    "summer", "draft", recipients=Recipients(), total=0, per_minute=0.0, started_ms=0, created_ms=NOW - 5 * MINUTE
)
DONE = campaign(
    "new-year",
    "done",
    recipients=Recipients(sent=99_120, failed=480, skipped=400),
    total=100_000,
    per_minute=0.0,
    ended_ms=NOW - 9 * MINUTE,
)
CANCELLED = campaign(
    "black-friday",
    "cancelled",
    reason="ada cancelled it: sold out",
    recipients=Recipients(sent=2_000, cancelled=3_000),
    total=5_000,
    per_minute=0.0,
    ended_ms=NOW - 90 * MINUTE,
    started_ms=NOW - 190 * MINUTE,
)
LISTED = (STOPPED, SENDING, PAUSED, DRAFT, DONE, CANCELLED)


def move(minute: int, source: str, target: str, reason: str) -> Move:
    return Move(at_ms=STARTED + minute * MINUTE, source=source, target=target, reason=reason)


def hour(*, since: int = 52, most: int = 24) -> tuple[int, ...]:
    """So many minutes of it, with a rest in the middle."""
    quiet = range(20, 29)
    return tuple(0 if n < 60 - since or n in quiet else most - n % 5 for n in range(60))


UNDER_WAY = CampaignView(
    campaign=SENDING,
    reasons=(
        Reason("no consent", 160),
        Reason("suppressed: opted out", 60),
        Reason("131026: it cannot be delivered to this number", 12),
        Reason("a run ended while it was sending; say whether it arrived", 3),
    ),
    moves=(
        move(0, "draft", "running", "ada started it"),
        move(12, "running", "paused", "anna paused it: the first answers are to be read"),
        move(21, "paused", "running", "anna resumed it"),
    ),
    past_hour=hour(),
)
HALTED = CampaignView(
    campaign=STOPPED,
    reasons=(Reason("132001: the template does not exist in this language", 24), Reason("no answer in time", 4)),
    moves=(move(0, "draft", "running", "ada started it"), move(5, "running", "stopped", STOPPED.reason)),
    past_hour=hour(since=52)[:20] + (0,) * 40,
)
FRESH = CampaignView(campaign=DRAFT, reasons=(), moves=(), past_hour=(0,) * 60)


def step(own: str, state: State, queue: str = MESSAGES, depth: int = 1, **changes: Any) -> FlowStep:
    told: dict[str, Any] = {
        "id": f"{{{queue}}}:{own}",
        "queue": queue,
        "depth": depth,
        "state": state,
        "job_type": "crm.message.send" if queue == MESSAGES else "crm.campaign.run",
        "why": "done" if state is State.COMPLETED else "20 per min is used up",
        "enqueued_ms": STARTED,
        "started_ms": STARTED + 4 * SECOND,
        "ended_ms": STARTED + 5 * SECOND if state is State.COMPLETED else 0,
        "children": None,
        "broods": (),
    }
    return FlowStep(**(told | changes))


JOBS = FlowView(
    NOW,
    FLOW,
    4,
    (
        step("spring-sale", State.SCHEDULED, QUEUE, 0),
        step("acme:spring-sale:c1", State.COMPLETED),
        step("acme:spring-sale:c2", State.DEAD, why="131026: it cannot be delivered to this number"),
        step("acme:spring-sale:c3", State.HELD),
    ),
)


def sending_fleet(view: CampaignView = UNDER_WAY, listed: tuple[CampaignRow, ...] = LISTED) -> CannedFleet:
    told = {"correlation_id": FLOW}
    kinds = {one.id: {"queue": one.queue, "job_type": one.job_type, **told} for one in JOBS.steps}
    fleet = CannedFleet(
        busy_fleet(), jobs={one.id: job(one.id, one.state, **kinds[one.id]) for one in JOBS.steps if one.state}
    )
    fleet.answers |= {
        "campaigns": listed,
        "campaign": view,
        "flow": JOBS,
        "start": "Campaign summer is running.",
        "pause": "Campaign spring-sale is paused.",
        "resume": "Campaign win-back is running.",
        "cancel": "Campaign spring-sale is cancelled.",
    }
    return fleet
