"""Recent flows, and one campaign as a tree of steps: data for the screens."""

from typing import Any

from arqlight_core.flow import Tally
from arqlight_core.jobs import State
from arqlight_core.observe import FlowRow, FlowStep, FlowsView, FlowView
from tests.screens.canned import NOW, CannedFleet, busy_fleet, job

CAMPAIGN = "campaign-2026-05"
BEGUN = NOW - 100_000


def flow_row(name: str, states: dict[State, int], **changes: Any) -> FlowRow:
    told: dict[str, Any] = {
        "correlation_id": name,
        "total": sum(states.values()),
        "states": states,
        "gone": 0,
        "root": "{crm:campaign}:first",
        "root_type": "crm.campaign",
        "begun_ms": BEGUN,
        "ended_ms": 0,
    }
    return FlowRow(**(told | changes))


FLOWS = FlowsView(
    NOW,
    (
        flow_row(CAMPAIGN, {State.DEAD: 1, State.ACTIVE: 2, State.WAITING: 12, State.COMPLETED: 1_840}),
        flow_row("incident-77", {State.COMPLETED: 5}, root_type="healer.incident", ended_ms=BEGUN + 9_400),
        flow_row(
            "4f1c9d2ab07e4a53b1de6f3390aa7710",
            {State.COMPLETED: 1},
            total=2_000,
            gone=3,
            root_type="",
            begun_ms=NOW - 90_000_000,
            ended_ms=NOW - 80_000_000,
        ),
    ),
    read=310,
    total=89_000,
)


def step(name: str, state: State | None, span: tuple[int, int, int], depth: int = 1, **changes: Any) -> FlowStep:
    """Queued, begun and ended so many seconds after the flow's begin; 0 for what has not been."""
    queued, begun, ended = (BEGUN + 1000 * at if at or not place else 0 for place, at in enumerate(span))
    told: dict[str, Any] = {
        "id": f"{{crm:message}}:{name}",
        "queue": "crm:message",
        "depth": depth,
        "state": state,
        "job_type": "crm.message",
        "why": {State.COMPLETED: "done", State.ACTIVE: "running on worker-1"}.get(state or State.DEAD, ""),
        "enqueued_ms": queued,
        "started_ms": begun,
        "ended_ms": ended,
        "children": None,
        "broods": (),
    }
    return FlowStep(**(told | changes))


STEPS = (
    step("root", State.HELD, (0, 1, 0), 0, job_type="crm.campaign", children=Tally(2_000, 1_840, 1)),
    step("a", State.COMPLETED, (2, 10, 30), why="done"),
    step("b", State.DEAD, (2, 12, 0), 1, started_ms=0, why="gave up after 2 attempts", tries=(
        (BEGUN + 12_000, BEGUN + 20_000), (BEGUN + 40_000, BEGUN + 60_000),
    )),
    step("c", State.ACTIVE, (30, 70, 0)),
    step("d", State.WAITING, (31, 0, 0), 2, why="due, and waiting for a free worker"),
    step("e", None, (33, 0, 0), 1, job_type="", why="no longer kept"),
)  # fmt: skip

TREE = FlowView(NOW, CAMPAIGN, 2_001, STEPS)


def flowing_fleet() -> CannedFleet:
    known = {one.id: job(one.id, one.state, queue=one.queue) for one in STEPS if one.state}
    fleet = CannedFleet(busy_fleet(), jobs=known)
    fleet.answers |= {"flows": FLOWS, "flow": TREE}
    return fleet
